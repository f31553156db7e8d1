"""The parts of a view as they are stored: a ring of tiles for each level, and the lifetime."""

from dataclasses import dataclass

from millpond.plan.aggregations import FragmentKind
from millpond.plan.model import LIFETIME_KEEP, ViewPlan
from millpond.plan.windows import LIFETIME_LEVEL, format_duration
from millpond.store.keys import LIFETIME


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One hash an entity: tiles of one size, the field of a tile being its slot in decimal.

    A ring reuses its slots: tile t lies in slot t mod slots. A lifetime keeps every tile: its field is the tile.

    Args:
        name: as it stands in the key: `1h`, or `lifetime`.
        size_ms: of a tile.
        slots: of the ring; None for a lifetime.
        ttl_ms: how long an idle entity's hash is kept. A hash's time starts again when a tile takes a slot.
    """

    name: str
    size_ms: int
    slots: int | None
    ttl_ms: int

    def field(self, tile: int) -> str:
        """The field a tile lies in."""
        return str(tile if self.slots is None else tile % self.slots)


def parts_of(view: ViewPlan, kind: FragmentKind) -> tuple[Part, ...]:
    """The parts a fragment fills, by ascending tile size."""
    if kind == "lifetime":
        return (Part(name=LIFETIME, size_ms=LIFETIME_LEVEL, slots=None, ttl_ms=LIFETIME_KEEP),)
    return tuple(
        Part(
            name=format_duration(level.size_ms),
            size_ms=level.size_ms,
            slots=level.slots,
            ttl_ms=level.slots * level.size_ms + view.source.lateness_ms,
        )
        for level in view.levels
        if level.kind == kind
    )
