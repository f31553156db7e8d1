"""Events that are known to have happened: a window that holds one which is not in says `behind`, and no other does."""

from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.algebra.evaluate import Event
from millpond.algebra.marks import mark
from millpond.define.compiler import compile_pool
from millpond.plan.deployment import Publication, Served
from millpond.plan.model import Pool
from millpond.plan.types import STRING, TIMESTAMP
from millpond.plan.windows import DAY, HOUR, MINUTE
from millpond.serve.flow import ReadFlow
from millpond.serve.receipts import with_receipt
from millpond.serve.sightings import Sighting
from millpond.serve.vector import Vector
from tests.unit.define.sample import project
from tests.unit.serve import as_stored

NOON: Final = 20_000 * DAY + 12 * HOUR  # the beginning of a tile of any size
STALE_AFTER: Final = 30_000
FILE: Final = """
from features.shop import sources
from millpond import *
from millpond import _

{name} = FeatureView(
    "{name}", version=1, owner="loyalty", entity=sources.customer, source=sources.sales,
    by={{"customer_id": _.customer_id}}, windows=["10m", Window("1h", delay="30m")],
    features={{"visits": Count(), "spend": Sum(_.amount)}}, {precision}
)
"""
SETS: Final = """
from features.shop.exactly import exactly
from features.shop.tiled import tiled
from features.shop import sources
from millpond import Derived, FeatureSet, _

FeatureSet(
    "exact", version=1, owner="loyalty", request=sources.sales, own_event="exclude",
    features=[*exactly.all(), Derived("twice", _.exactly.visits_10m * 2)],
)
FeatureSet("waits", version=1, owner="loyalty", request=sources.sales, own_event="include", features=[*exactly.all()])
FeatureSet("tiles", version=1, owner="loyalty", request=sources.sales, own_event="include", features=[*tiled.all()])
"""


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    views = {"exactly": 'precision="exact", cap=5', "tiled": ""}
    files = {
        f"features/shop/{name}.py": FILE.format(name=name, precision=precision) for name, precision in views.items()
    }
    return compile_pool(project(tmp_path_factory.mktemp("pool") / "project", {**files, "features/shop/sets.py": SETS}))


def event(number: int, ts: int) -> Event:
    return {"sale_id": f"s{number}", "sold_at": ts, "customer_id": "ann", "amount": Decimal("1.00"), "store_id": 1}


def sighting(one: Event, known_at: int | None = None) -> Sighting:
    place = mark([(one["sold_at"], TIMESTAMP), (one["sale_id"], STRING)], [])
    assert place is not None
    assert isinstance(one["sold_at"], int)
    return Sighting(one["sold_at"], place, known_at)


class World:
    """One set over one view, and what its hashes hold."""

    def __init__(self, pool: Pool, name: str) -> None:
        (plan,) = (one for one in pool.sets if one.name == name)
        self.view = pool.view(plan.bindings[0].view)
        served = Served(view=self.view, generation=1, job="", covered_since=0, deployed_at=NOON)
        self.flow = ReadFlow(Publication(plan=plan, views=(served,)), "dev")

    def read(
        self, arrived: list[Event], own: Event, expected: list[Sighting], *, older: list[Event] | None = None,
        stamp: int | None = None, receipt: bool = False,
    ) -> dict[str, Any]:  # fmt: skip
        """Status by place.

        Args:
            older: what the records are of, where a write falls between them and the events.
        """
        assert self.flow.own_events is not None
        q, owns = self.flow.own_events.of(dict(own))
        replies = as_stored.replies(self.flow, self.view, arrived, q, q, expected)
        if older is not None:
            before = as_stored.replies(self.flow, self.view, older, q, q, expected)
            replies = [[old[0], *new[1:]] for old, new in zip(before, replies, strict=True)]
        now = q if stamp is None else stamp
        fresh = {part.stamp: now for part in self.flow.parts}
        told: dict[str, Any] = {"as_of": q, "asked": q, "now": now, "fresh": fresh, "stale_after": STALE_AFTER}
        told |= {"own": owns, "expected": [expected]}
        vector: Vector = (
            with_receipt(self.flow, dict(own), replies, ns="dev", given={}, **told)
            if receipt
            else self.flow.vector(replies, **told)
        )
        return dict(vector.status_of())


