"""The scripts of the store, on a real one: nothing goes back, and nobody overwrites what they did not expect."""

from collections.abc import Iterator, Mapping

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import exceptions

from millpond.store.applied import Advance, TopicPart
from millpond.store.guard import GuardedRow, GuardedWrite, Refused
from millpond.store.keys import (
    EPOCH_FIELD,
    applied_field,
    applied_key,
    events_key,
    fragment_freshness_field,
    freshness_key,
    topic_freshness_field,
)
from millpond.store.nodes import Nodes
from millpond.store.proven import Claim
from millpond.store.writer import Writer
from tests.integration.stacks import AnyStack
from tests.unit.store.strips import left_of

State = tuple[int, int, int]  # tile, n, first
KEY = "{guard}:ring"
PART, OTHER = TopicPart("t", 0), TopicPart("t", 1)


@pytest.fixture
def writer(stack: AnyStack, ns: str) -> Iterator[Writer]:
    nodes = Nodes.connect(stack.addresses.store)
    yield Writer(nodes, ns)
    nodes.close()


def record(state: State) -> bytes:
    return b"".join(number.to_bytes(4, "little") for number in state) + b"rest"


def write(writer: Writer, *pairs: tuple[str, State], ttl_ms: int = 60_000) -> Refused:
    return writer.write([guarded(writer, *pairs, ttl_ms=ttl_ms)], ()).refused.get("t", Refused())


def guarded(
    writer: Writer, *pairs: tuple[str, State], ttl_ms: int = 60_000, events: bytes | None = None
) -> GuardedWrite:
    rows = [GuardedRow(field, record(state), events and events + record(state), None) for field, state in pairs]
    return GuardedWrite("t", f"{writer.ns}:{KEY}", ttl_ms, rows)


def held(writer: Writer, field: str) -> State:
    data: bytes = writer.client_of(KEY).hget(f"{writer.ns}:{KEY}", field)
    tile, n, first = (int.from_bytes(data[at : at + 4], "little") for at in (0, 4, 8))
    return tile, n, first


@pytest.mark.parametrize(
    ("new", "refused"),
    [
        ((70, 1, 9_000), Refused()),
        ((2**32 - 1, 1, 0), Refused()),
        ((69, 9, 0), Refused(older_tile=1)),
        ((70 - 2**6, 9, 0), Refused(older_tile=1)),
        ((70, 5, 100), Refused()),
        ((70, 6, 100), Refused()),
        ((70, 6, 99), Refused()),
        ((70, 4, 99), Refused(smaller_n=1)),
        ((70, 6, 101), Refused(greater_first=1)),
    ],
)
def test_only_what_goes_forward_is_written(writer: Writer, new: State, refused: Refused) -> None:
    old = (70, 5, 100) if new != (70, 1, 9_000) else (6, 5, 100)
    assert write(writer, ("6", old)) == Refused()
    assert write(writer, ("6", new)) == refused
    assert held(writer, "6") == (old if sum(refused) else new)


STATES = st.tuples(st.sampled_from([3, 67, 131]), st.integers(1, 4), st.integers(0, 3))


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from("345"), STATES), min_size=1, max_size=12))
def test_one_call_with_many_pairs_does_what_many_calls_do(writer: Writer, pairs: list[tuple[str, State]]) -> None:
    writer.client_of(KEY).delete(f"{writer.ns}:{KEY}")
    single = [write(writer, pair) for pair in pairs]
    expected = writer.client_of(KEY).hgetall(f"{writer.ns}:{KEY}")
    writer.client_of(KEY).delete(f"{writer.ns}:{KEY}")
    together = write(writer, *pairs)
    assert writer.client_of(KEY).hgetall(f"{writer.ns}:{KEY}") == expected
    assert together == Refused(*map(sum, zip(*single, strict=True)))


def test_events_are_written_where_their_record_is_and_live_as_long(writer: Writer) -> None:
    key, beside = f"{writer.ns}:{KEY}", events_key(f"{writer.ns}:{KEY}")
    writer.write([guarded(writer, ("6", (6, 2, 5)), ("7", (7, 1, 5)), events=b"first")], ())
    refused = writer.write([guarded(writer, ("6", (6, 1, 5)), ("7", (7, 2, 5)), events=b"later")], ())

    assert writer.client_of(KEY).hgetall(key) == {b"6": record((6, 2, 5)), b"7": record((7, 2, 5))}
    assert writer.client_of(KEY).hgetall(beside) == {
        b"6": b"first" + record((6, 2, 5)),
        b"7": b"later" + record((7, 2, 5)),
    }
    assert refused.smaller == {0: [0]}
    assert writer.client_of(KEY).pexpiretime(beside) == writer.client_of(KEY).pexpiretime(key) > 0


