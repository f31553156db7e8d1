"""Encrypted connections, and users that may only read: as docs/reading.md says, on a real store.

The packaged server speaks no TLS: a proxy in front of it does.
"""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from millpond.local.ports import LOOPBACK, free_ports
from millpond.plan.errors import ReadError
from millpond.store.applied import Advance
from millpond.store.guard import GuardedRow, GuardedWrite
from millpond.store.nodes import Nodes
from millpond.store.proven import Claim, stamps
from millpond.store.publications import jobs
from millpond.store.suspects import Place, Suspect, change, read
from millpond.store.writer import Writer
from tests.faults.proxy import Proxy
from tests.integration.certificates import Certificates, certificates
from tests.integration.clusters import ClusterStore
from tests.integration.served import KINDS, NOW, AnyReader, present, publish, put, spent, stamp
from tests.integration.servers import OwnStore
from tests.integration.test_cluster import PART, stamp_all

NS = "shards"
DOCUMENTED = Path("docs/reading.md")
TRACKING = "+client|tracking"  # for those of the readers that hold what they read


def rules(user: str) -> list[str]:
    """What the page tells to type for a user, for our namespace."""
    begin = f"ACL SETUSER {user} "
    line = next(line for line in DOCUMENTED.read_text("utf-8").splitlines() if line.startswith(begin))
    return line.replace("prod", NS).split()[2:]


