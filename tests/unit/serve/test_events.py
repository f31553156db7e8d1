"""The ends of an exact view's windows, where the tiles they cut kept all events and where they kept too few."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from millpond.algebra.evaluate import Event
from millpond.plan.deployment import Publication, Served
from millpond.plan.model import ViewPlan
from millpond.plan.windows import DAY, HOUR, MINUTE
from millpond.serve.flow import ReadFlow
from tests.integration.cases import COLUMNS, pool
from tests.integration.deployed import all_of
from tests.unit.serve import as_stored

END = 20_000 * DAY + 12 * HOUR  # on the edge of a tile of a minute
Read = Callable[..., tuple[str, object]]


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> ViewPlan:
    """Its tiles are of a minute, and keep two events."""
    return pool(tmp_path_factory.mktemp("cases")).view("cases.capped")


@pytest.fixture
def slots(view: ViewPlan) -> int:
    """How many of its tiles are kept."""
    (level,) = view.levels
    return level.slots


def events_at(times: list[int], money: Decimal | None = Decimal(1)) -> list[Event]:
    fields = dict.fromkeys(COLUMNS, None) | {"case_id": "c", "flag": True}
    return [fields | {"id": f"e{i}", "at": at, "money": money} for i, at in enumerate(times)]


@pytest.fixture(scope="module")
def flow(view: ViewPlan) -> ReadFlow:
    """How all its features are read."""
    served = Served(view=view, generation=1, job="", covered_since=0, deployed_at=END)
    return ReadFlow(Publication(plan=all_of(view), views=(served,)), "dev")


def torn(view: ViewPlan, flow: ReadFlow, before: list[int], after: list[int], q: int) -> tuple[str, object]:
    """The sum of an hour where the events were asked for after a write, and the records before it."""
    older, newer = (as_stored.replies(flow, view, events_at(times), q, q) for times in (before, after))
    replies = [(records, events) for (records, _), (_, events) in zip(older, newer, strict=True)]
    fresh = {part.stamp: q for part in flow.parts}
    vector = flow.vector(replies, as_of=q, asked=q, now=q, fresh=fresh, stale_after=30_000)
    at = vector.names.index("capped.total_1h")
    return vector.statuses[at], vector.computed[at]


@pytest.fixture(scope="module")
def total(view: ViewPlan) -> Read:
    """A feature as it is read, by default a sum of ones."""

    def read(
        times: list[int], q: int, window: str = "1h", *, of: str = "total", money: Decimal | None = Decimal(1)
    ) -> tuple[str, object]:
        events = events_at(times, money)
        vector = as_stored.read(all_of(view), view, events, ("c",), q, now=max(q, END + HOUR))
        at = vector.names.index(f"capped.{of}_{window}")
        return vector.statuses[at], vector.computed[at]

    return read


def test_the_tail_is_exact_where_the_tile_it_cuts_kept_all_events(total: Read) -> None:
    #        q-W
    # ---[    |  e0 e1  ]-----> q      one millisecond decides
    times = [END - HOUR + 10, END - HOUR + 20]
    assert total(times, END + 9) == ("present", 2)
    assert total(times, END + 10) == ("present", 1)
    assert total(times, END + 20) == ("empty", 0)


def test_the_tail_is_exact_where_the_tile_kept_all_that_are_wanted(total: Read) -> None:
    times = [END - HOUR + 10, END - HOUR + 20, END - HOUR + 30]
    assert total(times, END + 20) == ("present", 1)
    # Of (q - W, q] it kept both, and cannot know that it did.
    assert total(times, END + 10) == ("capped", 3)


def test_the_tail_is_that_of_the_whole_tile_and_capped_where_it_kept_too_few(total: Read) -> None:
    times = [END - HOUR + at for at in (5, 10, 20, 30)]
    assert total(times, END + 5) == ("capped", 4)


def test_a_past_instant_is_exact_where_the_head_tile_kept_all_events_and_else_ahead(total: Read) -> None:
    assert total([END + 10, END + 20], END + 10) == ("present", 1)
    assert total([END + 10, END + 20, END + 30], END + 10)[0] == "ahead"


def test_a_delayed_head_that_kept_too_few_does_not_count(total: Read) -> None:
    now = END + HOUR
    assert total([END - MINUTE, END + 10, END + 20], now + 10, "2h_delayed_1h") == ("present", 2)
    times = [END - MINUTE, *(END + at for at in (10, 20, 30))]
    assert total(times, now + 10, "2h_delayed_1h") == ("capped", 1)
    assert total(times, now + 30, "2h_delayed_1h") == ("present", 4)


def test_a_tile_whose_events_are_newer_than_its_record_is_cut_by_them_and_else_counts_as_it_was(
    view: ViewPlan, flow: ReadFlow
) -> None:
    q, before, after = END + 20, [END + 10], [END + 10, END + 15]
    assert torn(view, flow, before, after, q) == ("present", 1)
    assert torn(view, flow, before, [END + 10, END + 30], q) == ("present", 1)
    assert torn(view, flow, before, [END + 10, END + 15, END + 30], q)[0] == "ahead"


def test_a_tile_whose_events_are_gone_is_incomplete(view: ViewPlan, flow: ReadFlow) -> None:
    assert torn(view, flow, [END + 10], [], END + 20)[0] == "incomplete"
    assert torn(view, flow, [END - MINUTE], [], END + 20) == ("present", 1)


def test_a_live_read_finds_the_events_of_a_head_that_lies_ahead_of_the_clock(view: ViewPlan, flow: ReadFlow) -> None:
    #        asked           event
    # ---[     |     ]---[     x   ]---> a tile is a minute
    asked, event, tail = END + 20, END + MINUTE + 10, END - HOUR + MINUTE
    commands, *_ = flow.commands({"case_id": "c"}, as_of=None, asked=asked)
    assert commands is not None
    events = events_at([tail + 5, tail + 20, event])
    (records, _), *_ = as_stored.replies(flow, view, events, asked, event)
    ring, *others = flow.parts
    held = {row.field: row.events for row in as_stored.stored(view, events, ring.part)}
    replies = [(records, [held.get(field) for field in commands[1][2:]]), *(None for _ in others)]
    fresh = {ring.stamp: END}
    vector = flow.vector(replies, as_of=None, asked=asked, now=asked + 5, fresh=fresh, stale_after=30_000)
    at = vector.names.index("capped.total_1h")
    assert vector.as_of == event
    assert (vector.statuses[at], vector.computed[at]) == ("present", 2)


def test_an_event_that_says_nothing_but_its_time_is_kept_and_counts(total: Read) -> None:
    times = [END - HOUR + 10, END - HOUR + 20]
    assert total(times, END + 9, of="seen", money=None) == ("present", 2)
    assert total(times, END + 10, of="seen", money=None) == ("present", 1)


def test_a_delayed_head_whose_slot_is_in_use_again_is_incomplete(total: Read, slots: int) -> None:
    q, again = END + HOUR + 20, END + slots * MINUTE
    assert total([END - MINUTE, END + 10], q, "2h_delayed_1h") == ("present", 2)
    assert total([END - MINUTE, END + 10, again - MINUTE], q, "2h_delayed_1h")[0] == "incomplete"
    assert total([END - MINUTE, END + 10, again], q, "2h_delayed_1h")[0] == "incomplete"
    assert total([END - MINUTE, END + 10, again + MINUTE], q, "2h_delayed_1h") == ("present", 2)


def test_a_lifetime_begins_with_a_whole_tile(total: Read) -> None:
    assert total([5, 10, END], END, "lifetime") == ("present", 3)
