"""A real cluster: each shard is asked once, keys are found wherever they move, and a shard that lost them is told."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from millpond.store.applied import Advance, TopicPart
from millpond.store.documents import place_key
from millpond.store.guard import GuardedRow, GuardedWrite, Refused
from millpond.store.keys import freshness_key
from millpond.store.nodes import Nodes
from millpond.store.shards import slot_of
from millpond.store.writer import TRANSIENT, Writer
from tests.integration.clusters import ClusterStore
from tests.integration.served import KINDS, NOW, AnyReader, present, publish, put, spent, stamp
from tests.integration.servers import Server, until

NS = "shards"
CARDS = [f"card-{number}" for number in range(60)]


def amounts(card: str) -> list[str]:
    """What a card spent."""
    number = int(card.rpartition("-")[2])
    return [f"{number}.{cents:02}" for cents in range(number % 4 + 1)]


def stamp_all(nodes: Nodes) -> None:
    nodes.lose()
    for shard, client in nodes.shards():
        client.delete(freshness_key(NS, shard.tag))
        stamp(client, NS, NOW, shard)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[ClusterStore]:
    made = ClusterStore(tmp_path / "cluster", replicas=1)
    try:
        publish(made.client, NS)
        for card in CARDS:
            put(made.client, NS, card, spent(NOW, *amounts(card)))
        yield made
    finally:
        made.client.close()
        made.kill()


@pytest.fixture
def nodes(cluster: ClusterStore) -> Iterator[Nodes]:
    found = Nodes.connect(cluster.url)
    stamp_all(found)
    yield found
    found.close()


@pytest.fixture(params=KINDS)
def reader(request: pytest.FixtureRequest, cluster: ClusterStore, nodes: Nodes) -> Iterator[AnyReader]:
    with AnyReader(request.param, cluster.url, ns=NS, clock=lambda: NOW) as opened:
        yield opened


def key_of(card: str) -> str:
    return f"{NS}.shop:{{card={card}}}:card.1.1:1m"


def server_of(cluster: ClusterStore, nodes: Nodes, key: str) -> Server:
    nodes.lose()
    address = nodes.shard_of(key).address
    assert address is not None, "it is a cluster"
    return next(server for server in cluster.servers if server.port == address[1])


def test_vectors_of_all_shards_come_in_the_order_of_their_requests(
    reader: AnyReader, cluster: ClusterStore, nodes: Nodes
) -> None:
    assert {server_of(cluster, nodes, key_of(card)).port for card in CARDS} == {s.port for s in cluster.servers[:3]}
    opened = reader.open()
    for _ in range(2):
        for card, vector in zip(CARDS, opened.many(CARDS, timeout_ms=5_000), strict=True):
            assert present(vector, *amounts(card))
    for card in CARDS:
        assert present(opened.read(card, timeout_ms=5_000), *amounts(card))


def test_each_shard_is_asked_in_one_round_trip(reader: AnyReader, cluster: ClusterStore) -> None:
    opened = reader.open()
    opened.many(CARDS, timeout_ms=5_000)
    before = [server.client.info("stats")["total_reads_processed"] for server in cluster.servers[:3]]
    opened.many(CARDS, timeout_ms=5_000)
    after = [server.client.info("stats")["total_reads_processed"] for server in cluster.servers[:3]]
    # One read for the command that asks, and one for ours, small as it is; replicas and the bus are not counted here.
    assert all(b - a <= 4 for a, b in zip(before, after, strict=True)), (before, after)


def test_keys_are_found_while_their_slot_moves_and_where_it_has_moved(
    reader: AnyReader, cluster: ClusterStore, nodes: Nodes
) -> None:
    opened = reader.open()
    card = CARDS[7]
    assert present(opened.read(card, timeout_ms=5_000), *amounts(card))
    slot = slot_of(key_of(card))
    source = server_of(cluster, nodes, key_of(card))
    target = next(server for server in cluster.servers[:3] if server is not source)
    target.say("CLUSTER SETSLOT", slot, "IMPORTING", cluster.id_of(source))
    source.say("CLUSTER SETSLOT", slot, "MIGRATING", cluster.id_of(target))
    assert present(opened.read(card, timeout_ms=5_000), *amounts(card)), "it is where it was still"
    keys = source.say("CLUSTER GETKEYSINSLOT", slot, 100)
    assert len(keys) == 2  # the ring and the lifetime
    source.say("MIGRATE", "127.0.0.1", target.port, "", 0, 5_000, "KEYS", keys[0])
    assert present(opened.read(card, timeout_ms=5_000), *amounts(card)), "one is here and one is there"
    source.say("MIGRATE", "127.0.0.1", target.port, "", 0, 5_000, "KEYS", keys[1])
    assert present(opened.read(card, timeout_ms=5_000), *amounts(card)), "both are there, and the slot is here"
    for server in (target, source, *(s for s in cluster.servers[:3] if s not in (target, source))):
        server.say("CLUSTER SETSLOT", slot, "NODE", cluster.id_of(target))
    reader.clock(lambda: NOW + 1_000)
    vector = opened.read(card, timeout_ms=5_000)
    assert vector.status == "stale", "nobody vouches for what has moved in"
    stamp_all(nodes)
    reader.clock(lambda: NOW + 2_000)
    assert present(opened.read(card, timeout_ms=5_000), *amounts(card))
    for card, vector in zip(CARDS, opened.many(CARDS, timeout_ms=5_000), strict=True):
        assert present(vector, *amounts(card))


def test_a_node_that_is_gone_makes_its_own_vectors_unavailable_until_its_replica_has_taken_over(
    reader: AnyReader, cluster: ClusterStore, nodes: Nodes
) -> None:
    opened = reader.open()
    opened.many(CARDS, timeout_ms=5_000)
    dead = cluster.servers[0]
    its_own = {card for card in CARDS if server_of(cluster, nodes, key_of(card)) is dead}
    assert cluster.servers[0].client.execute_command("WAIT", 1, 5_000) == 1
    dead.kill()
    for card, vector in zip(CARDS, opened.many(CARDS, timeout_ms=5_000), strict=True):
        if card in its_own:
            assert vector.status == "unavailable"
        else:
            assert present(vector, *amounts(card))
    until(lambda: opened.read(min(its_own), timeout_ms=5_000).status != "unavailable", what="nobody takes over")
    for card, vector in zip(CARDS, opened.many(CARDS, timeout_ms=5_000), strict=True):
        assert present(vector, *amounts(card))


def test_a_node_that_hangs_keeps_nothing_from_the_others(
    reader: AnyReader, cluster: ClusterStore, nodes: Nodes
) -> None:
    opened = reader.open()
    opened.many(CARDS, timeout_ms=5_000)
    frozen = cluster.servers[1]
    its_own = {card for card in CARDS if server_of(cluster, nodes, key_of(card)) is frozen}
    frozen.freeze()
    statuses = opened.many(CARDS, timeout_ms=300)
    frozen.thaw()
    for card, vector in zip(CARDS, statuses, strict=True):
        assert (vector.status == "unavailable") == (card in its_own), (card, vector.status, vector.reason)
    until(lambda: opened.read(min(its_own), timeout_ms=5_000).status != "unavailable")
    for card, vector in zip(CARDS, opened.many(CARDS, timeout_ms=5_000), strict=True):
        assert present(vector, *amounts(card))


def test_documents_lie_on_one_node(cluster: ClusterStore, nodes: Nodes) -> None:
    keys = [key.decode() for key in cluster.client.scan_iter(match=f"{NS}:{{documents}}:*")]
    assert len(keys) == 4
    assert {nodes.shard_of(key) for key in keys} == {nodes.shard_of(place_key(NS))}


PART = TopicPart("t", 0)


def test_an_offset_is_reached_when_every_shard_has_it_and_a_shard_that_lost_it_is_found(
    cluster: ClusterStore, nodes: Nodes
) -> None:
    writer = Writer(nodes, NS)
    for shard, client in nodes.shards():
        client.delete(freshness_key(NS, shard.tag))
    assert writer.applied([PART]) == {PART: None}
    assert writer.write((), [Advance(PART, None, 5)]).found == {}
    assert writer.write((), [Advance(PART, 5, 9, fresh_at=1)]).found == {}
    assert writer.applied([PART]) == {PART: 9}

    cluster.servers[2].client.flushall()
    assert writer.write((), [Advance(PART, 9, 12)]).found == {PART: None}
    assert writer.applied([PART]) == {PART: None}
    # Placed anew: those that were further on go back with it.
    assert writer.write((), [Advance(PART, None, 2)]).found == {}
    assert Writer(nodes, NS).applied([PART]) == {PART: 2}


def test_what_is_written_while_a_slot_moves_is_guarded_where_it_moves_to(cluster: ClusterStore, nodes: Nodes) -> None:
    writer = Writer(nodes, NS)
    key = key_of("moving")
    source = server_of(cluster, nodes, key)
    target = next(server for server in cluster.servers[:3] if server is not source)
    slot = slot_of(key)

    def write(name: str, n: int, events: bytes | None = b"events") -> Refused:
        record = b"".join(number.to_bytes(4, "little") for number in (7, n, 1, 2))
        rows = [GuardedRow("7", record, events and record + events, None)]
        return writer.write([GuardedWrite("t", name, 60_000, rows)], ()).refused.get("t", Refused())

    assert write(key, 3) == Refused()
    target.say("CLUSTER SETSLOT", slot, "IMPORTING", cluster.id_of(source))
    source.say("CLUSTER SETSLOT", slot, "MIGRATING", cluster.id_of(target))
    assert write(key, 4) == Refused()
    other = f"{NS}.shop:{{card=moving}}:card.1.1:1h"
    assert not _writes(lambda: write(other, 1)), "two keys that are nowhere yet are not made in between"
    assert write(other, 1, None) == Refused(), "one is"
    source.say("MIGRATE", "127.0.0.1", target.port, "", 0, 5_000, "KEYS", key, f"{key}.events")
    assert write(key, 2) == Refused(smaller_n=1)
    assert write(key, 5) == Refused()
    for server in (target, source, *(s for s in cluster.servers[:3] if s not in (target, source))):
        server.say("CLUSTER SETSLOT", slot, "NODE", cluster.id_of(target))
    until(lambda: _writes(lambda: write(key, 6)), what="it is not found where it moved")
    assert [int.from_bytes(cluster.client.hget(name, "7")[4:8], "little") for name in (key, other)] == [6, 1]


def _writes(write: Callable[[], Refused]) -> bool:
    try:
        return write() == Refused()
    except TRANSIENT:
        return False


def test_a_shard_that_got_other_slots_begins_anew(cluster: ClusterStore, nodes: Nodes) -> None:
    writer = Writer(nodes, NS)
    for _ in range(2):
        writer.write((), [Advance(PART, None, 5, fresh_at=1)])
    assert writer.applied([PART]) == {PART: 5}
    source, target = cluster.servers[1], cluster.servers[0]  # so that the first slot of each stays with it
    slot = slot_of(key_of(next(card for card in CARDS if server_of(cluster, nodes, key_of(card)) is source)))
    keys = source.say("CLUSTER GETKEYSINSLOT", slot, 100)
    target.say("CLUSTER SETSLOT", slot, "IMPORTING", cluster.id_of(source))
    source.say("CLUSTER SETSLOT", slot, "MIGRATING", cluster.id_of(target))
    source.say("MIGRATE", "127.0.0.1", target.port, "", 0, 5_000, "KEYS", *keys)
    for server in (target, source, cluster.servers[2]):
        server.say("CLUSTER SETSLOT", slot, "NODE", cluster.id_of(target))
    writer.look()
    assert writer.write((), [Advance(PART, 5, 9, fresh_at=2)]).found == {PART: None}, "where nothing is placed anew"
    assert writer.applied([PART]) == {PART: None}
