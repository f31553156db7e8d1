"""What an event makes a pool write, and how far off the tails of its windows may be: known from the Plan alone."""

from dataclasses import dataclass

from millpond.plan.model import Pool, ViewPlan
from millpond.plan.windows import format_duration
from millpond.review.difference import Difference


@dataclass(frozen=True, kw_only=True)
class Tail:
    """A new or changed feature.

    Attributes:
        feature: `<domain>.<view>.v<N>.<feature>`.
        window: as its name says it.
        tiles: the size of those it is answered from.
        error: the window may be longer than it says by less than this, such as `< 1h`; `none` where it is exact.
    """

    feature: str
    window: str
    tiles: str
    error: str


def rows_an_event(view: ViewPlan) -> int:
    """How many rows of tiles one event gives, before rows of one tile are put together: one a level and fragment."""
    return sum(len(view.sizes(kind)) for kind in view.kinds)


def tails(pool: Pool, found: Difference) -> tuple[Tail, ...]:
    """Of every feature that is new or of another meaning."""
    return tuple(
        _tail(pool.view(change.name, change.version), name)
        for change in found.changes
        if change.what == "view"
        for name in change.features
    )


def _tail(view: ViewPlan, name: str) -> Tail:
    feature = view.feature(name)
    error = feature.tail_error_ms
    return Tail(
        feature=f"{view.full_name}.v{view.version}.{name}",
        window=feature.window.label,
        tiles=format_duration(feature.level_ms),
        error=f"< {format_duration(error + 1)}" if error else "none",
    )
