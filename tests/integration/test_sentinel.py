"""Real Sentinels: a primary that dies is followed by its replica, for who reads and for who writes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from millpond.local.ports import LOOPBACK, free_ports
from millpond.store.applied import Advance, TopicPart
from millpond.store.keys import freshness_key
from millpond.store.nodes import Nodes
from millpond.store.writer import TRANSIENT, Writer
from tests.integration.clusters import Sentinel
from tests.integration.served import KINDS, NOW, AnyReader, present, publish, put, spent, stamp
from tests.integration.servers import Server, until

NS: Final = "watched"
NAME: Final = "bank"
PART: Final = TopicPart("t", 0)


class Watched:
    """A primary, its replica, and three Sentinels of which two must agree."""

    def __init__(self, folder: Path) -> None:
        ports = free_ports(5)
        self.primary = Server(folder / "primary", ports[0], "--repl-diskless-sync-delay", "0")
        self.replica = Server(folder / "replica", ports[1], "--replicaof", f"{LOOPBACK} {ports[0]}")
        until(lambda: self.replica.client.info("replication")["master_link_status"] == "up")
        self.sentinels = [Sentinel(folder / f"sentinel-{port}", port, NAME, ports[0]) for port in ports[2:]]
        until(lambda: all(one.sees(others=2, replicas=1) for one in self.sentinels), what="they do not meet")
        self.url = f"redis+sentinel://{','.join(f'{LOOPBACK}:{port}' for port in ports[2:])}/{NAME}"

    def close(self) -> None:
        for one in (self.primary, self.replica, *self.sentinels):
            one.close()


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    made = Watched(tmp_path)
    try:
        publish(made.primary.client, NS)
        stamp(made.primary.client, NS, NOW)
        put(made.primary.client, NS, "a", spent(NOW, "1.50", "2.25"))
        assert made.primary.say("WAIT", 1, 10_000) == 1
        yield made
    finally:
        made.close()


@pytest.mark.parametrize("kind", KINDS)
def test_the_replica_is_read_once_it_has_taken_over(kind: str, watched: Watched) -> None:
    with AnyReader(kind, watched.url, ns=NS, clock=lambda: NOW) as reader:
        opened = reader.open()
        assert present(opened.read("a", timeout_ms=5_000), "1.50", "2.25")
        watched.primary.kill()
        assert opened.read("a", timeout_ms=100).status == "unavailable"
        until(lambda: opened.read("a", timeout_ms=2_000).status != "unavailable", what="nobody took over")
        assert present(opened.read("a", timeout_ms=5_000), "1.50", "2.25")
        # What is said of the new primary is read from it, not remembered of the old one.
        watched.replica.client.delete(freshness_key(NS))
        assert opened.read("a", timeout_ms=5_000).status == "stale"


def test_it_is_written_once_it_has_taken_over(watched: Watched) -> None:
    nodes = Nodes.connect(watched.url, timeout_s=2.0)
    writer = Writer(nodes, NS)
    assert writer.write((), [Advance(PART, None, 5)]).found == {}
    assert watched.primary.say("WAIT", 1, 10_000) == 1
    watched.primary.kill()

    def writes() -> bool:
        try:
            return writer.write((), [Advance(PART, 5, 9)]).found == {}
        except TRANSIENT:
            return False

    until(writes, what="nobody took over")
    assert writer.applied([PART]) == {PART: 9}
    assert watched.replica.client.info("replication")["role"] == "master"
    nodes.close()
