"""What is sent where, and what is tried again: the trips of a read, made by a script instead of sockets."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from millpond.serve.freshness import Freshness
from millpond.serve.parcels import LATE, Answer, Failure, Parcel, Result, Trip
from millpond.serve.part import Command
from millpond.serve.trips import Found, asking
from millpond.serve.where import Where
from millpond.store.shards import SLOTS, WHOLE, Shard, slot_of, tag_of

A, B = ("a", 1), ("b", 2)
BROKEN = Failure("ConnectionError: gone", is_broken=True)
EPOCH = b"one"
STAMPS = [b"fragment|t", b"70", b"epoch", EPOCH]
NOW = 100_000


class Error(Exception):
    """What a server says it cannot do."""


def answer(*replies: object, connection: int = 1, opened: int = 1) -> Answer:
    return Answer(list(replies), connection, opened, any(isinstance(one, Exception) for one in replies))


class Store:
    """Takes trips one after the other, and gives what the script says."""

    def __init__(self, *script: Sequence[Result] | Callable[[Parcel], Result]) -> None:
        self._script = list(script)
        self.trips: list[Trip] = []

    def found(self, trips: Any) -> Found:
        try:
            trip = next(trips)
            while True:
                self.trips.append(trip)
                step = self._script.pop(0)
                results = [step(parcel) for parcel in trip.parcels] if callable(step) else list(step)
                assert len(results) == len(trip.parcels)
                trip = trips.send(results)
        except StopIteration as done:
            return self._whole(done.value)

    def _whole(self, found: Found) -> Found:
        assert not self._script, "more was expected to be asked"
        return found

    @property
    def sent(self) -> list[list[tuple[Any, list[Command], bool]]]:
        return [[(p.shard.address, list(p.commands), p.is_anew) for p in trip.parcels] for trip in self.trips]


X, Y = ("HVALS", "{x}"), ("HVALS", "{y}")


def one_node(*script: Sequence[Result], wanted: Sequence[Command] = (X, Y)) -> tuple[Found, Store]:
    store = Store(*script)
    return store.found(asking(Where(timer=lambda: 0.0), wanted, 1.0)), store


# --- one node ---


def test_all_commands_go_in_one_trip() -> None:
    found, store = one_node([answer(1, 2)])
    assert found == Found([1, 2], [], {}, False)
    assert store.sent == [[(None, [X, Y], False)]]
    assert store.trips[0].deadline == 1.0


def test_a_broken_connection_is_asked_anew_once() -> None:
    found, store = one_node([BROKEN], [answer(1, 2)])
    assert found.replies == [1, 2]
    assert [parcel[0][2] for parcel in store.sent] == [False, True]
    found, store = one_node([BROKEN], [BROKEN])
    assert found.replies == [BROKEN, BROKEN]
    assert found.has_failures


def test_what_came_too_late_or_was_refused_is_not_asked_again() -> None:
    for failure in (LATE, Failure("AuthenticationError: no")):
        found, _ = one_node([failure])
        assert found.replies == [failure, failure]


@pytest.mark.parametrize("code", ["LOADING the data", "MASTERDOWN link is down", "READONLY you write"])
def test_a_server_that_is_none_now_is_left_for_a_new_connection_once(code: str) -> None:
    found, store = one_node([answer(Error(code), Error(code))], [answer(1, 2)])
    assert found.replies == [1, 2]
    assert store.sent[1][0][2]
    found, _ = one_node([answer(Error(code), Error(code))], [answer(Error(code), Error(code))])
    assert [one.reason for one in found.replies] == [code, code]


def test_any_other_error_is_of_its_command_alone() -> None:
    found, _ = one_node([answer(1, Error("WRONGTYPE no hash"))])
    assert found.replies == [1, Failure("WRONGTYPE no hash", is_refused=True)]
    assert found.has_failures


def test_nothing_is_tried_again_behind_the_deadline() -> None:
    times = iter([1.5])
    found = Store([BROKEN]).found(asking(Where(timer=lambda: next(times)), [X], 1.0))
    assert found.replies == [LATE]


# --- freshness ---


def fresh_reads(where: Where, fresh: Freshness, *script: Sequence[Result], now: int = NOW) -> tuple[Found, Store]:
    store = Store(*script)
    return store.found(asking(where, [X], 1.0, fresh=fresh, now=now)), store


STAMPED = ("HGETALL", "dev:freshness"), X, ("HGET", "dev:freshness", "epoch")
PLAIN = X, ("HGET", "dev:freshness", "epoch")


def test_stamps_are_asked_for_once_a_second_and_the_epoch_each_time() -> None:
    where = Where(timer=lambda: 0.0)
    fresh = Freshness("dev", where)
    for now, asked in [(NOW, STAMPED), (NOW + 999, PLAIN), (NOW + 1_000, STAMPED), (NOW + 500, STAMPED)]:
        is_due = asked is STAMPED
        found, store = fresh_reads(where, fresh, [answer(*([STAMPS] if is_due else []), [b"r"], EPOCH)], now=now)
        assert found.replies == [[b"r"]]
        assert found.stamps == {WHOLE: {b"fragment|t": 70}}
        assert store.sent[0][0][1] == list(asked), now


@pytest.mark.parametrize("epoch", [None, b"two"])
def test_stamps_of_another_epoch_are_asked_for_again_and_hold_for_nothing_between(epoch: bytes | None) -> None:
    where = Where(timer=lambda: 0.0)
    fresh = Freshness("dev", where)
    fresh_reads(where, fresh, [answer(STAMPS, [b"r"], EPOCH)])
    now_so = [] if epoch is None else [b"fragment|t", b"90", b"epoch", epoch]
    found, _ = fresh_reads(where, fresh, [answer([], epoch)], [answer(now_so, [b"s"], epoch)])
    assert found.replies == [[b"s"]]
    assert found.stamps == {WHOLE: {} if epoch is None else {b"fragment|t": 90}}
    found, _ = fresh_reads(Where(), Freshness("dev", Where()), [answer(STAMPS, [b"r"], epoch)])
    assert found.stamps == {WHOLE: {}}, "it was emptied between the stamps and the epoch"


def test_stamps_of_before_a_connection_was_opened_do_not_hold_for_it() -> None:
    where = Where(timer=lambda: 0.0)
    fresh = Freshness("dev", where)
    fresh_reads(where, fresh, [answer(STAMPS, [b"r"], EPOCH, connection=1, opened=3)])
    _, store = fresh_reads(where, fresh, [answer([b"r"], EPOCH, connection=3, opened=4)])
    assert len(store.trips) == 1, "it was open when they were asked for"
    again = [answer(STAMPS, [b"s"], EPOCH, connection=4, opened=4)]
    found, store = fresh_reads(where, fresh, [answer([b"r"], EPOCH, connection=4, opened=4)], again)
    assert found.replies == [[b"s"]]


def test_what_all_shards_vouch_for_is_what_the_worst_of_them_does() -> None:
    one, other = Shard(A, "1", "0-9"), Shard(B, "2", "10-19")
    found = Found([], [], {one: {b"x": 5, b"y": 9}, other: {b"x": 7, b"z": 9}}, False)
    assert found.fresh([one, other]) == {b"x": 5}
    assert found.fresh([other]) == {b"x": 7, b"z": 9}


# --- a cluster ---

HALF = SLOTS // 2
TAGS = {name: tag_of(slot) for name, slot in {"low": 5, "low2": 6, "high": HALF + 5}.items()}
LOW, LOW2, HIGH = (("HVALS", f"{{{tag}}}") for tag in TAGS.values())


def slots(*ranges: tuple[int, int, tuple[str, int]]) -> Answer:
    return answer([[first, last, [host.encode(), port, b"id"]] for first, last, (host, port) in ranges])


EVEN = slots((0, HALF - 1, A), (HALF, SLOTS - 1, B))
LOOK = [("CLUSTER", "SLOTS")]


def cluster(*script: Sequence[Result], wanted: Sequence[Command], where: Where | None = None) -> tuple[Found, Store]:
    store = Store(*script)
    return store.found(asking(where or Where([A], timer=lambda: 0.0), wanted, 1.0)), store


def test_each_shard_is_asked_once_for_all_it_holds() -> None:
    where = Where([A], timer=lambda: 0.0)
    found, store = cluster([EVEN], [answer(1, 3), answer(2)], wanted=[LOW, HIGH, LOW2], where=where)
    assert found.replies == [1, 2, 3]
    assert store.sent == [[(A, LOOK, False)], [(A, [LOW, LOW2], False), (B, [HIGH], False)]]
    found, store = cluster([answer(4)], wanted=[HIGH], where=where)
    assert store.sent == [[(B, [HIGH], False)]], "it is known"


def test_a_slot_that_has_moved_is_looked_for_where_it_is_said_to_be() -> None:
    moved = Error(f"MOVED {slot_of(LOW[1])} b:2")
    now = slots((0, 4, A), (5, 5, B), (6, HALF - 1, A), (HALF, SLOTS - 1, B))
    found, store = cluster([EVEN], [answer(moved, 3)], [now], [answer(1)], wanted=[LOW, LOW2])
    assert found.replies == [1, 3]
    assert store.sent[2:] == [[(B, LOOK, False)], [(B, [LOW], False)]]
    assert [shard.address for (shard,) in found.shards] == [B, A]


def test_a_key_that_is_on_its_way_is_asked_for_where_it_goes_and_both_vouch_for_it() -> None:
    ask = Error(f"ASK {slot_of(LOW[1])} b:2")
    found, store = cluster([EVEN], [answer(ask, 3)], [answer(b"OK", 1)], wanted=[LOW, LOW2])
    assert found.replies == [1, 3]
    assert store.sent[2] == [(B, [("ASKING",), LOW], False)]
    assert [shard.address for shard in found.shards[0]] == [A, B]


def test_a_broken_node_is_asked_anew_and_the_cluster_looked_at_first() -> None:
    after = slots((0, SLOTS - 1, B))
    found, store = cluster([EVEN], [BROKEN, answer(2)], [after], [answer(1)], wanted=[LOW, HIGH])
    assert found.replies == [1, 2]
    assert store.sent[3] == [(B, [LOW], False)], "who has taken over"
    found, store = cluster([EVEN], [BROKEN, answer(2)], [EVEN], [BROKEN], wanted=[LOW, HIGH])
    assert found.replies == [BROKEN, 2]
    assert store.sent[3] == [(A, [LOW], True)]


def test_a_node_that_was_late_is_doubted_by_the_next_read_and_asked_last_who_holds_what() -> None:
    where = Where([A], timer=lambda: 0.0)
    found, _ = cluster([EVEN], [LATE, answer(2)], wanted=[LOW, HIGH], where=where)
    assert found.replies == [LATE, 2]
    found, store = cluster([slots((0, SLOTS - 1, B))], [answer(1)], wanted=[LOW], where=where)
    assert store.sent[0] == [(B, LOOK, False)]
    assert found.replies == [1]


def test_a_node_that_hangs_leaves_time_to_ask_another() -> None:
    store = Store([LATE], [EVEN], [answer(1)])
    found = store.found(asking(Where([A, B], timer=lambda: 0.0), [LOW], 1.0))
    assert found.replies == [1]
    assert [trip.deadline for trip in store.trips] == [0.5, 0.5, 1.0]


def test_where_nobody_tells_of_the_cluster_everything_is_unanswered() -> None:
    found, _ = cluster([BROKEN], wanted=[LOW, HIGH])
    assert found.replies == [BROKEN, BROKEN]


def test_a_slot_that_nobody_holds_fails_its_own_commands() -> None:
    found, _ = cluster([slots((HALF, SLOTS - 1, B))], [answer(2)], wanted=[LOW, HIGH])
    assert found.replies == [Failure("CLUSTERDOWN no shard holds its slot"), 2]


def test_a_cluster_that_keeps_on_changing_is_given_up() -> None:
    moved = answer(Error(f"MOVED {slot_of(LOW[1])} a:1"))
    found, _ = cluster([EVEN], *([moved], [EVEN]) * 6, wanted=[LOW])
    assert found.replies == [Failure("the cluster keeps on changing")]


def test_stamps_of_other_slots_do_not_hold_and_have_the_cluster_looked_at() -> None:
    where = Where([A], timer=lambda: 0.0)
    fresh = Freshness("dev", where)
    for stored, holds in [(b"0-16383", True), (b"0-16382", False)]:
        Store([slots((0, SLOTS - 1, A))]).found(asking(where, [], 1.0)) if not where.is_known else None
        stamps = [*STAMPS, b"slots", stored]
        store = Store([answer(stamps, [b"r"], EPOCH)])
        found = store.found(asking(where, [LOW], 1.0, fresh=fresh, now=NOW if holds else NOW + 5_000))
        assert list(found.stamps.values()) == [{b"fragment|t": 70} if holds else {}]
        assert where.is_known == holds
