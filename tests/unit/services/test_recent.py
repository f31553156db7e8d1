"""Which events a request's windows must hold: those seen lately of its entities, until the store has them."""

from decimal import Decimal
from typing import Any, Final

import pytest

from millpond.define.compiler import compile_pool
from millpond.plan.deployment import Publication, Served
from millpond.plan.errors import ReadError
from millpond.plan.windows import DAY, HOUR
from millpond.serve.flow import ReadFlow
from millpond.serve.own_event import RequestEvent
from millpond.services.recent import MARGIN_MS, Recent
from tests.unit.define.sample import project

NOON: Final = 20_000 * DAY + 12 * HOUR
STALE_AFTER: Final = 30_000
VIEWS: Final = """
from features.shop import sources
from millpond import *
from millpond import _

{name} = FeatureView(
    "{name}", version=1, owner="loyalty", entity=sources.customer, source=sources.{source},
    by={{"customer_id": _.customer_id}}, windows=["1h"], features={{"visits": Count()}}, precision="exact", cap=20
)
"""
SETS: Final = """
from features.shop.buyers import buyers
from features.shop.history import history
from features.shop import sources
from millpond import FeatureSet, _

buyer = buyers.bind("buyer", customer_id=_.customer_id)
friend = buyers.bind("friend", customer_id=_.returned_by)  # a field like any other, for the test
before = history.bind("before", customer_id=_.customer_id)

def made(name, own_event):
    features = [*buyer.all(), *friend.all(), *before.all()]
    FeatureSet(name, version=1, owner="loyalty", request=sources.sales, own_event=own_event, features=features)

made("excludes", "exclude")
made("includes", "include")
"""


@pytest.fixture(scope="module")
def publications(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Publication]:
    files = {
        "features/shop/buyers.py": VIEWS.format(name="buyers", source="sales"),
        "features/shop/history.py": VIEWS.format(name="history", source="replayed_sales"),
        "features/shop/sets.py": SETS,
    }
    pool = compile_pool(project(tmp_path_factory.mktemp("pool") / "project", files))
    served = tuple(Served(view=v, generation=1, job="", covered_since=0, deployed_at=NOON) for v in pool.views)
    return {plan.name: Publication(plan=plan, views=served) for plan in pool.sets}


class World:
    def __init__(self, publication: Publication, *, is_source: bool = True) -> None:
        self.publication = publication
        self.recent = Recent(publication, "dev", stale_after_ms=STALE_AFTER, is_source=is_source)

    def event(
        self, number: int, ts: int = NOON, customer: str | None = "ann", friend: str | None = None
    ) -> RequestEvent:
        request: dict[str, Any] = {
            "sale_id": f"s{number}", "sold_at": ts, "customer_id": customer, "returned_by": friend,
            "amount": Decimal(1), "store_id": 1,
        }  # fmt: skip
        return self.recent.event(request)

    def saw(self, *events: RequestEvent, now: int = NOON) -> None:
        for one in events:
            self.recent.saw(one, now)

    def expects(self, one: RequestEvent, connections: int = 1) -> list[list[int]]:
        """The times of the events expected, by binding."""
        found = self.recent.expected(one, self.publication, connections)
        return [[], [], []] if found is None else [[sighting.ts for sighting in some] for some in found]

    def hold(self, one: RequestEvent) -> None:
        """All parts of the store are found to hold what is expected for a request."""
        parts = {part.name for part in ReadFlow(self.publication, "dev").parts}
        for some in self.recent.expected(one, self.publication, 1) or ():
            for sighting in some:
                sighting.held |= parts


def test_by_binding_the_entitys_own_and_not_the_request_itself_where_it_is_left_out(
    publications: dict[str, Publication],
) -> None:
    world = World(publications["excludes"])
    world.saw(world.event(1, NOON - 5), world.event(2, NOON - 3, "WEB"), world.event(3, NOON, "ann"))
    assert world.expects(world.event(3, NOON, "ann", friend="WEB")) == [[NOON - 5], [NOON - 3], []]
    world = World(publications["includes"])
    world.saw(world.event(1, NOON - 5), world.event(3, NOON))
    assert world.expects(world.event(3, NOON)) == [[NOON - 5, NOON], [], []]