def test_what_is_not_in_makes_windows_that_hold_it_behind_and_what_is_derived_from_them(pool: Pool) -> None:
    first, own = event(1, NOON - MINUTE), event(9, NOON + MINUTE)
    says = World(pool, "exact").read([], own, [sighting(first)])
    assert says["exactly.visits_10m"] == says["exactly.spend_10m"] == says["twice"] == "behind"
    assert says["exactly.visits_1h_delayed_30m"] == "empty"


def test_with_a_receipt_it_is_said_as_well(pool: Pool) -> None:
    first, own = event(1, NOON - MINUTE), event(9, NOON + MINUTE)
    world = World(pool, "exact")
    for arrived in ([], [first]):
        says = world.read(arrived, own, [sighting(first)], receipt=True)
        assert says == world.read(arrived, own, [sighting(first)])
        assert says["exactly.visits_10m"] == ("present" if arrived else "behind")


def test_found_by_its_id_in_the_tile_of_its_time_also_where_the_head_is_another(pool: Pool) -> None:
    # Two tiles: one that ends at noon, and the one that holds the request.
    first, other, own = event(1, NOON - MINUTE), event(2, NOON - MINUTE), event(9, NOON + MINUTE)
    world = World(pool, "exact")
    assert world.read([other], own, [sighting(first)])["exactly.visits_10m"] == "behind"
    assert world.read([other, first], own, [sighting(first)])["exactly.visits_10m"] == "present"


def test_an_event_after_the_request_or_before_its_windows_is_not_waited_for(pool: Pool) -> None:
    own = event(9, NOON)
    away = [sighting(event(1, NOON + 1)), sighting(event(2, NOON - 20 * MINUTE)), sighting(event(3, NOON - DAY))]
    assert set(World(pool, "exact").read([], own, away).values()) == {"empty"}
    edges = World(pool, "exact").read([], own, [sighting(event(1, NOON - 30 * MINUTE))])
    assert edges["exactly.visits_1h_delayed_30m"] == "behind"
    assert edges["exactly.visits_10m"] == "empty"


def test_what_was_found_once_is_not_looked_for_again(pool: Pool) -> None:
    first, own = event(1, NOON - MINUTE), event(9, NOON + MINUTE)
    world, seen = World(pool, "exact"), sighting(first)
    world.read([first], own, [seen])
    assert seen.held == {part.name for part in world.flow.parts}
    asked = [part.commands("key", NOON, NOON, [seen]) for part in world.flow.parts]
    assert asked == [part.commands("key", NOON, NOON) for part in world.flow.parts]


def test_events_that_are_newer_than_the_record_that_counts_prove_nothing(pool: Pool) -> None:
    """Between the records and the events of a read a write may fall: what counts is the record, without the event."""
    first, own = event(1, NOON + 1), event(9, NOON + MINUTE)
    earlier = event(2, NOON + 2)
    world = World(pool, "exact")
    says = world.read([earlier, first], own, [sighting(first)], older=[earlier])
    assert says["exactly.visits_10m"] == "behind"
    assert world.read([earlier, first], own, [sighting(first)])["exactly.visits_10m"] == "present"


def test_an_own_event_that_the_record_does_not_have_yet_is_not_in(pool: Pool) -> None:
    earlier, own = event(1, NOON + 1), event(9, NOON + 2)  # of one tile
    world = World(pool, "waits")
    assert world.read([earlier, own], own, [], older=[earlier])["exactly.visits_10m"] == "behind"
    assert world.read([earlier, own], own, [])["exactly.visits_10m"] == "present"