def test_the_time_to_live_starts_again_when_a_tile_takes_a_slot(writer: Writer) -> None:
    key = f"{writer.ns}:{KEY}"
    write(writer, ("6", (6, 1, 0)), ttl_ms=60_000)
    assert 0 < writer.client_of(KEY).pttl(key) <= 60_000
    for state, refreshed in (((6, 2, 0), False), ((70, 1, 0), True), ((6, 9, 0), False)):
        writer.client_of(KEY).pexpire(key, 1_000)
        write(writer, ("6", state), ttl_ms=60_000)
        assert (writer.client_of(KEY).pttl(key) > 1_000) == refreshed
    writer.client_of(KEY).pexpire(key, 1_000)
    write(writer, ("7", (7, 1, 0)), ttl_ms=60_000)
    assert writer.client_of(KEY).pttl(key) > 1_000


def test_scripts_that_the_store_forgot_are_loaded_again(writer: Writer) -> None:
    writer.client_of(KEY).script_flush()
    assert write(writer, ("6", (6, 1, 0))) == Refused()
    assert held(writer, "6") == (6, 1, 0)


def test_a_failed_command_is_raised_not_passed_over(writer: Writer) -> None:
    writer.client_of(KEY).set(f"{writer.ns}:{KEY}", "text")
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        write(writer, ("6", (6, 1, 0)))


# --- strips ---------------------------------------------------------------------------------------------------------

SLOTS, SIZE = 4, len(b"".join([bytes(12), b"rest"]))
STRIP = "{guard}:strip"


def write_strip(
    writer: Writer, *states: State, slots: int | None = SLOTS, events: bytes | None = None, ttl_ms: int = 60_000
) -> Refused:
    rows = [
        GuardedRow(str(state[0] % (slots or 2**32)), record(state), events and events + record(state), None)
        for state in states
    ]
    made = GuardedWrite("t", f"{writer.ns}:{STRIP}", ttl_ms, rows, SIZE, slots)
    return writer.write([made], ()).refused.get("t", Refused())


def in_strip(writer: Writer) -> tuple[int, list[State]]:
    """The tile before which all are gone, and what is there."""
    strip: bytes = writer.client_of(KEY).get(f"{writer.ns}:{STRIP}") or bytes(4)
    numbers = [int.from_bytes(strip[at : at + 4], "little") for at in range(0, len(strip), 4)]
    return numbers[0], [(numbers[at], numbers[at + 1], numbers[at + 2]) for at in range(1, len(numbers), 4)]


@pytest.mark.parametrize(
    ("new", "refused"),
    [
        ((70, 5, 100), Refused()),
        ((70, 6, 99), Refused()),
        ((70, 4, 99), Refused(smaller_n=1)),
        ((70, 6, 101), Refused(greater_first=1)),
    ],
)
@pytest.mark.parametrize("others", [[], [69], [71], [68, 69, 71]])
def test_of_a_tile_in_a_strip_only_what_goes_forward_is_written(
    writer: Writer, others: list[int], new: State, refused: Refused
) -> None:
    around: list[State] = [(tile, 1, 0) for tile in others]
    assert write_strip(writer, (70, 5, 100), *around) == Refused()
    assert write_strip(writer, new) == refused
    assert in_strip(writer) == (0, sorted([(70, 5, 100) if sum(refused) else new, *around]))


def test_a_new_tile_makes_those_go_that_the_ring_does_not_span_with_it(writer: Writer) -> None:
    #     ring of 4    3 . 5 6 | 7
    #                  gone      8
    write_strip(writer, (5, 1, 0), (3, 1, 0), (6, 1, 0))
    assert in_strip(writer) == (0, [(3, 1, 0), (5, 1, 0), (6, 1, 0)])
    write_strip(writer, (7, 1, 0))
    assert in_strip(writer) == (4, [(5, 1, 0), (6, 1, 0), (7, 1, 0)])
    assert write_strip(writer, (4, 9, 0), (3, 9, 0)) == Refused(older_tile=1)  # 4 is spanned, and has not been there
    assert in_strip(writer) == (4, [(4, 9, 0), (5, 1, 0), (6, 1, 0), (7, 1, 0)])
    write_strip(writer, (70, 1, 0))
    assert in_strip(writer) == (8, [(70, 1, 0)])


