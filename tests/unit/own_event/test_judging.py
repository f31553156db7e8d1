"""The judge of requests that are sales: what is right passes, and whatever is damaged is noticed.

offset        0    1    2        3         4    5
ts           100  200  150      500       200  300
customer      ann  ann  ann      ann       ann  bob       ---> arrival; 4 is a copy of 1, and 2 is out of order
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from tests.oracles.own_event import Asked, OwnEventOracle, Record
from tests.own_event.damage import DAMAGES
from tests.own_event.judging import Judged, judge
from tests.own_event.running import Happened, Reply

T = 1_700_000_000_000
DAY = 86_400_000


def record(offset: int, ts: int, event: str, cents: int, customer: str | None = "c0", *, arrival: int = 0) -> Record:
    return Record(0, offset, T + (arrival or 100 * offset + 200), T + ts, event, customer, 1, Decimal(cents).scaleb(-2))


RECORDS = [
    record(0, 100, "a", 150),
    record(1, 200, "b", 250),
    record(2, 150, "c", 1_000),
    record(3, 500, "d", 5_000),
    record(4, 200, "b", 250),
    record(5, 300, "e", 7, "c1"),
]


def vector(visits: int, spend: str | None, **changed: Any) -> dict[str, Any]:
    """Of a customer of one store, within a minute."""
    total = None if spend is None else Decimal(spend)
    values: dict[str, Any] = {}
    for window in ("1m", "1h"):
        values |= {f"buyer__visits_{window}": visits, f"buyer__spend_{window}": total}
    values |= {"at__visits_1h": visits, "at__spend_1h": total, "busy__visits_1m": visits, "busy__spend_1m": total}
    return {**values, **changed}


def right(records: list[Record], *, counts: bool) -> list[Reply]:
    """A reply to each: the first of the cases that the SQL has."""
    asked = [Asked(one.partition, one.offset, until=one.arrival + 50) for one in records]
    replies = []
    for one, wanted in zip(asked, OwnEventOracle(records).vectors(asked, counts=counts), strict=True):
        case = wanted.cases[0]
        replies.append(
            Reply(
                request=(one.partition, one.offset),
                key=(records[one.offset].customer or "").encode() or None,
                at=one.until,
                as_of=wanted.as_of,
                status="present",
                values={name: None if place.says == "behind" else place.v for name, place in case.items()},
                statuses={name: place.says for name, place in case.items()},
            )
        )
    return replies


def happened(records: list[Record] = RECORDS, **changed: Any) -> Happened:
    found = Happened(
        records=records,
        unreadable={(0, 99)},
        replies={"includes": right(records, counts=True), "excludes": right(records, counts=False)},
        dead_letters={"includes": [(0, 99)], "excludes": [(0, 99)]},
        running_since=T,
        held_up=[],
        load=0.0,
    )
    return found._replace(**changed)


def changed(made: Happened, name: str, number: int, **places: tuple[Any, str]) -> Happened:
    """With other values and statuses in one reply."""
    replies = [*made.replies[name]]
    values = {place: value for place, (value, _) in places.items()}
    statuses = {place: status for place, (_, status) in places.items()}
    one = replies[number]
    replies[number] = one._replace(values={**one.values, **values}, statuses={**one.statuses, **statuses})
    return made._replace(replies={**made.replies, name: replies})


def asked_of(records: list[Record], offset: int, *, counts: bool, until: int | None = None) -> list[Mapping[str, Any]]:
    """The values of each case of one request."""
    at = records[offset]
    (wanted,) = OwnEventOracle(records).vectors([Asked(0, offset, until or at.arrival)], counts=counts)
    return [{name: place.v for name, place in case.items()} for case in wanted.cases]


def holds(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    assert {name: found[name] for name in wanted} == wanted


def test_its_own_sale_is_in_or_out_and_all_before_it_are_in() -> None:
    (with_it,), (without,) = (asked_of(RECORDS, 1, counts=counts) for counts in (True, False))
    holds(with_it, vector(2, "4.00", buyer__since_1m=0.0, share=0.625, buyer__dearest_1h=Decimal("2.50")))
    holds(without, vector(1, "1.50", buyer__since_1m=0.1, share=2.5 / 1.5, buyer__stores_1h=[1]))


def test_a_copy_counts_once_and_knows_what_came_out_of_order_before_it() -> None:
    (with_it,), (without,) = (asked_of(RECORDS, 4, counts=counts) for counts in (True, False))
    holds(with_it, vector(3, "14.00"))
    holds(without, vector(2, "11.50"))


def test_what_came_while_it_was_answered_may_be_in_or_not() -> None:
    cases = asked_of(RECORDS, 1, counts=True, until=RECORDS[2].arrival)
    assert [case["buyer__visits_1h"] for case in cases] == [2, 3]
    assert [case["buyer__spend_1h"] for case in cases] == [Decimal("4.00"), Decimal("14.00")]


def test_windows_end_at_its_time_and_begin_after_their_length() -> None:
    records = [
        record(0, 0, "a", 100),
        record(1, 60_000, "b", 10, arrival=60_100),
        record(2, 59_999, "c", 1, arrival=60_200),
    ]
    (at,), (before,) = asked_of(records, 1, counts=True), asked_of(records, 2, counts=True)
    assert (at["buyer__visits_1m"], at["buyer__visits_1h"]) == (1, 2)
    assert (before["buyer__visits_1m"], before["buyer__visits_1h"]) == (2, 2)


@pytest.mark.parametrize("ts", [-DAY - 1, 200 + 60_001])
def test_a_sale_that_no_job_accepts_is_behind_where_it_is_to_count_and_in_nobody_elses_vector(ts: int) -> None:
    records = [record(0, ts, "a", 100, arrival=200), record(1, ts, "b", 10, arrival=201 if ts < 0 else 70_000)]
    (one,) = OwnEventOracle(records).vectors([Asked(0, 0, T + 300)], counts=True)
    assert one.is_never_in
    assert {place.says for place in one.cases[0].values()} == {"behind"}
    (other,) = OwnEventOracle(records).vectors([Asked(0, 1, T + 80_000)], counts=False)
    assert {place.says for place in other.cases[0].values()} == {"empty"}


def test_the_first_copy_counts_also_where_another_has_another_amount() -> None:
    (found,) = asked_of([record(0, 100, "a", 150), record(1, 100, "a", 999)], 1, counts=True)
    holds(found, vector(1, "1.50"))


def test_of_a_customer_busier_than_the_cap_a_tile_may_be_capped_or_ahead() -> None:
    tile = T // 15_000 * 15_000 - T
    sold = [record(n, tile + n, f"e{n}", 100, arrival=200) for n in range(22)]
    records = [*sold, record(22, tile + 60_010, "last", 100, arrival=60_300)]
    first, last = OwnEventOracle(records).vectors([Asked(0, 0, T + 250), Asked(0, 22, T + 60_350)], counts=True)
    assert first.cases[0]["busy__visits_1m"].excused == ["ahead"]
    place = last.cases[0]["busy__visits_1m"]
    assert (place.v, place.whole, place.excused) == (12, 23, ["ahead", "capped"])


def test_what_is_right_passes() -> None:
    judged = judge(happened())
    assert (judged.wrong, judged.examples) == (0, [])
    assert [one.vectors for one in judged.running] == [6, 6]
    assert [one.share_not_behind for one in judged.running] == [1.0, 1.0]


def test_sales_of_nobody_have_no_key() -> None:
    assert judge(happened([*RECORDS, record(6, 300, "f", 7, None)])).wrong == 0


def behind(made: Happened) -> Happened:
    names = made.replies["includes"][3].values
    return changed(made, "includes", 3, **dict.fromkeys(names, (None, "behind")))


def test_what_is_behind_is_counted_and_is_not_wrong() -> None:
    judged = judge(behind(happened()))
    assert judged.wrong == 0
    assert [one.behind for one in judged.running] == [1, 0]
    assert judged.running[0].share_not_behind == pytest.approx(5 / 6)


@pytest.mark.parametrize("name", DAMAGES)
def test_each_damage_is_noticed(name: str) -> None:
    assert judge(DAMAGES[name](behind(happened()))).wrong > 0


@pytest.mark.parametrize(
    "place", [(None, "behind"), (None, "stale"), (None, "ahead"), (None, "incomplete"), (None, "unavailable")]
)
def test_nothing_is_excused_that_had_no_reason(place: tuple[Any, str]) -> None:
    of_nobody = [*RECORDS, record(6, 300, "f", 7, None)]
    assert judge(changed(happened(of_nobody), "excludes", 6, buyer__visits_1h=place)).wrong == 1


@pytest.mark.parametrize("status", ["stale", "unavailable"])
def test_what_is_not_known_for_another_reason_counts_as_behind(status: str) -> None:
    judged = judge(changed(happened(), "excludes", 0, buyer__visits_1h=(None, status)))
    assert (judged.wrong, [one.behind for one in judged.running]) == (0, [0, 1])
    assert judge(changed(happened(), "excludes", 0, buyer__visits_1h=(1, status))).wrong == 1


def test_where_too_many_came_meanwhile_to_try_all_what_fits_none_that_was_tried_is_open_and_not_wrong() -> None:
    came = [record(6 + n, 50, f"m{n}", 100 + n, arrival=900) for n in range(7)]
    made = happened([*RECORDS, *came])
    replies = [*made.replies["includes"]]
    replies[3] = replies[3]._replace(at=T + 950)
    made = made._replace(replies={**made.replies, "includes": replies})
    judged = judge(made)
    assert (judged.wrong, [one.open for one in judged.running]) == (0, [0, 0])
    judged = judge(changed(made, "includes", 3, buyer__visits_1h=(77, "present")))
    assert (judged.wrong, [one.open for one in judged.running]) == (0, [1, 0])


def test_places_of_one_view_are_of_the_same_sales() -> None:
    """Of what came meanwhile a view counts the same in all its places; another view may count other."""
    made = happened()
    late = made.replies["includes"][1]
    replies = [*made.replies["includes"]]
    replies[1] = late._replace(at=RECORDS[2].arrival)
    made = made._replace(replies={**made.replies, "includes": replies})
    assert judge(made).wrong == 0
    counted: Judged = judge(
        changed(made, "includes", 1, at__visits_1h=(3, "present"), at__spend_1h=(Decimal("14.00"), "present"))
    )
    assert counted.wrong == 0
    torn = judge(changed(made, "includes", 1, at__visits_1h=(3, "present")))
    assert torn.wrong == 1
