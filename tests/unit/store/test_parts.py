"""Parts: which hashes a fragment fills, where a tile lies in them, how long they are kept."""

from millpond.plan.model import LIFETIME_KEEP
from millpond.plan.windows import DAY, HOUR, MINUTE
from millpond.store.parts import parts_of
from tests.unit.materialize.sample import view


def test_each_fragment_fills_the_levels_of_its_kind() -> None:
    assert [part.name for part in parts_of(view(), "tiles_short")] == ["1m"]
    assert [part.name for part in parts_of(view(), "tiles_long")] == ["1h"]
    assert [part.name for part in parts_of(view(), "lifetime")] == ["lifetime"]


def test_a_ring_reuses_its_slots_and_a_lifetime_does_not() -> None:
    (ring,), (lifetime,) = parts_of(view(), "tiles_short"), parts_of(view(), "lifetime")
    assert [ring.field(tile) for tile in (0, 63, 64, 1000)] == ["0", "63", "0", "40"]
    assert [lifetime.field(tile) for tile in (0, 64, 19_675)] == ["0", "64", "19675"]


def test_an_idle_ring_outlives_its_windows_and_the_lateness() -> None:
    (minutes,), (hours,) = parts_of(view(), "tiles_short"), parts_of(view(), "tiles_long")
    assert minutes.ttl_ms == 64 * MINUTE + DAY
    assert hours.ttl_ms == 30 * HOUR + DAY
    assert parts_of(view(), "lifetime")[0].ttl_ms == LIFETIME_KEEP
