"""The two scripts of the store, on a real one: nothing goes back, and nobody overwrites what they did not expect."""

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
