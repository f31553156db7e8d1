"""What a job's SQL says, by running it: which records it refuses, which it counts once, and into which tiles."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millpond.plan.model import Column
from millpond.plan.types import INT, STRING
from millpond.plan.windows import DAY, HOUR, MINUTE, SKEW
from millpond.sql.flink import render_backfill, render_job
from tests.unit.sql.in_duckdb import Sent, ran
from tests.unit.sql.jobs import SOURCE, TARGET, job, view

NOON = 20_000 * DAY + 12 * HOUR
ACCOUNT = render_job(job(view(sizes=(MINUTE, HOUR), lifetime=False)), TARGET)
PAIR = render_job(
    job(view("pair", keys=(Column("account", STRING), Column("shop", INT)), by=("value", "shop"), sizes=(HOUR,))),
    TARGET,
)


def reason(sent: Sent) -> str | None:
    with ran(ACCOUNT, [sent]) as done:
        (found,) = done.reasons()
        assert done.events() == (found is None)
        return found


def counted(*sent: Sent) -> int:
    with ran(ACCOUNT, sent) as done:
        return done.events()


def at(ts: int, **fields: object) -> Sent:
    """An event of a time in ms that arrives at once."""
    return Sent(arrival=ts, made_at=ts * 1000, **fields)  # type: ignore[arg-type]  # Sent's own fields


#    ts          ts + lateness
# ----|----------------|x-----> arrival      x and beyond: late
def test_an_event_may_be_as_late_as_the_lateness_and_not_a_millisecond_more() -> None:
    assert reason(Sent(made_at=NOON * 1000, arrival=NOON + SOURCE.lateness_ms)) is None
    assert reason(Sent(made_at=NOON * 1000, arrival=NOON + SOURCE.lateness_ms + 1)) == "late"


def test_an_event_may_be_as_far_ahead_as_the_skew_and_not_a_millisecond_more() -> None:
    assert reason(Sent(made_at=(NOON + SKEW) * 1000, arrival=NOON)) is None
    assert reason(Sent(made_at=(NOON + SKEW + 1) * 1000, arrival=NOON)) == "future"


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (Sent(made_at=None, arrival=NOON), "null_event_time"),
        (at(NOON, id=None), "null_event_id"),
        (at(NOON, reason="truncated"), "truncated"),
        (Sent(made_at=0, arrival=0), None),
        (Sent(made_at=-1, arrival=0), "event_time_out_of_range"),  # a microsecond before 1970 is no part of 1970
    ],
)
def test_a_record_is_refused_for_what_it_lacks(sent: Sent, told: str | None) -> None:
    assert reason(sent) == told


def test_the_copies_of_an_event_count_once() -> None:
    assert counted(at(NOON, id="a"), at(NOON, id="a"), at(NOON, id="a")) == 1
    assert counted(at(NOON, id="a"), at(NOON, id="b")) == 2
    assert counted(at(NOON, id="a"), at(NOON + 1, id="a")) == 2  # the same id at another time is another event


def test_the_first_copy_is_the_one_that_counts() -> None:
    with ran(ACCOUNT, [at(NOON, value="first"), at(NOON, value="second")]) as done:
        assert [row[0] for row in done.tiles("tiles_short")] == ["first"]


def test_an_event_with_a_null_in_its_key_is_nobodys() -> None:
    sent = [at(NOON, id="a", value=None), at(NOON, id="b", shop=None), at(NOON, id="c")]
    with ran(ACCOUNT, sent) as done:
        assert [(row[0], row[3]) for row in done.tiles("tiles_short")] == [("a1", 2)]
    with ran(PAIR, sent) as done:
        assert [(*row[:2], row[4]) for row in done.tiles("tiles_long")] == [("a1", 7, 1)]


def test_instants_in_microseconds_are_floored() -> None:
    for micros, ms in ((-1_001, -2), (-1_000, -1), (-1, -1), (0, 0), (999, 0), (1_000, 1)):
        with ran(ACCOUNT, [at(NOON, seen_at=micros)]) as done:
            (row,) = done.tiles("tiles_short")
            assert row[-1] == ms


#          live job             backfill
# -----------------|start--->   reads up to its bound, makes the tiles before start
def test_a_job_from_the_middle_and_its_backfill_share_the_events_out() -> None:
    record = job(view(sizes=(HOUR,), lifetime=False), start_ts=NOON, offsets=(0, 0), bound=(2, 0))
    assert record.backfill is not None
    sent = [at(NOON - 1, id="a"), at(NOON, id="b"), at(NOON - 1, id="c"), at(NOON, id="d")]  # at offsets 0 to 3
    with ran(render_job(record, TARGET), sent) as done:
        assert done.reasons() == [None, None, "before_start", None]
        assert done.events() == 2
    with ran(render_backfill(record, record.backfill, TARGET), sent) as done:
        assert done.events() == 2  # its own bound ends it before the third


EVENTS = st.lists(
    st.builds(
        at,
        st.sampled_from([NOON - 1, NOON, NOON + 1, NOON + MINUTE - 1, NOON + MINUTE, NOON + HOUR]),
        value=st.sampled_from(["a1", "a2"]),
        amount=st.sampled_from([Decimal("0.10"), Decimal("0.20"), Decimal("99999999.99"), Decimal("-0.30")]),
        pieces=st.integers(-(2**63), 2**63 - 1),
        distance=st.none() | st.sampled_from([0.5, -2.0]),
        status=st.sampled_from(["OK", "FAILED"]),
        seen_at=st.none() | st.integers(0, 10**15),
    ),
    max_size=8,
)


@settings(max_examples=15)
@given(EVENTS)
def test_a_tile_holds_what_its_partials_say_of_its_events(events: list[Sent]) -> None:
    numbered = [Sent(**{**vars(event), "id": str(i)}) for i, event in enumerate(events)]
    with ran(ACCOUNT, numbered) as done:
        for fragment, size in (("tiles_short", MINUTE), ("tiles_long", HOUR)):
            assert done.tiles(fragment) == sorted(brute_force(events, size), key=repr)


def brute_force(events: Sequence[Sent], size: int) -> list[tuple[object, ...]]:
    """Rows of the partials in jobs.py, by hand."""
    tiles: dict[tuple[str | None, int], list[tuple[int, Sent]]] = {}
    for event in events:
        assert event.made_at is not None
        ts = event.made_at // 1000
        tiles.setdefault((event.value, ts // size), []).append((ts, event))
    rows: list[tuple[object, ...]] = []
    for (account, tile), inside in tiles.items():
        times, held = [ts for ts, _ in inside], [event for _, event in inside]
        failed = [event for event in held if event.status == "FAILED"]
        ways = [event.distance for event in held if event.distance is not None]
        rows.append(
            (
                account, size, tile, len(held), min(times), max(times),
                len(held),
                len(failed),
                sum((event.amount for event in held), Decimal("0.00")),
                Decimal(sum(event.pieces for event in held if event.amount > Decimal("9.99"))),
                sum(ways, 0.0),
                len(ways),
                min((event.amount for event in failed), default=None),
                max((event.seen_at // 1000 for event in held if event.seen_at is not None), default=None),
            )
        )  # fmt: skip
    return rows
