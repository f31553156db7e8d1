"""Tallies: what is kept and counted does not depend on the order in which events come."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.algebra.tallies import BETWEEN, Met, Tally, counted, some_of, tally_of, together

CAP = 3
EVENTS = st.lists(st.tuples(st.sampled_from("abcdefg"), st.integers(0, 99)), min_size=1, max_size=20)


def tallied(events: list[tuple[str, int]]) -> Tally:
    tally = Tally({})
    for mark, ts in events:
        tally = counted(tally, mark, ts, CAP)
    return tally


@given(EVENTS, st.randoms())
def test_the_first_marks_by_their_order_are_kept_and_counted_from_their_first_event(events, draw) -> None:  # type: ignore[no-untyped-def]
    kept = sorted({mark for mark, _ in events})[:CAP]
    counts = Counter(mark for mark, _ in events)
    times = {mark: [ts for other, ts in events if other == mark] for mark in kept}
    wanted: dict[str, tuple[Met, ...]] = {
        mark: (Met(counts[mark], min(times[mark]), max(times[mark])),) for mark in kept
    }
    assert tallied(events) == Tally(wanted, is_capped=len(counts) > CAP)
    shuffled = list(events)
    draw.shuffle(shuffled)
    assert tallied(shuffled) == tallied(events)


@given(EVENTS, EVENTS)
def test_tallies_of_two_tiles_are_told_apart_and_counted_together(one, other) -> None:  # type: ignore[no-untyped-def]
    both = together([tallied(one), tallied(other)])
    for mark in both.met:
        parts = [tally for tally in (tallied(one), tallied(other)) if mark in tally.met]
        assert both.count(mark) == sum(part.count(mark) for part in parts)
        assert len(both.met[mark]) == len(parts)
    assert both.is_capped == (tallied(one).is_capped or tallied(other).is_capped)


def test_a_text_is_read_back() -> None:
    met = "a" + "00000000000200000000000a00000000000c"
    assert tally_of("0" + met) == Tally({"a": (Met(2, 10, 12),)})
    assert tally_of("1" + met + BETWEEN + "b\0\0" + "0" * 11 + "1" + "0" * 24).is_capped
    assert some_of(f"x{BETWEEN}y") == ("x", "y")


@pytest.mark.parametrize("text", ["", "2a", "0", "0a12"])
def test_another_text_is_no_tally(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a tally|invalid literal"):
        tally_of(text)
