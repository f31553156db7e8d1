"""A preview on the terminal."""

import math
from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from millpond.offline import words
from millpond.offline.events import Loaded
from millpond.offline.preview import Preview
from millpond.offline.summary import Number, Numbers, Summary, Texts, series, summary
from millpond.offline.timeline import Window
from millpond.plan.english.values import instant
from millpond.plan.html import Tone
from millpond.serve.status import TONES

BLOCKS: Final = "▁▂▃▄▅▆▇█"
WIDTH: Final = 40  # characters of a drawn time axis
STYLES: Final[dict[Tone, str]] = {"good": "green", "none": "dim", "care": "yellow", "bad": "red"}


def rendered(preview: Preview) -> RenderableType:
    """All of a preview: what was read, one vector closely, its windows and its past, and many at a glance."""
    kind = "view" if preview.is_view else "set"
    parts: list[RenderableType] = [
        Text.assemble((preview.name, "bold"), f" v{preview.version}, a {kind} as its files stand"),
        *(Text(line, style=style) for one in preview.loaded for line, style in _read(one)),
        Text(f"\n{', '.join(f'{name}={value}' for name, value in preview.asked)} ({preview.why})"),
        Text(f"at {instant(preview.focus.as_of)} UTC\n"),
    ]
    tables = (_focus, _windows, _course, _distribution)
    return Group(*parts, *(part for table in tables for part in (table(preview), Text())))


def _read(loaded: Loaded) -> Iterator[tuple[str, str]]:
    copies = f", {loaded.copies:,} are copies" if loaded.copies else ""
    yield f"{loaded.source}: of {loaded.records:,} records {loaded.events:,} count{copies}", ""
    if loaded.refused:
        yield f"  refused: {', '.join(f'{count:,} {reason}' for reason, count in loaded.refused.items())}", "yellow"
    if not loaded.has_arrivals:
        yield "  without `arrival`: each is taken to have come in at its time, so none is late", "dim"


def _table(title: str, *, plain: Sequence[str] = (), folding: Sequence[str] = (), right: Sequence[str] = ()) -> Table:
    """A table whose first columns fold where the terminal is narrow."""
    table = Table(
        box=None, header_style="dim", title=title, title_style="dim", title_justify="left", padding=(0, 1, 0, 0)
    )
    for name in folding:
        table.add_column(name, overflow="fold", min_width=12)
    for name in right:
        table.add_column(name, justify="right", no_wrap=True)
    for name in plain:
        table.add_column(name, no_wrap=True)
    return table


def _focus(preview: Preview) -> Table:
    table = _table("", folding=("feature", "value"), plain=("status", "window", "tail", "type"))
    for place, value, status in zip(preview.places, preview.focus.values, preview.focus.statuses, strict=True):
        tail = f"< {words.span(place.tail_error_ms + 1)}" if place.tail_error_ms else ""
        told = Text(words.value(value, place.type), justify="right")
        table.add_row(
            Text(place.name),
            told,
            Text(status, STYLES[TONES[status]]),
            place.window,
            tail,
            Text(str(place.type), "dim"),
        )
    return table


def _windows(preview: Preview) -> Table:
    title = "where the windows lie: [inside), ● and · events, | the instant"
    table = _table(title, folding=("view", "window"), right=("events",), plain=("",))
    for window in preview.windows:
        table.add_row(window.alias, window.label, f"{window.inside:,}", drawn(window, preview.focus.as_of))
    return table


def drawn(window: Window, q: int) -> Text:
    """A window on an axis of its own, up to the instant read: `··[●══●══●═)··|`."""
    since = window.times[0] if window.lo == 0 and window.times else window.lo
    start = since - (q - since) // 10 - 1

    def place(ts: int) -> int:
        return min(WIDTH - 1, max(0, (ts - start) * (WIDTH - 1) // max(1, q - start)))

    first, end = place(since), place(window.hi)
    line = ["═" if first < at < end else "─" for at in range(WIDTH)]
    for ts in window.times:
        if ts >= start:
            line[place(ts)] = "●" if window.lo <= ts < window.hi else "·"
    line[first], line[end] = "[", ")"
    text = Text("".join(line) + "|")
    text.stylize("cyan", first, end + 1)
    return text


def _course(preview: Preview) -> Table:
    first, last = (words.minute(vector.as_of) for vector in (preview.course[0], preview.course[-1]))
    table = _table(
        f"over time, {first} to {last}; a blank is null", folding=("feature",), right=("least", "most"), plain=("",)
    )
    for at, place in enumerate(preview.places):
        values = series(preview.course, at, place.type)[-WIDTH:]
        known = [value for value in values if value is not None]
        if known:
            table.add_row(place.name, words.short(min(known)), words.short(max(known)), Text(spark(values), "cyan"))
    return table


def spark(values: Sequence[Number | None]) -> str:
    """Numbers as blocks, from the least to the greatest; a blank is none."""
    known = [float(value) for value in values if value is not None]
    least, reach = min(known), max(known) - min(known)
    return "".join(
        " " if value is None else BLOCKS[int((float(value) - least) / reach * (len(BLOCKS) - 1)) if reach else 0]
        for value in values
    )


def _distribution(preview: Preview) -> Table:
    of = f" of {preview.drawn_of:,} events, evenly" if preview.drawn_of else " of the one entity"
    table = _table(
        f"over {len(preview.sample):,} vectors{of}",
        folding=("feature",),
        right=("null", "least", "25%", "50%", "75%", "most"),
        plain=("",),
    )
    table.add_column("status", overflow="fold")
    for at, place in enumerate(preview.places):
        found = summary(preview.sample, at, place.type)
        nulls = words.share(found.nulls, found.count)
        table.add_row(Text(place.name), nulls, *_numbers(found), _statuses(found))
    return table


def _numbers(found: Summary) -> list[RenderableType]:
    match found.of:
        case Numbers(quartiles=quartiles, bins=bins, is_cut=is_cut):
            return [*map(words.short, quartiles), Text(histogram(bins) + ("+" if is_cut else ""), "cyan")]
        case Texts(most=most):
            told = [f"{text} {words.share(count, found.count - found.nulls)}" for text, count in most]
            return ["", "", "", "", "", Text(", ".join(told))]
        case None:
            return [""] * 6


def histogram(bins: Sequence[int]) -> str:
    """Counts as blocks, two bins a block, by their roots, so that few are seen beside many; a blank is none."""
    pairs = [sum(bins[at : at + 2]) for at in range(0, len(bins), 2)]
    most = math.sqrt(max(pairs))
    return "".join(BLOCKS[round(math.sqrt(count) / most * (len(BLOCKS) - 1))] if count else " " for count in pairs)


def _statuses(found: Summary) -> Text:
    told = [f"{status} {words.share(count, found.count)}" for status, count in found.statuses if status != "present"]
    return Text(", ".join(told), "dim")