def test_a_tile_that_comes_too_late_is_refused_and_counts_as_gone(writer: Writer) -> None:
    write_strip(writer, (70, 1, 0))
    assert write_strip(writer, (66, 1, 0)) == Refused(older_tile=1)
    assert in_strip(writer) == (67, [(70, 1, 0)])
    assert write_strip(writer, (65, 1, 0)) == Refused(older_tile=1)
    assert in_strip(writer) == (67, [(70, 1, 0)])


def test_of_a_lifetime_nothing_goes(writer: Writer) -> None:
    tiles: list[State] = [(tile, 1, 0) for tile in (9_000, 3, 20, 2**32 - 1)]
    assert write_strip(writer, *tiles, slots=None) == Refused()
    assert in_strip(writer) == (0, sorted(tiles))


TILES = st.tuples(st.integers(0, 14), st.integers(1, 4), st.integers(0, 3))


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TILES, min_size=1, max_size=14))
def test_a_strip_holds_the_best_of_each_tile_that_is_left_and_is_in_order(writer: Writer, states: list[State]) -> None:
    """In one call and in many; what is left, and what is gone, is told beforehand."""
    best: dict[int, State] = {}
    for one in states:
        best[one[0]] = max(best.get(one[0], one), one, key=lambda state: (state[1], -state[2]))
    left, _ = left_of(best, SLOTS)
    for together in (True, False):
        writer.client_of(KEY).delete(f"{writer.ns}:{STRIP}")
        for call in [states] if together else [[one] for one in states]:
            write_strip(writer, *call)
        gone, held = in_strip(writer)
        assert held == sorted(held)
        assert [tile for tile, *_ in held] == left
        # A smaller n is refused, and so is a greater first: whichever of two rows came first may stay.
        assert all(best[tile][1] >= n for tile, n, _ in held)
        assert all((tile < gone) == (tile not in left) for tile in best)


def test_the_events_of_a_tile_go_with_it(writer: Writer) -> None:
    key, beside = f"{writer.ns}:{STRIP}", events_key(f"{writer.ns}:{STRIP}")
    write_strip(writer, (5, 2, 0), (6, 1, 0), events=b"first")
    write_strip(writer, (5, 1, 0), (6, 2, 0), events=b"later")
    told = {b"1": b"first" + record((5, 2, 0)), b"2": b"later" + record((6, 2, 0))}
    assert writer.client_of(KEY).hgetall(beside) == told
    assert writer.client_of(KEY).pexpiretime(beside) == writer.client_of(KEY).pexpiretime(key) > 0
    write_strip(writer, (9, 1, 0), events=b"new")  # in the slot of the first
    assert writer.client_of(KEY).hgetall(beside) == {b"1": b"new" + record((9, 1, 0)), b"2": told[b"2"]}
    write_strip(writer, (12, 1, 0), events=b"new")
    assert writer.client_of(KEY).hgetall(beside) == {
        b"0": b"new" + record((12, 1, 0)),
        b"1": b"new" + record((9, 1, 0)),
    }


def test_the_time_to_live_of_a_strip_starts_again_with_every_new_tile(writer: Writer) -> None:
    key = f"{writer.ns}:{STRIP}"
    write_strip(writer, (6, 1, 0))
    assert 0 < writer.client_of(KEY).pttl(key) <= 60_000
    for state, is_new in (((6, 2, 0), False), ((7, 1, 0), True), ((1, 1, 0), False), ((5, 1, 0), True)):
        writer.client_of(KEY).pexpire(key, 1_000)
        write_strip(writer, state)
        assert (writer.client_of(KEY).pttl(key) > 1_000) == is_new


# --- applied offsets ------------------------------------------------------------------------------------------------


def applied(writer: Writer) -> dict[TopicPart, int | None]:
    return writer.applied([PART, OTHER])


def test_no_offset_moves_before_what_the_records_told_is_noted(writer: Writer) -> None:
    def fails(_smaller: Mapping[int, list[int]]) -> None:
        raise exceptions.ConnectionError("between the two")

    wanted = guarded(writer, ("0", (5, 1, 0)))
    with pytest.raises(exceptions.ConnectionError):
        writer.write([wanted], [Advance(PART, None, 7)], fails)
    assert applied(writer)[PART] is None
    assert writer.write([wanted], [Advance(PART, None, 7)]).found == {}
    assert applied(writer)[PART] == 7


