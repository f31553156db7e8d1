"""The drawings of a preview's page: values over time, distributions, and where windows lie; text, without a script."""

import math
from collections.abc import Callable, Iterable, Sequence
from html import escape
from itertools import groupby
from typing import Final

from millpond.offline import words
from millpond.offline.summary import Number, Numbers
from millpond.offline.timeline import Window
from millpond.plan.english.values import instant
from millpond.plan.windows import DAY, HOUR, MINUTE, SECOND

# In pixels. Of a small chart:
WIDE: Final = 216
HIGH: Final = 44
# Of the windows' chart: all of it, room for names and for labels, and a line.
ACROSS: Final = 1140
LEFT: Final = 190
RIGHT: Final = 130
LANE: Final = 18
TICKS: Final = (
    (SECOND, "1 s"), (MINUTE, "1 min"), (10 * MINUTE, "10 min"), (HOUR, "1 h"), (6 * HOUR, "6 h"), (DAY, "1 d"),
    (7 * DAY, "7 d"), (30 * DAY, "30 d"), (90 * DAY, "90 d"), (365 * DAY, "1 y"), (3650 * DAY, "10 y"),
)  # fmt: skip


def course(instants: Sequence[int], values: Sequence[Number | None], window: Window | None) -> str:
    """Values at instants as steps, over the window of the last of them and the events that it holds or not.

    Args:
        instants: ascending, ms UTC.
        values: one each; where there is none, the line is broken.
    """
    known = [float(value) for value in values if value is not None]
    first, last = instants[0], instants[-1]
    if not known or first == last:
        return ""
    least, most = min(known), max(known)

    def x(ts: int) -> float:
        return max(0.0, min(1.0, (ts - first) / (last - first))) * WIDE

    def y(value: float) -> float:
        return 4 + (HIGH - 12) * (1 - (value - least) / (most - least) if most > least else 0.5)

    parts = [] if window is None else [_band(x(window.lo), x(window.hi)), *_times(window, first, last)]
    for is_known, run in groupby(zip(instants, values, strict=True), lambda one: one[1] is not None):
        if is_known:
            parts.append(_steps([(x(at), y(float(value))) for at, value in run if value is not None]))
    title = f"{words.short(least)} to {words.short(most)}, {words.minute(first)} to {words.minute(last)} UTC"
    return _svg(WIDE, HIGH, title, parts)


def _band(low: float, high: float) -> str:
    return f'<rect class="band" x="{low:.1f}" y="0" width="{max(1.0, high - low):.1f}" height="{HIGH}"/>'


def _times(window: Window, first: int, last: int) -> Iterable[str]:
    """The events along the bottom, as many as can be told apart."""
    places = {
        (round((ts - first) / (last - first) * WIDE), window.lo <= ts < window.hi)
        for ts in window.times
        if first <= ts <= last
    }
    for is_inside in (False, True):
        path = "".join(f"M{at} {HIGH - 5}v5" for at, inside in sorted(places) if inside is is_inside)
        if path:
            yield f'<path class="{"in" if is_inside else "out"}" d="{path}"/>'


def _steps(points: Sequence[tuple[float, float]]) -> str:
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}" + "".join(f"H{x:.1f}V{y:.1f}" for x, y in points[1:])
    if len(points) == 1:
        path += "h1.5"
    return f'<path class="line" d="{path}"/>'


