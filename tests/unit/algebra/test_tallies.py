"""Tallies: what is kept and counted does not depend on the order in which events come."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.algebra.tallies import (
    BETWEEN,
    Met,
    Tally,
    counted,
    instant,
    last_of,
    mark_of,
    met_in,
    numbers_of,
    some_of,
    tally_of,
    tally_of_marks,
    together,
    without,
)

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


@given(EVENTS)
def test_a_tally_of_all_events_at_once_is_that_of_one_after_the_other(events: list[tuple[str, int]]) -> None:
    assert tally_of_marks(events, CAP) == tallied(events)


@given(EVENTS, st.integers(1, 5))
def test_what_is_left_without_some_events_is_met_as_often_as_by_the_others(
    events: list[tuple[str, int]], gone: int
) -> None:
    others, out = events[gone:], [mark for mark, _ in events[:gone]]
    whole = tally_of_marks(events, 99)
    left = without(whole, out)
    counts = Counter() if left is None else left.counts()
    assert counts == Counter(mark for mark, _ in others)
    assert met_in([whole.text.encode()], without=out) == Met({mark.encode() for mark, _ in others}, is_capped=False)
    if left is not None:
        times = {mark: [ts for other, ts in others if other == mark] for mark in counts}
        for entry in left.entries:
            _, first, last = numbers_of(entry)
            assert first <= min(times[mark_of(entry)]) <= max(times[mark_of(entry)]) <= last


def test_what_was_not_met_cannot_be_taken_out() -> None:
    tally = tally_of_marks([("a", 1), ("b", 2)], 99)
    for marks in (["c"], ["a", "a"]):
        with pytest.raises(KeyError):
            without(tally, marks)


@given(st.lists(EVENTS, min_size=1, max_size=4), st.integers(0, 400))
def test_what_tiles_met_since_an_instant_and_when_last(tiles: list[list[tuple[str, int]]], since: int) -> None:
    inside = [[(mark, 100 * number + ts) for mark, ts in events] for number, events in enumerate(tiles)]
    texts = [tally_of_marks(events, 99).text.encode() for events in inside]
    events = [event for some in inside for event in some]
    assert met_in(texts, since=instant(since)).marks == {mark.encode() for mark, ts in events if ts >= since}
    asked = sorted({mark for mark, _ in events})[:2]
    last = last_of(texts, [*asked, "x"])
    assert last is not None
    told = {mark_of(entry): numbers_of(entry)[2] for entry in last.entries}
    assert told == {mark: max(ts for other, ts in events if other == mark) for mark in asked}


def test_a_tile_that_met_too_many_is_told_also_where_none_is_asked_for() -> None:
    capped = tally_of_marks([("a", 1), ("b", 2)], 1).text.encode()
    assert last_of([capped], ["b"]) == Tally((), is_capped=True)
    assert met_in([capped]) == Met({b"a"}, is_capped=True)
    assert (last_of([], ["a"]), met_in([])) == (None, Met(set(), is_capped=False))


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
