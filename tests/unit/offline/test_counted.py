"""Which events a tile had counted, found from what it said: told where it is known, and only there.

by arrival   a b c d e f ...     the tile said n, first, last, and what they come to
"""

import random
from collections.abc import Sequence
from decimal import Decimal
from itertools import combinations
from math import inf
from typing import Any, Final

import pytest

from millpond.offline.arrived import Arrived, Place
from millpond.offline.counted import Counted, Ones, Says, counted, is_sum_of
from millpond.plan.expr import Field
from millpond.plan.partials import Partial
from millpond.plan.types import DOUBLE, INT, Type
from millpond.plan.windows import HOUR
from millpond.serve.receipts import TileSaid, digest_of

MONEY: Final = Type("decimal", 10, 2)
COUNT: Final = Partial(name="n_count", function="count", value=None, where=None, type=INT)
SUM: Final = Partial(
    name="s_sum", function="sum", value=Field("amount", MONEY), where=None, type=Type("decimal", 20, 2)
)
WEIGHT: Final = Partial(name="w_sum", function="sum", value=Field("weight", DOUBLE), where=None, type=DOUBLE)
TILE: Final = 7


def event(number: int, *, minute: int | None = None, partition: int = 0, cents: int | None = None) -> Arrived:
    """The one that came in as that number; by its amount it is told from any others, together with others too."""
    ts = TILE * HOUR + (number if minute is None else minute) * 60_000
    amount = Decimal(2**number if cents is None else cents).scaleb(-2)
    return Arrived(Place(number, partition, number), ts, f"e{number}", {"amount": amount, "weight": 0.1 * number})


def said(events: Sequence[Arrived], partials: Sequence[Partial] = (COUNT, SUM)) -> tuple[TileSaid, list[Any]]:
    """What a tile says that had counted these, worked out by hand."""
    texts = {
        "n_count": str(len(events)),
        "s_sum": str(sum(int(str(e.event["amount"]).replace(".", "")) for e in events)),
    }
    digest = digest_of([texts[partial.name] for partial in partials])
    times = [one.ts % HOUR for one in events]
    tile = TileSaid(TILE, len(events), min(times), max(times), digest)
    return tile, [(Says(tuple(partials), digest, ()), Ones(partials))]


def found(chosen: Sequence[Arrived], there: Sequence[Arrived], partials: Sequence[Partial] = (COUNT, SUM)) -> Counted:
    tile, told = said(chosen, partials)
    return counted(tile, HOUR, random.Random(1).sample(there, len(there)), told)


def test_all_that_there_are_where_it_had_counted_as_many() -> None:
    events = [event(number) for number in range(20)]
    assert found(events, events) == Counted(events)


def test_the_first_by_arrival_where_there_are_more_now() -> None:
    events = [event(number, minute=number % 7) for number in range(30)]
    assert found(events[:17], events) == Counted(events[:17], others=13)


def test_what_lies_outside_its_first_and_last_came_later() -> None:
    events = [event(number, minute=10 + number % 3) for number in range(12)]
    others = [event(12, minute=9), event(13, minute=13)]
    assert found(events, [*others, *events]) == Counted(events)


@pytest.mark.parametrize("swaps", [1, 2])
def test_neighbours_may_have_traded_places(swaps: int) -> None:
    events = [event(number, minute=number % 5) for number in range(40)]
    for out in combinations(range(14, 20), swaps):
        into = [20 + 2 * number for number in range(swaps)]
        chosen = [one for number, one in enumerate(events) if (number < 20 and number not in out) or number in into]
        assert found(chosen, events).events == chosen


def test_a_partition_may_have_been_read_far_ahead_of_another() -> None:
    events = [event(number, minute=number % 4, partition=number % 2) for number in range(40)]
    chosen = [one for number, one in enumerate(events) if number % 2 == 0 or number < 9]
    assert len(found(chosen, events).events) == len(chosen)
    assert set(found(chosen, events).events) == set(chosen)


def test_where_others_would_give_the_same_that_is_said() -> None:
    events = [event(number, minute=number % 3) for number in range(12)]
    among = found(events[:9], events, [COUNT])
    assert (among.events, among.is_only) == (events[:9], False)


def test_nothing_is_made_up_where_no_choice_gives_what_the_tile_said() -> None:
    events = [event(number, minute=number % 5) for number in range(60)]
    chosen = [*events[:10], *events[40:50]]
    assert found(chosen, events) == Counted((), "undetermined", 40)


def test_events_that_are_gone_are_missing() -> None:
    events = [event(number) for number in range(5)]
    assert found(events, events[1:]) == Counted((), "missing")


def test_as_many_that_give_something_else_are_unlike() -> None:
    events = [event(number) for number in range(5)]
    changed = [*events[:3], event(3, cents=1), events[4]]
    assert found(events, changed) == Counted((), "unlike")


def test_a_sum_of_doubles_is_any_that_some_order_gives() -> None:
    draw = random.Random(3)
    for _ in range(300):
        numbers = [draw.choice((draw.uniform(-1, 1), draw.uniform(-1e9, 1e9))) for _ in range(draw.randrange(1, 40))]
        total = 0.0
        for number in draw.sample(numbers, len(numbers)):
            total += number
        assert is_sum_of(total, numbers)
        assert not is_sum_of(total + sum(map(abs, numbers)) * 1e-12 * len(numbers), numbers)
    assert is_sum_of(inf, [1e308, 1e308, -1e308])
    assert not is_sum_of(inf, [1e307, 1.0])


def test_doubles_that_do_not_come_to_what_was_told_are_unlike() -> None:
    events = [event(number) for number in range(5)]
    tile, _ = said(events)
    digest = digest_of(["5"])
    for total, why in ((1.0, ""), (1.0000001, "unlike")):
        told = [(Says((COUNT, WEIGHT), digest, (total,)), Ones([COUNT, WEIGHT]))]
        assert counted(tile, HOUR, events, told).why == why