def test_what_is_later_than_the_request_or_nobodys_is_not_expected(publications: dict[str, Publication]) -> None:
    world = World(publications["excludes"])
    world.saw(world.event(1, NOON + 1), world.event(2, NOON, None), world.event(3, NOON, "bob"))
    assert world.expects(world.event(9)) == [[], [], []]
    assert world.expects(world.event(9, customer=None)) == [[], [], []]
    assert world.expects(world.event(9, NOON + 1)) == [[NOON + 1], [], []]


def test_a_copy_is_the_same_event_and_another_id_of_the_same_instant_is_not(
    publications: dict[str, Publication],
) -> None:
    world = World(publications["excludes"])
    world.saw(world.event(1), world.event(1), world.event(2))
    assert world.expects(world.event(9))[0] == [NOON, NOON]
    assert world.expects(world.event(1))[0] == [NOON]


def test_what_all_parts_hold_is_expected_no_more_until_the_store_may_be_another(
    publications: dict[str, Publication],
) -> None:
    world = World(publications["excludes"])
    world.saw(world.event(1, NOON - 2), world.event(2, NOON - 1))
    world.hold(world.event(9))
    assert world.expects(world.event(9)) == [[], [], []]
    world.saw(world.event(3))
    assert world.expects(world.event(9))[0] == [NOON]
    assert world.expects(world.event(9), connections=2)[0] == [NOON - 2, NOON - 1, NOON]


def test_it_is_forgotten_when_it_is_proven_or_all_is_stale(publications: dict[str, Publication]) -> None:
    world = World(publications["excludes"])
    keep = STALE_AFTER + 2 * MARGIN_MS
    world.saw(world.event(1, NOON - 1))
    world.saw(world.event(2, NOON, "bob"), now=NOON + keep)
    assert world.expects(world.event(9))[0] == [NOON - 1]
    world.saw(world.event(3, NOON, "bob"), now=NOON + keep + 1)
    assert world.expects(world.event(9)) == [[], [], []]
    assert world.expects(world.event(9, customer="bob"))[0] == [NOON, NOON]


def test_a_stamp_proves_what_was_taken_from_the_source_itself(publications: dict[str, Publication]) -> None:
    for is_source, known_at in ((True, NOON + MARGIN_MS), (False, None)):
        world = World(publications["excludes"], is_source=is_source)
        world.saw(world.event(1, NOON - 1))
        ((one,), *_) = world.recent.expected(world.event(9), world.publication, 1) or ()
        assert one.known_at == known_at


def test_what_happened_lately_is_waited_for_and_of_what_came_late_a_read_decides(
    publications: dict[str, Publication],
) -> None:
    world = World(publications["excludes"])
    late, lately, own = world.event(1, NOON - 20 * 60_000), world.event(2, NOON - 1), world.event(9)
    world.saw(late)
    expected = world.recent.expected(own, world.publication, 1)
    assert expected is not None
    assert not world.recent.is_in_vain(own, expected)
    world.saw(lately)
    expected = world.recent.expected(own, world.publication, 1)
    assert expected is not None
    assert world.recent.is_in_vain(own, expected)


def test_what_was_pushed_out_is_expected_and_not_waited_for(publications: dict[str, Publication]) -> None:
    world = World(publications["excludes"])
    own, parts = world.event(9), {part.name for part in ReadFlow(world.publication, "dev").parts}
    world.saw(world.event(1, NOON - 1))
    expected = world.recent.expected(own, world.publication, 1)
    assert expected is not None
    expected[0][0].pushed_out |= parts
    assert world.expects(own)[0] == [NOON - 1]
    assert not world.recent.is_in_vain(own, expected)
    world.expects(own, connections=2)  # another store may have it
    assert world.recent.is_in_vain(own, expected)


def test_a_request_that_is_no_event_is_refused(publications: dict[str, Publication]) -> None:
    world = World(publications["excludes"])
    with pytest.raises(ReadError, match="the request has no field"):
        world.recent.event({"sale_id": "s1"})
    timeless = {"sale_id": "s1", "sold_at": None, "customer_id": "ann", "returned_by": None, "amount": 1, "store_id": 1}
    with pytest.raises(ReadError, match="'sold_at' is None"):
        world.recent.event(timeless)
