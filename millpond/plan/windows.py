"""Windows, levels and the instants a window covers.

What a window covers is told in bounds.py.
"""

import re
from fractions import Fraction
from itertools import combinations
from typing import Final

import msgspec

from millpond.plan.bounds import bounds
from millpond.plan.errors import DefinitionError

SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

LEVELS: Final = (
    SECOND, 5 * SECOND, 15 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY,
)  # fmt: skip
MAX_TILES: Final = 400
SKEW: Final = MINUTE  # how far an event time may lie ahead of its arrival
STALE_AFTER: Final = 30 * SECOND  # how long the source's events may not be known to be in the store
LONGEST_SHORT_LEVEL: Final = 15 * MINUTE  # levels up to this one share a fragment, larger ones another
LIFETIME_LEVEL: Final = DAY

EXACT: Final = "exact"
DEFAULT_SHARE: Final = "5%"  # of a window, which its tail may be off

_UNITS: Final = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}
_DURATION = re.compile(r"([1-9]\d*)([smhd])")
_SHARE = re.compile(r"(\d+(?:\.\d+)?)%")


def parse_duration(text: object) -> int:
    """Milliseconds of `10m`, `24h`, `30d`.

    Raises:
        DefinitionError: not a whole number of s, m, h or d.
    """
    found = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise DefinitionError(f"{text!r} is not a duration", mend="write a whole number and a unit: 30s, 10m, 24h, 30d")
    return int(found[1]) * _UNITS[found[2]]


def format_duration(ms: int) -> str:
    """The shortest spelling that parses back: 86400000 is `1d`, 90000 is `90s`."""
    for unit, size in (("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", SECOND)):
        if ms % size == 0:
            return f"{ms // size}{unit}"
    return f"{ms}ms"


class WindowSpan(msgspec.Struct, frozen=True, kw_only=True):
    """The span a feature looks back over.

    Args:
        label: as the author wrote it, part of the feature's name: `24h`, `lifetime`, `30d_delayed_7d`.
        size_ms: its length; None for a lifetime.
        delay_ms: how far its head lies behind the instant read.
    """

    label: str
    size_ms: int | None
    delay_ms: int = 0

    def bounds(self, q: int, s: int) -> tuple[int, int]:
        """[lo, hi) in ms for a read at instant `q` from tiles of `s` ms; a lifetime starts at 0."""
        return bounds(self.size_ms, self.delay_ms, q, s)


def remembered(window: WindowSpan, keep_ms: int) -> WindowSpan:
    """The span [q - keep, q] that tells whether what a window of CountNew holds is new."""
    return WindowSpan(label=window.label, size_ms=keep_ms + 1)


def parse_share(text: object, name: str = "precision") -> Fraction:
    """The share of a window that its tail may be off: "5%" is 1/20.

    Args:
        name: of the argument that it is.

    Raises:
        DefinitionError: not a percentage over 0 and up to 100.
    """
    found = _SHARE.fullmatch(text) if isinstance(text, str) else None
    share = Fraction(found[1]) / 100 if found else Fraction(0)
    if not 0 < share <= 1:
        raise DefinitionError(
            f"{name}={text!r} is not a share of the window",
            mend='write a percentage, such as precision="5%", or precision="exact"'
            if name == "precision"
            else f'write a percentage, such as {name}="5%"',
        )
    return share


def fits(window: WindowSpan, level: int, share: Fraction) -> bool:
    """True where tiles of `level` ms answer the window to its precision with at most MAX_TILES tiles."""
    if window.size_ms is None:
        return level == LIFETIME_LEVEL
    return level <= window.size_ms * share and -(-window.size_ms // level) <= MAX_TILES


def share_of(window: WindowSpan, precision: str, fallback: str = DEFAULT_SHARE) -> Fraction:
    """The share of a window that its tail may be off where it is answered from tiles alone.

    An exact view's window that is too short for its fallback takes tiles as long as itself: its answer comes from
    events anyway.

    Raises:
        DefinitionError: no level satisfies it.
    """
    share = parse_share(fallback, "fallback") if precision == EXACT else parse_share(precision)
    if window.size_ms is None or any(fits(window, level, share) for level in LEVELS):
        return share
    if precision == EXACT:
        return Fraction(1)
    raise DefinitionError(
        f"no tile size answers the window {window.label!r} to {precision} with at most {MAX_TILES} tiles",
        mend='allow a larger share, lengthen the window, or write precision="exact"',
    )


def choose_levels(
    windows: list[WindowSpan], precision: str, keep: tuple[int, ...] = (), *, fallback: str = DEFAULT_SHARE
) -> tuple[int, ...]:
    """The fewest levels that answer every window, ties to the larger sizes; lifetimes need none.

    Args:
        windows: all windows of a view.
        precision: the share of a window its tail may be off, "5%".
        keep: the levels of an earlier compilation, kept as they are if they still serve: levels are part of a
            view's meaning, and a better planner must not change what runs.
        fallback: the share of an exact view, where it must do without the events of a tile.

    Raises:
        DefinitionError: a window that no level satisfies.
    """
    wanted = [w for w in windows if w.size_ms is not None]
    shares = {window: share_of(window, precision, fallback) for window in wanted}
    if keep and {level_for(w, keep, shares[w]) for w in wanted} == set(keep):
        return keep
    for count in range(len(LEVELS) + 1):
        serving = [
            chosen
            for chosen in combinations(sorted(LEVELS, reverse=True), count)
            if all(any(fits(w, level, shares[w]) for level in chosen) for w in wanted)
        ]
        if serving:
            return tuple(sorted(max(serving)))
    raise AssertionError("each window fits a level, so all levels together serve")


def level_for(window: WindowSpan, levels: tuple[int, ...], share: Fraction) -> int | None:
    """The one level that answers a window: the largest that fits; None where none does."""
    if window.size_ms is None:
        return LIFETIME_LEVEL
    return max((level for level in levels if fits(window, level, share)), default=None)


def ring_slots(windows: list[WindowSpan], level: int) -> int:
    """Slots of a level's ring: its longest reach back, the tiles cut at the ends, and room for events ahead of now.

    A window of W ms delayed by d touches at most ceil((W + d) / s) + 1 tiles; events up to SKEW ahead of a read
    occupy up to ceil(SKEW / s) + 1 more.
    """
    reach = max((w.size_ms or 0) + w.delay_ms for w in windows)
    return -(-reach // level) + 1 + -(-SKEW // level) + 2