def test_no_offset_moves_where_a_record_was_refused_by_the_store_itself(writer: Writer) -> None:
    row = GuardedRow("0", b"long enough record", None, None)
    wrong = GuardedWrite("t", applied_key(writer.ns) + ":text", 60_000, [row])
    writer.client_of(KEY).set(applied_key(writer.ns) + ":text", "no hash")
    with pytest.raises(exceptions.ResponseError):
        writer.write([wrong], [Advance(PART, None, 7)])
    assert applied(writer)[PART] is None


def test_an_offset_moves_only_from_where_it_is_expected(writer: Writer) -> None:
    assert writer.write((), [Advance(PART, None, 0), Advance(OTHER, None, 5)]).found == {}
    assert applied(writer) == {PART: 0, OTHER: 5}
    assert writer.write((), [Advance(PART, 0, 10), Advance(OTHER, 4, 10)]).found == {OTHER: 5}
    assert applied(writer) == {PART: 10, OTHER: 5}
    writer.client_of(KEY).hdel(applied_key(writer.ns), applied_field(*PART))
    assert writer.write((), [Advance(PART, 10, 20)]).found == {PART: None}
    assert applied(writer) == {PART: None, OTHER: 5}


def test_an_offset_whose_reply_was_lost_counts_as_moved(writer: Writer) -> None:
    for _ in range(2):
        assert writer.write((), [Advance(PART, None, 7)]).found == {}
    assert applied(writer)[PART] == 7


def test_freshness_is_set_only_where_the_offset_is_as_expected(writer: Writer) -> None:
    writer.write((), [Advance(PART, None, 7), Advance(OTHER, None, 7)])
    found = writer.write((), [Advance(PART, 7, 7, 1234), Advance(OTHER, 6, 6, 1234)]).found
    assert found == {OTHER: 7}
    stamps = writer.client_of(KEY).hgetall(freshness_key(writer.ns))
    assert stamps.pop(EPOCH_FIELD.encode())
    assert stamps == {topic_freshness_field(*PART).encode(): b"1234"}


def test_the_epoch_stays_until_the_store_is_emptied(writer: Writer) -> None:
    def epoch() -> bytes | None:
        found: bytes | None = writer.client_of(KEY).hget(freshness_key(writer.ns), EPOCH_FIELD)
        return found

    writer.write((), [Advance(PART, None, 7)])
    assert epoch() is None
    writer.write((), [Advance(PART, 7, 7, 1234)])
    first = epoch()
    writer.write((), [Advance(PART, 7, 8, 1235)])
    assert first is not None
    assert epoch() == first
    writer.client_of(KEY).delete(applied_key(writer.ns), freshness_key(writer.ns))
    writer.write((), [Advance(PART, None, 8, 1236)])
    assert epoch() not in (None, first)


# --- freshness of fragments -----------------------------------------------------------------------------------------


def stamp(writer: Writer) -> bytes | None:
    found: bytes | None = writer.client_of(KEY).hget(freshness_key(writer.ns), fragment_freshness_field(PART.topic))
    return found


def test_a_proof_counts_once_every_partition_is_applied_to_an_end_asked_for_after_it_was_seen(writer: Writer) -> None:
    #     vouches for   100           seen at   200
    #     partition 0 applied to an end asked for at  199  250  250
    #     partition 1                                 200  200    -
    claim = Claim(PART.topic, 2, [(200, 100)])
    second = TopicPart(PART.topic, 1)
    writer.prove([claim])
    assert stamp(writer) is None
    writer.write((), [Advance(PART, None, 1, 199)])
    writer.prove([claim])
    assert stamp(writer) is None  # of partition 1 nothing is known
    writer.write((), [Advance(second, None, 1, 200)])
    writer.prove([claim])
    assert stamp(writer) is None
    writer.write((), [Advance(PART, 1, 1, 250)])
    writer.prove([claim])
    assert stamp(writer) == b"100"


def test_of_several_proofs_the_newest_that_counts_is_taken(writer: Writer) -> None:
    writer.write((), [Advance(PART, None, 1, 500)])
    writer.prove([Claim(PART.topic, 1, [(501, 400), (500, 300), (450, 200)])])
    assert stamp(writer) == b"300"


def test_an_emptied_store_vouches_for_nothing(writer: Writer) -> None:
    claim = Claim(PART.topic, 1, [(400, 300)])
    writer.write((), [Advance(PART, None, 1, 500)])
    writer.client_of(KEY).delete(freshness_key(writer.ns))
    writer.prove([claim, Claim(PART.topic, 1, [])])
    assert not writer.client_of(KEY).exists(freshness_key(writer.ns))