def fill(client: Any) -> None:
    publish(client, NS)
    put(client, NS, "a", spent(NOW, "1.50", "2.25"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[OwnStore]:
    own = OwnStore(tmp_path / "store")
    try:
        fill(own.client)
        stamp(own.client, NS, NOW)
        own.client.execute_command("ACL", "SETUSER", *rules("reader"), TRACKING)
        own.client.execute_command("ACL", "SETUSER", *rules("writer"))
        own.client.execute_command("ACL", "SETUSER", "default", "nocommands", "+ping", "+acl", "+shutdown")
        yield own
    finally:
        own.client.close()
        own.kill()


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("pem"))


@pytest.fixture
def encrypted(store: OwnStore, pem: Certificates) -> Iterator[Proxy]:
    (port,) = free_ports(1)
    with Proxy(int(store.url.rpartition(":")[2]), port, pem.server_context()) as proxy:
        yield proxy


@pytest.mark.parametrize("kind", KINDS)
def test_a_user_of_the_documented_rights_reads(kind: str, store: OwnStore) -> None:
    url = store.url.replace("redis://", "redis://reader:secret@")
    with AnyReader(kind, url, ns=NS, clock=lambda: NOW) as reader:
        assert present(reader.open().read("a", timeout_ms=5_000), "1.50", "2.25")


@pytest.mark.parametrize("kind", KINDS)
def test_a_user_of_the_documented_rights_does_nothing_else(kind: str, store: OwnStore) -> None:
    url = store.url.replace("redis://", "redis://reader:secret@")
    with (
        AnyReader(kind, url, ns="other", clock=lambda: NOW) as reader,
        pytest.raises(ReadError, match="NOPERM"),
    ):
        reader.open()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("right", ["get", "hget", "hgetall"])
def test_each_right_is_needed_and_its_lack_is_told(kind: str, store: OwnStore, right: str) -> None:
    store.client.execute_command("ACL", "SETUSER", "reader", f"-{right}")
    url = store.url.replace("redis://", "redis://reader:secret@")
    with AnyReader(kind, url, ns=NS, clock=lambda: NOW) as reader:
        if right == "get":
            with pytest.raises(ReadError, match="NOPERM"):
                reader.open()
            return
        vector = reader.open().read("a", timeout_ms=5_000)
    assert vector.status == "unavailable"
    assert "NOPERM" in vector.reason


@pytest.mark.parametrize("kind", ["sync_cached", "async_cached"])
def test_who_may_not_be_told_of_changes_holds_nothing(kind: str, store: OwnStore) -> None:
    store.client.execute_command("ACL", "SETUSER", "reader", TRACKING.replace("+", "-"))
    url = store.url.replace("redis://", "redis://reader:secret@")
    with AnyReader(kind, url, ns=NS) as reader, pytest.raises(ReadError, match=re.escape("client|tracking")):
        reader.open()


@pytest.mark.parametrize("kind", KINDS)
def test_who_is_not_let_in_is_told_so_without_the_password(kind: str, store: OwnStore) -> None:
    url = store.url.replace("redis://", "redis://reader:guessed@")
    with AnyReader(kind, url, ns=NS) as reader, pytest.raises(ReadError, match="invalid username-password") as refused:
        reader.open()
    assert "guessed" not in str(refused.value)


@pytest.mark.parametrize("kind", KINDS)
def test_an_encrypted_connection_is_read_and_replaced_where_it_breaks(
    kind: str, encrypted: Proxy, pem: Certificates
) -> None:
    url = f"rediss://reader:secret@{LOOPBACK}:{encrypted.port}?ssl_ca_certs={pem.authority}"
    with AnyReader(kind, url, ns=NS, clock=lambda: NOW) as reader:
        opened = reader.open()
        for _ in range(20):
            assert present(opened.read("a", timeout_ms=5_000), "1.50", "2.25")
        many = opened.many(["a"] + [f"c{number}" for number in range(500)], timeout_ms=30_000)
        assert present(many[0], "1.50", "2.25")
        assert all(present(vector) for vector in many[1:])
        encrypted.reset()
        assert present(opened.read("a", timeout_ms=5_000), "1.50", "2.25")


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_cannot_prove_its_name_is_not_read(kind: str, encrypted: Proxy) -> None:
    with (
        AnyReader(kind, f"rediss://reader:secret@{LOOPBACK}:{encrypted.port}", ns=NS) as reader,
        pytest.raises(ReadError, match=re.compile("certificate verify failed", re.IGNORECASE)),
    ):
        reader.open()


def test_a_materializer_of_the_documented_rights_writes_over_an_encrypted_connection(
    encrypted: Proxy, pem: Certificates
) -> None:
    url = f"rediss://writer:secret@{LOOPBACK}:{encrypted.port}?ssl_ca_certs={pem.authority}"
    with closing(Nodes.connect(url)) as nodes:
        writer, client = Writer(nodes, NS), nodes.client_of("")
        write = GuardedWrite(
            "t", f"{NS}.shop:{{card=z}}:card.1.1:1m", 60_000, [GuardedRow("1", b"\1" * 16, b"\1" * 16, None)]
        )
        assert writer.write([write], [Advance(PART, None, 5, fresh_at=7)]).found == {}
        assert writer.applied([PART]) == {PART: 5}
        writer.prove([Claim("t", 1, [(6, 5)])])
        assert stamps(nodes, NS)["fragment|t"] == 5
        writer.count({"rows|t": 3})
        suspect = Suspect(place=Place(PART, b"k"), header=b"", hash="h", field="f", level=1, tile=1, n=1)
        change(client, NS, added=[suspect], cleared=[])
        assert read(client, NS) == [suspect]
        change(client, NS, added=[], cleared=[suspect.place])
        publish(client, NS, begin=1)
        assert jobs(client, NS) == {}


@pytest.mark.parametrize("kind", KINDS)
def test_in_a_cluster_a_user_needs_two_rights_more(kind: str, tmp_path: Path) -> None:
    cluster = ClusterStore(tmp_path / "cluster")
    nodes = Nodes.connect(cluster.url)
    try:
        fill(cluster.client)
        stamp_all(nodes)
        for server in cluster.servers:
            server.say("ACL", "SETUSER", *rules("reader"), TRACKING, "+cluster|slots", "+asking")
        url = cluster.url.replace("redis+cluster://", "redis+cluster://reader:secret@")
        with AnyReader(kind, url, ns=NS, clock=lambda: NOW) as reader:
            assert present(reader.open().read("a", timeout_ms=5_000), "1.50", "2.25")
    finally:
        nodes.close()
        cluster.client.close()
        cluster.kill()
