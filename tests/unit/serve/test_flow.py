"""What a read answers, against brute force over the events themselves."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.plan.errors import ReadError
from millpond.plan.windows import DAY, HOUR, MINUTE, SKEW
from millpond.serve.flow import ReadFlow
from tests.unit.serve.sample import LEVEL, SPANS, Event, publication, read, stamps

NOON = 20_000 * DAY + 12 * HOUR
EVENTS = st.lists(
    st.tuples(st.integers(NOON - 5 * HOUR, NOON), st.decimals(0, 1000, places=2)),
    max_size=40,
)


def expected(events: list[Event], q: int) -> dict[str, object]:
    """Every feature by its definition: the events with lo <= ts < hi, the formula of the design written out."""
    answer: dict[str, object] = {}
    for span in SPANS:
        size = DAY if span.size_ms is None else LEVEL
        lo = 0 if span.size_ms is None else (q - span.delay_ms - span.size_ms + 1) // size * size
        hi = q + 1 if not span.delay_ms else (q - span.delay_ms + 1) // size * size
        inside = [amount for ts, amount in events if lo <= ts < hi]
        total = sum(map(Fraction, inside), Fraction(0))
        answer[f"card.count_{span.label}"] = len(inside)
        answer[f"card.sum_{span.label}"] = Decimal(total.numerator) / total.denominator
        answer[f"card.mean_{span.label}"] = float(total / len(inside)) if inside else None
        answer[f"card.min_{span.label}"] = min(inside, default=None)
        answer[f"card.max_{span.label}"] = max(inside, default=None)
    return answer


@given(EVENTS, st.integers(0, 3 * MINUTE))
def test_a_read_equals_brute_force_over_the_events(events: list[Event], later: int) -> None:
    q = NOON + later
    vector = read(events, as_of=q, now=q)
    assert vector.as_dict() == expected(events, q)
    assert set(vector.statuses) <= {"present", "empty"}


def test_the_head_is_current_to_the_millisecond_and_the_tail_is_rounded_to_its_tile() -> None:
    #                 11:00:30              12:00:30 = q
    # ---[11:00 e1   (e2                            e3]---->   tile 11:00 is taken whole
    q = NOON + 30_000
    events = [(q - HOUR - 29_999, Decimal(1)), (q - HOUR + 1, Decimal(2)), (q, Decimal(4))]
    assert read(events, as_of=q, now=q)["card.sum_1h"] == 7
    assert read([(q - HOUR - 30_001, Decimal(1)), *events], as_of=q, now=q)["card.sum_1h"] == 7


def test_no_event_at_all_is_empty_and_not_zero_without_a_word() -> None:
    vector = read([], as_of=NOON, now=NOON)
    assert vector.status == "empty"
    assert vector["card.count_1h"] == 0
    assert vector["card.sum_1h"] == 0
    assert vector["card.max_1h"] is None


def test_a_live_read_takes_the_greatest_event_time_ahead_of_the_clock_as_its_instant() -> None:
    vector = read([(NOON + 20_000, Decimal(1))], as_of=None, now=NOON)
    assert vector.as_of == NOON + 20_000
    assert vector["card.count_1h"] == 1


def test_a_live_read_is_never_more_than_the_skew_ahead_of_the_clock() -> None:
    assert read([(NOON + 10 * MINUTE, Decimal(1))], as_of=None, now=NOON).as_of == NOON + SKEW


def test_an_earlier_instant_whose_head_tile_holds_later_events_says_ahead() -> None:
    vector = read([(NOON + 40_000, Decimal(1))], as_of=NOON + 30_000, now=NOON + HOUR)
    assert vector.status_of()["card.count_1h"] == "ahead"
    assert vector["card.count_1h"] is None
    assert vector.status_of()["card.count_1h_delayed_2h"] == "empty"


def test_a_past_instant_whose_ring_slots_are_in_use_again_says_incomplete() -> None:
    # slots:  |0 ......... 60|61 ....... 183|0'      the hour before noon lies in slots 0 to 60, so to say
    slots = publication().views[0].view.levels[0].slots
    elsewhere = NOON + (slots - 70) * LEVEL
    same_slot = NOON + slots * LEVEL
    spared = read([(NOON, Decimal(1)), (elsewhere, Decimal(1))], as_of=NOON, now=elsewhere)
    reused = read([(NOON, Decimal(1)), (same_slot, Decimal(1))], as_of=NOON, now=same_slot)
    assert spared.status_of()["card.count_1h"] == "present"
    assert reused.status_of()["card.count_1h"] == "incomplete"
    assert reused.status_of()["card.count_lifetime"] == "ahead"


def test_a_window_that_reaches_back_before_the_tiles_were_covered_says_incomplete() -> None:
    vector = read([(NOON, Decimal(1))], as_of=NOON, now=NOON, covered_since=NOON - 2 * HOUR)
    status = vector.status_of()
    assert status["card.count_1h"] == "present"
    assert status["card.count_1h_delayed_2h"] == "incomplete"
    assert status["card.count_lifetime"] == "incomplete"


def test_an_instant_so_long_ago_that_an_idle_entitys_tiles_are_gone_says_incomplete() -> None:
    late = NOON + 40 * DAY
    status = read([], as_of=NOON, now=late).status_of()
    assert status["card.count_1h"] == "incomplete"
    assert status["card.count_lifetime"] == "empty"
    # A history that was replayed just now: its tiles were written now.
    status = read([], as_of=NOON, now=late, deployed_at=late - HOUR).status_of()
    assert status["card.count_1h"] == "empty"
    assert read([], as_of=NOON, now=NOON + HOUR).status_of()["card.count_1h"] == "empty"


def test_an_old_stamp_is_stale_and_so_is_a_missing_one() -> None:
    flow = ReadFlow(publication(), "dev")
    events = [(NOON, Decimal(1))]
    good = stamps(flow, NOON)
    assert read(events, as_of=NOON, now=NOON, fresh=good)["card.count_1h"] == 1
    for stamp in good:
        old = {**good, stamp: NOON - 30_001}
        missing = {name: at for name, at in good.items() if name != stamp}
        ahead = {**good, stamp: NOON + 30_001}  # told by a clock that cannot be trusted
        for bad in (old, missing, ahead):
            vector = read(events, as_of=NOON, now=NOON, fresh=bad)
            assert vector.status == "stale"
            assert None in vector.values


def test_what_is_not_meant_to_be_used_is_null_in_values_but_still_told() -> None:
    vector = read([(NOON, Decimal(1))], as_of=NOON, now=NOON, fresh={})
    assert set(vector.values) == {None}
    assert vector.computed[vector.names.index("card.count_1h")] == 1


def test_a_null_key_reads_nothing_and_says_so() -> None:
    flow = ReadFlow(publication(), "dev")
    assert flow.keys({"card_id": None}) == [None, None]
    vector = flow.vector([None, None], as_of=NOON, asked=NOON, now=NOON, fresh=stamps(flow, NOON), stale_after=30_000)
    assert set(vector.statuses) == {"no_key"}
    assert set(vector.values) == {None}


def test_a_missing_or_mistyped_request_field_is_named_with_its_mend() -> None:
    flow = ReadFlow(publication(), "dev")
    with pytest.raises(ReadError, match=r"no field 'card_id'.*\n.*did you mean 'card'"):
        flow.keys({"card": "x"})
    with pytest.raises(ReadError, match="pass a str"):
        flow.keys({"card_id": 7})


def test_keys_of_all_levels_of_an_entity_lie_on_one_node() -> None:
    keys = ReadFlow(publication(), "dev").keys({"card_id": "a:{b}"})
    assert keys == ["dev.shop:{card=a%3A%7Bb%7D}:card.1.1:1m", "dev.shop:{card=a%3A%7Bb%7D}:card.1.1:lifetime"]
