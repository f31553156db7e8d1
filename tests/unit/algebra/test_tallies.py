"""Tallies: what is kept and counted does not depend on the order in which events come."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.algebra.tallies import BETWEEN, Tally, counted, instant, some_of, tally_of, together

CAP = 3
EVENTS = st.lists(st.tuples(st.sampled_from("abcdefg"), st.integers(0, 99)), min_size=1, max_size=20)


def tallied(events: list[tuple[str, int]]) -> Tally:
    tally = Tally(())
    for mark, ts in events:
        tally = counted(tally, mark, ts, CAP)
    return tally


@given(EVENTS, st.randoms())
def test_the_first_marks_by_their_order_are_kept_and_counted_from_their_first_event(events, draw) -> None:  # type: ignore[no-untyped-def]
    kept = sorted({mark for mark, _ in events})[:CAP]
    times = {mark: [ts for other, ts in events if other == mark] for mark in kept}
    wanted = [f"{mark}{len(at):012x}{min(at):012x}{max(at):012x}" for mark, at in times.items()]
    is_capped = len({mark for mark, _ in events}) > CAP
    assert tallied(events) == Tally(tuple(wanted), is_capped)
    assert tallied(events).text == str(int(is_capped)) + BETWEEN.join(wanted)
    shuffled = list(events)
    draw.shuffle(shuffled)
    assert tallied(shuffled) == tallied(events)


@given(EVENTS, EVENTS)
def test_tallies_of_two_tiles_are_told_apart_and_counted_together(one, other) -> None:  # type: ignore[no-untyped-def]
    both = together([tallied(one), tallied(other)])
    assert both.entries == tallied(one).entries + tallied(other).entries
    assert both.is_capped == (tallied(one).is_capped or tallied(other).is_capped)
    wanted: Counter[str] = Counter()
    for events in (one, other):
        kept = sorted({mark for mark, _ in events})[:CAP]
        wanted += Counter(mark for mark, _ in events if mark in kept)
    assert both.counts() == wanted


@given(st.lists(st.integers(0, 253_402_300_799_999), min_size=2, max_size=2))
def test_instants_as_they_are_written_compare_as_they_are(pair: list[int]) -> None:
    one, other = pair
    assert (instant(one) < instant(other)) == (one < other)


def test_no_event_is_before_1970() -> None:
    assert instant(-1) == instant(0)


def test_a_text_is_read_back() -> None:
    met = "a" + "00000000000200000000000a00000000000c"
    other = "é\0\0" + "0" * 11 + "1" + "0" * 24
    one, two = ("0" + met).encode(), ("1" + met + BETWEEN + other).encode()
    assert tally_of([one]) == Tally((met,))
    assert tally_of([one]).counts() == {"a": 2}
    assert tally_of([one, two, one]) == Tally((met, met, other, met), is_capped=True)
    assert some_of([f"x{BETWEEN}y".encode(), b"z"]) == ["x", "y", "z"]


@pytest.mark.parametrize("text", [b"", b"2a" + b"0" * 36, b"0", b"0a12"])
def test_another_text_is_no_tally(text: bytes) -> None:
    with pytest.raises(ValueError, match="is no tally"):
        tally_of([b"0a" + b"0" * 36, text])
