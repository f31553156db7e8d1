"""The ends of an exact view's windows, where the tiles they cut kept all events and where they kept too few."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from millpond.plan.model import ViewPlan
from millpond.plan.windows import DAY, HOUR, MINUTE
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


@pytest.fixture(scope="module")
def total(view: ViewPlan) -> Read:
    """A feature as it is read, by default a sum of ones."""

    def read(
        times: list[int], q: int, window: str = "1h", *, of: str = "total", money: Decimal | None = Decimal(1)
    ) -> tuple[str, object]:
        fields = dict.fromkeys(COLUMNS, None) | {"case_id": "c", "flag": True}
        events = [fields | {"id": f"e{i}", "at": at, "money": money} for i, at in enumerate(times)]
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