def histogram(numbers: Numbers) -> str:
    """The bins as bars, by the roots of their counts, so that few are seen beside many; quartiles beneath."""
    low, high = numbers.edges
    most = max(numbers.bins)
    wide = WIDE / len(numbers.bins)
    parts = []
    for place, count in enumerate(numbers.bins):
        if count:
            tall = max(1.0, math.sqrt(count / most) * (HIGH - 8))
            since, until = (low + (high - low) * (place + end) / len(numbers.bins) for end in (0, 1))
            beyond = " and more" if numbers.is_cut and place == len(numbers.bins) - 1 else ""
            title = f"{words.short(since)} to {words.short(until)}{beyond}: {count}"
            parts.append(
                f'<rect class="bar" x="{place * wide + 0.5:.1f}" y="{HIGH - 6 - tall:.1f}" width="{wide - 1:.1f}" '
                f'height="{tall:.1f}"><title>{title}</title></rect>'
            )
    if high > low:
        first, middle, third = (min(1.0, (float(one) - low) / (high - low)) * WIDE for one in numbers.quartiles[1:4])
        parts.append(f'<path class="box" d="M{first:.1f} {HIGH - 2.5}H{third:.1f}"/>')
        parts.append(f'<circle class="dot" cx="{middle:.1f}" cy="{HIGH - 2.5}" r="2.5"/>')
    return _svg(WIDE, HIGH, "", parts)


def windows(found: Sequence[Window], q: int) -> str:
    """Every window on one axis of ages, whose steps grow towards the past; above each view's its entity's events."""
    oldest = max([q - ts for one in found for ts in one.times[:1]] + [q - one.lo for one in found if one.lo] + [MINUTE])

    def x(ts: int) -> float:
        age = max(0, q - ts)
        return LEFT + (ACROSS - LEFT - RIGHT) * (1 - math.log1p(age / SECOND) / math.log1p(oldest * 1.05 / SECOND))

    parts: list[str] = []
    at = LANE
    for alias, some in groupby(found, lambda one: one.alias):
        mine = list(some)
        parts.append(f'<text class="name" x="0" y="{at + 12}">{escape(alias)}</text>')
        parts += _lane(mine[0].times, x, at)
        at += LANE
        for one in mine:
            since = max(LEFT, x(one.lo)) if one.lo else LEFT
            parts += _window(one, since, max(2.0, x(one.hi) - since), at)
            at += LANE
        at += 6
    grid = [
        f'<path class="grid" d="M{x(q - age):.1f} {LANE - 4}V{at - 4}"/>'
        f'<text class="tick" x="{x(q - age):.1f}" y="10" text-anchor="middle">{name}</text>'
        for age, name in TICKS
        if age <= oldest
    ]
    now = f'<text class="tick" x="{x(q):.1f}" y="10">now</text>'
    return _svg(ACROSS, at, "", [*grid, now, *parts])


def _window(one: Window, since: float, wide: float, at: int) -> Iterable[str]:
    """A window as a bar, with its name behind it and how many events it holds before it."""
    title = f"from {instant(one.lo)} to before {instant(one.hi)} UTC"
    bar = f'x="{since:.1f}" y="{at + 3}" width="{wide:.1f}" height="{LANE - 7}" rx="3"'
    yield f'<rect class="window" {bar}><title>{title}</title></rect>'
    yield f'<text class="label" x="{ACROSS - RIGHT + 10}" y="{at + 13}">{escape(one.label)}</text>'
    yield f'<text class="label" x="{LEFT - 10}" y="{at + 13}" text-anchor="end">{one.inside:,}</text>'


def _lane(times: Sequence[int], x: Callable[[int], float], at: int) -> Iterable[str]:
    """Events as ticks; the more there are in one place the darker."""
    counts: dict[int, int] = {}
    for ts in times:
        counts[round(x(ts))] = counts.get(round(x(ts)), 0) + 1
    for place, count in sorted(counts.items()):
        shade = min(1.0, 0.35 + math.log10(count) / 3)
        path = f'opacity="{shade:.2f}" d="M{place} {at + 2}v{LANE - 6}"'
        yield f'<path class="event" {path}><title>{count:,}</title></path>'


def _svg(wide: int, high: int, title: str, parts: Iterable[str]) -> str:
    told = f"<title>{escape(title)}</title>" if title else ""
    return f'<svg viewBox="0 0 {wide} {high}" width="{wide}" height="{high}" role="img">{told}{"".join(parts)}</svg>'
