"""Durations, the instants a window covers, and the tile sizes that answer it."""

from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.plan.errors import DefinitionError
from millpond.plan.windows import (
    DAY,
    HOUR,
    LEVELS,
    LIFETIME_LEVEL,
    MAX_TILES,
    MINUTE,
    SECOND,
    SKEW,
    WindowSpan,
    choose_levels,
    fits,
    format_duration,
    level_for,
    parse_duration,
    parse_share,
    ring_slots,
)

DURATIONS = st.builds(lambda n, unit: f"{n}{unit}", st.integers(1, 999), st.sampled_from("smhd"))
ANSWERABLE = st.integers(20 * SECOND // 1000, 400 * DAY // 1000).map(lambda s: s * 1000)
DELAYS = st.just(0) | st.integers(1, 60 * DAY)


def span(size: int | None, delay: int = 0) -> WindowSpan:
    """A window of ms."""
    return WindowSpan(label=f"{size}_{delay}", size_ms=size, delay_ms=delay)


@given(DURATIONS)
def test_a_duration_is_spelt_back_as_the_same_span(text: str) -> None:
    ms = parse_duration(text)

    assert parse_duration(format_duration(ms)) == ms
    assert len(format_duration(ms)) <= len(text)


def test_durations_are_in_milliseconds() -> None:
    assert [parse_duration(t) for t in ("30s", "10m", "24h", "1d")] == [30_000, 600_000, DAY, DAY]


#                    lo        q-d-W                     q-d    q
#      --------------[==========(=========================]-----|---> ts
#                    |<- < s ->|            W               d
@given(ANSWERABLE, DELAYS, st.sampled_from(LEVELS), st.integers(0, 3_000 * DAY))
def test_a_window_covers_its_span_and_less_than_a_tile_more(size: int, delay: int, level: int, q: int) -> None:
    lo, hi = span(size, delay).bounds(q, level)

    assert lo % level == 0
    assert 0 <= (q - delay - size + 1) - lo < level  # the tail is early by less than a tile
    if delay == 0:
        assert hi == q + 1  # the head is current
    else:
        assert hi % level == 0
        assert 0 <= (q - delay + 1) - hi < level


@given(ANSWERABLE, DELAYS, st.integers(0, 3_000 * DAY))
def test_tiles_of_a_millisecond_are_exact(size: int, delay: int, q: int) -> None:
    """(q-d-W, q-d], as the design says."""
    assert span(size, delay).bounds(q, 1) == (q - delay - size + 1, q - delay + 1)


@given(DELAYS, st.integers(0, 3_000 * DAY))
def test_a_lifetime_starts_with_1970(delay: int, q: int) -> None:
    lo, hi = span(None, delay).bounds(q, DAY)

    assert lo == 0
    assert hi == (q + 1 if delay == 0 else (q - delay + 1) // DAY * DAY)


@pytest.mark.parametrize(
    ("text", "share"), [("5%", Fraction(1, 20)), ("0.5%", Fraction(1, 200)), ("100%", Fraction(1))]
)
def test_precision_is_a_share(text: str, share: Fraction) -> None:
    assert parse_share(text) == share


@pytest.mark.parametrize("text", ["0%", "101%", "5", "exactly", "", "-5%", ".5%"])
def test_other_precisions_are_refused(text: str) -> None:
    with pytest.raises(DefinitionError):
        parse_share(text)


def test_an_exact_view_takes_tiles_as_one_of_five_percent_where_its_windows_are_long_enough() -> None:
    assert choose_levels([span(HOUR)], "exact") == choose_levels([span(HOUR)], "5%")
    assert choose_levels([span(10 * SECOND)], "exact") == (5 * SECOND,)
    assert choose_levels([span(SECOND)], "exact") == (SECOND,)
    with pytest.raises(DefinitionError, match="no tile size"):
        choose_levels([span(10 * SECOND)], "5%")


def test_an_exact_view_takes_longer_tiles_where_its_fallback_allows_them() -> None:
    day, week, month = span(DAY), span(7 * DAY), span(30 * DAY)
    assert choose_levels([day, week, month], "exact") == (HOUR, DAY)
    assert choose_levels([day, week, month], "exact", fallback="100%") == (DAY,)
    assert choose_levels([span(10 * MINUTE), span(HOUR)], "exact", fallback="50%") == (5 * MINUTE,)
    assert choose_levels([day], "exact", (HOUR,), fallback="100%") == (HOUR,)  # what a committed plan has stays
    with pytest.raises(DefinitionError, match="fallback='half' is not a share"):
        choose_levels([day], "exact", fallback="half")


def test_a_tile_is_at_most_the_share_and_a_window_at_most_400_tiles() -> None:
    share = Fraction(1, 20)

    assert fits(span(20 * MINUTE), MINUTE, share)
    assert not fits(span(20 * MINUTE - 1), MINUTE, share)
    assert fits(span(MAX_TILES * MINUTE), MINUTE, share)
    assert not fits(span(MAX_TILES * MINUTE + 1), MINUTE, share)


@given(st.lists(st.builds(span, ANSWERABLE, DELAYS), min_size=1, max_size=6), st.sampled_from(["5%", "20%"]))
def test_the_fewest_levels_are_chosen_and_of_those_the_largest(windows: list[WindowSpan], precision: str) -> None:
    share = parse_share(precision)
    if not all(any(fits(w, level, share) for level in LEVELS) for w in windows):
        with pytest.raises(DefinitionError, match="no tile size answers"):
            choose_levels(windows, precision)
        return
    chosen = choose_levels(windows, precision)
    serving = [
        c
        for count in range(len(LEVELS) + 1)
        for c in combinations(LEVELS, count)
        if all(level_for(w, c, share) is not None for w in windows)
    ]

    assert chosen == max((c for c in serving if len(c) == len(serving[0])), key=lambda c: sorted(c, reverse=True))
    assert {level_for(w, chosen, share) for w in windows} == set(chosen)  # none for nothing


@given(st.lists(st.builds(span, ANSWERABLE), min_size=1, max_size=4), st.sets(st.sampled_from(LEVELS), min_size=1))
def test_levels_are_kept_where_they_serve_and_each_is_needed(windows: list[WindowSpan], kept: set[int]) -> None:
    share = parse_share("5%")
    keep = tuple(sorted(kept))
    answering = {level_for(w, keep, share) for w in windows}
    if not all(any(fits(w, level, share) for level in LEVELS) for w in windows):
        return

    assert (choose_levels(windows, "5%", keep) == keep) == (answering == kept or choose_levels(windows, "5%") == keep)


def test_a_lifetime_needs_no_level() -> None:
    assert choose_levels([span(None)], "5%") == ()
    assert level_for(span(None), (), Fraction(1, 20)) == LIFETIME_LEVEL


def tiles_a_read_may_touch(windows: list[WindowSpan], level: int, q: int) -> range:
    """From the oldest tail to the newest event that may be there."""
    oldest = min(w.bounds(q, level)[0] for w in windows) // level
    return range(oldest, (q + SKEW) // level + 1)


@given(
    st.lists(st.builds(span, ANSWERABLE, DELAYS), min_size=1, max_size=3),
    st.sampled_from([MINUTE, HOUR, DAY]),
    st.integers(1_000 * DAY, 1_001 * DAY),
)
def test_a_ring_holds_every_tile_that_a_read_may_touch(windows: list[WindowSpan], level: int, q: int) -> None:
    """No two tiles between the oldest tail and the newest event share a slot."""
    tiles = tiles_a_read_may_touch(windows, level, q)
    if len(tiles) > 5_000:
        return

    assert len({tile % ring_slots(windows, level) for tile in tiles}) == len(tiles)


@given(st.integers(20, 400), st.sampled_from([SECOND, 5 * SECOND, 15 * SECOND]), st.integers(1_000 * DAY, 1_001 * DAY))
def test_a_ring_of_small_tiles_has_room_for_events_ahead_of_now(count: int, level: int, q: int) -> None:
    """In small tiles SKEW is many of them, which no rounding up makes room for."""
    tiles = tiles_a_read_may_touch([span(count * level)], level, q)

    assert len(tiles) <= ring_slots([span(count * level)], level)