def test_what_was_pushed_out_of_a_full_tile_is_ahead_until_a_stamp_proves_it(pool: Pool) -> None:
    own = event(99, NOON + MINUTE)
    first, others = event(1, NOON + 1), [event(number, NOON + number) for number in range(10, 20)]
    world = World(pool, "exact")
    says = [
        world.read([first, *others], own, [sighting(first, NOON + 5_000)], stamp=NOON + stamp)["exactly.visits_10m"]
        for stamp in (0, 4_999, 5_000)
    ]
    assert says == ["ahead", "ahead", "present"]


def test_a_full_tile_pushes_out_what_comes_before_all_that_it_keeps_and_nothing_else(pool: Pool) -> None:
    own = event(99, NOON + MINUTE)
    kept = [event(number, NOON + 10 * number) for number in range(1, 6)]  # as many as are kept
    says = [
        World(pool, "exact").read([*kept[:-less], *more], own, [sighting(event(7, NOON + ts))])["exactly.visits_10m"]
        for less, more, ts in (
            (5, [*kept, event(6, NOON + 60)], 15),  # of six the first is not kept, and it would be before the second
            (5, [*kept, event(6, NOON + 60)], 25),
            (5, kept, 5),  # no more than are kept
        )
    ]
    assert says == ["ahead", "behind", "behind"]


def test_an_own_event_that_was_pushed_out_is_not_waited_for(pool: Pool) -> None:
    own = event(1, NOON + 1)
    others = [event(number, NOON + number) for number in range(10, 20)]
    for expected in ([], [sighting(own)]):
        assert World(pool, "waits").read([own, *others], own, expected)["exactly.visits_10m"] == "ahead"
        # Where one of those that are kept is before it, it would be among them.
        assert World(pool, "waits").read(others, event(1, NOON + 18), expected[:0])["exactly.visits_10m"] == "behind"


def test_tiles_without_events_are_behind_until_a_stamp_proves_them(pool: Pool) -> None:
    own = event(9, NOON)
    twin = event(1, NOON)  # of the same millisecond: what a tile's last instant cannot tell apart
    world = World(pool, "tiles")
    assert world.read([twin], own, [])["tiled.visits_10m"] == "present"
    says = [
        world.read([twin, own], own, [sighting(own, known_at)], stamp=NOON + stamp)["tiled.visits_10m"]
        for known_at, stamp in ((1_000 + NOON, 0), (None, 9_000), (1_000 + NOON, 1_000))
    ]
    assert says == ["behind", "behind", "present"]


class Held:
    """What the lookups of a world's sets are answered with."""

    def __init__(self, world: World, arrived: list[Event]) -> None:
        self.world = world
        self.rows = {
            part.key.key("ann"): {row.field: row for row in as_stored.stored(world.view, arrived, part.part)}
            for part in world.flow.parts
        }
        self.strips = {
            part.key.key("ann"): as_stored.strip(world.view, arrived, part.part) for part in world.flow.parts
        }

    def get(self, name: str, key: str, *fields: str) -> bytes | None:
        if name == "GET":
            return self.strips[key]
        (field,) = fields
        assert (name, key.endswith(".events")) == ("HGET", True)
        row = self.rows[key.removesuffix(".events")].get(field)
        return None if row is None else row.events

    def look_for(self, one: Event, *sightings: Sighting) -> None:
        for lookup in self.world.flow.lookups({**one, "customer_id": "ann"}, [sightings]):
            lookup.found(*(self.get(*command) for command in lookup.commands))


def test_looked_for_in_its_tile_an_event_is_found_by_its_id_and_then_not_looked_for(pool: Pool) -> None:
    world, own = World(pool, "exact"), event(9, NOON + MINUTE)
    parts = {part.name for part in world.flow.parts}
    one = sighting(event(1, NOON - 1))
    for arrived in ([], [event(2, NOON - 1)]):
        Held(world, arrived).look_for(own, one)
        assert one.held == set()
    Held(world, [event(1, NOON - 1), event(2, NOON - 1)]).look_for(own, one)
    assert one.held == parts
    assert world.flow.lookups(dict(own), [[one]]) == []


