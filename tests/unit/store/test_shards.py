"""Which shard holds a key: slots as redis-py computes them, tags that lead to them, and what CLUSTER SLOTS tells."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.crc import key_slot

from millpond.store.shards import ONE_NODE, SLOTS, WHOLE, Shard, slot_of, tag_of, topology_of

KEYS = st.text(st.sampled_from("ab{}:=é%"), max_size=12)


@given(KEYS)
def test_a_key_has_the_slot_that_redis_py_gives_it(key: str) -> None:
    assert slot_of(key) == key_slot(key.encode())


@given(st.integers(0, SLOTS - 1))
def test_a_tag_leads_to_its_slot(slot: int) -> None:
    assert key_slot(f"ns:{{{tag_of(slot)}}}:applied".encode()) == slot


def node(host: bytes, port: int, *more: object) -> list[object]:
    return [host, port, b"id", *more]


def test_a_shard_has_all_its_ranges_and_the_tag_of_its_first_slot() -> None:
    found = topology_of(
        [
            [10_000, SLOTS - 1, node(b"b", 2)],
            [0, 99, node(b"a", 1), node(b"replica", 9)],
            [200, 9_999, node(b"a", 1)],
            [150, 150, node(b"b", 2)],
        ],
        ("asked", 7),
    )
    assert found.shards == (
        Shard(("b", 2), tag_of(150), "150,10000-16383"),
        Shard(("a", 1), tag_of(0), "0-99,200-9999"),
    )
    b, a = found.shards
    held = {0: a, 99: a, 100: None, 149: None, 150: b, 151: None, 199: None, 200: a, 9_999: a, 10_000: b, SLOTS - 1: b}
    assert {slot: found.shard_of(tag_of(slot)) for slot in held} == held


@pytest.mark.parametrize("ends", [[[5, SLOTS - 1]], [[0, 5]], []])
def test_slots_that_nobody_holds_have_no_shard(ends: list[list[int]]) -> None:
    found = topology_of([[*one, node(b"a", 1)] for one in ends], ("a", 1))
    held = {slot: any(first <= slot <= last for first, last in ends) for slot in (0, 4, 5, 6, SLOTS - 1)}
    assert {slot: found.shard_of(tag_of(slot)) is not None for slot in held} == held if ends else not found.starts[1:]


def test_a_node_that_does_not_know_its_own_name_is_the_one_that_was_asked() -> None:
    (shard,) = topology_of([[0, SLOTS - 1, node(b"", 1)]], ("asked", 7)).shards
    assert shard.address == ("asked", 1)


def test_a_store_of_one_node_is_one_shard() -> None:
    assert ONE_NODE.shard_of("any") == WHOLE