def test_looked_for_where_it_was_pushed_out_it_is_neither_found_nor_looked_for_again(pool: Pool) -> None:
    world, own = World(pool, "exact"), event(9, NOON + MINUTE)
    parts = {part.name for part in world.flow.parts}
    one, later = sighting(event(1, NOON + 1)), [event(number, NOON + number) for number in range(10, 16)]
    Held(world, later[:5]).look_for(own, one)
    assert (one.held, one.pushed_out) == (set(), set())
    Held(world, later).look_for(own, one)
    assert (one.held, one.pushed_out) == (set(), parts)
    assert world.flow.lookups(dict(own), [[one]]) == []
    within = sighting(event(2, NOON + 13))
    Held(world, later).look_for(own, within)
    assert (within.held, within.pushed_out) == (set(), set())


def test_an_id_that_begins_another_is_not_that_event(pool: Pool) -> None:
    world, one = World(pool, "exact"), sighting(event(1, NOON))
    Held(world, [event(11, NOON), event(1, NOON - 1)]).look_for(event(9, NOON), one)
    assert one.held == set()


def test_in_a_slot_that_another_tile_took_nothing_is_found(pool: Pool) -> None:
    world, old = World(pool, "exact"), event(1, NOON)
    (part, *_) = world.flow.parts
    assert part.slots is not None
    later = event(1, NOON + part.size * part.slots)
    one = sighting(old)
    Held(world, [later]).look_for(event(9, NOON + 1), one)
    assert one.held == set()


def test_of_a_record_and_events_of_two_writes_nothing_is_taken(pool: Pool) -> None:
    world, one = World(pool, "exact"), sighting(event(1, NOON))
    before, after = Held(world, [event(2, NOON)]), Held(world, [event(2, NOON), event(1, NOON)])
    for lookup in world.flow.lookups(dict(event(9, NOON)), [[one]]):
        record, events = lookup.commands
        lookup.found(before.get(*record), after.get(*events))
    assert one.held == set()


def test_of_many_that_are_missing_the_last_ones_are_looked_for(pool: Pool) -> None:
    world = World(pool, "exact")
    many = [sighting(event(number, NOON + number)) for number in range(100)]
    asked = [one.sighting for one in world.flow.lookups(dict(event(999, NOON + MINUTE)), [many])]
    assert asked[:8] == many[:-9:-1]
    assert len(asked) == 8 * len(world.flow.parts)


def test_tiles_without_events_are_not_looked_into(pool: Pool) -> None:
    assert World(pool, "tiles").flow.lookups(dict(event(9, NOON)), [[sighting(event(1, NOON))]]) == []


@given(
    st.lists(st.tuples(st.integers(-12 * MINUTE, 2 * MINUTE), st.booleans(), st.booleans()), max_size=5),
)
def test_behind_says_exactly_which_windows_lack_one(pool: Pool, drawn: list[tuple[int, bool, bool]]) -> None:
    """Against brute force: of each event whether it has arrived, and whether it is known."""
    own = event(99, NOON)
    events = [(event(number, NOON + at), is_in, is_known) for number, (at, is_in, is_known) in enumerate(drawn)]
    says = World(pool, "exact").read(
        [one for one, is_in, _ in events if is_in], own, [sighting(one) for one, _, is_known in events if is_known]
    )
    lacks = [one["sold_at"] for one, is_in, is_known in events if is_known and not is_in]
    wanted = any(NOON - 10 * MINUTE < ts <= NOON for ts in lacks)  # type: ignore[operator]
    assert (says["exactly.visits_10m"] == "behind") == wanted
