"""Reading over connections that break, hang and are refused: right, or unavailable in time, and never an exception."""

import asyncio
import itertools
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
import redis

from millpond.local.ports import free_ports
from millpond.plan.deployment import Publication
from millpond.plan.errors import ReadError
from millpond.serve import AsyncReader, Reader
from millpond.serve.flow import ReadFlow
from millpond.store.publications import plan_key
from tests.faults.proxy import Proxy
from tests.integration.served import KINDS, NOW, AnyReader, present, publish, put, spent, stamp
from tests.integration.servers import OwnStore, until
from tests.unit.serve.sample import publication

NS = "reading"


def fill(store: OwnStore) -> None:
    publish(store.client, NS)
    stamp(store.client, NS, NOW)
    put(store.client, NS, "a", spent(NOW, "1.50", "2.25"))
    put(store.client, NS, "b", spent(NOW, "40.00"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[OwnStore]:
    own = OwnStore(tmp_path / "store")
    try:
        fill(own)
        yield own
    finally:
        own.client.close()
        own.kill()


@pytest.fixture
def proxy(store: OwnStore) -> Iterator[Proxy]:
    (port,) = free_ports(1)
    with Proxy(int(store.url.rpartition(":")[2]), port) as proxy:
        yield proxy


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def reader(kind: str, store: OwnStore) -> Iterator[AnyReader]:
    with AnyReader(kind, store.url, ns=NS, clock=lambda: NOW) as opened:
        yield opened


def test_vectors_come_in_the_order_of_their_requests(reader: AnyReader) -> None:
    a, b, nobody, unknown, again = reader.open().many(["a", "b", None, "c", "a"])
    assert present(a, "1.50", "2.25")
    assert present(again, "1.50", "2.25")
    assert present(b, "40.00")
    assert present(unknown)
    assert unknown.status == "empty"
    assert nobody.status == "no_key"


def test_a_connection_that_broke_is_replaced_within_the_read(reader: AnyReader, store: OwnStore) -> None:
    opened = reader.open()
    assert present(opened.read("a"), "1.50", "2.25")
    for _ in range(3):
        store.client.client_kill_filter(_type="normal", skipme=True)
        assert present(opened.read("b", timeout_ms=5_000), "40.00")


def test_a_store_that_is_gone_is_unavailable_and_is_read_again_when_it_is_back(
    reader: AnyReader, store: OwnStore
) -> None:
    opened = reader.open()
    store.kill()
    for _ in range(3):
        vector = opened.read("a", timeout_ms=5_000)
        assert (vector.status, set(vector.values)) == ("unavailable", {None})
        assert "ConnectionError" in vector.reason
    store.start()
    assert opened.read("a", timeout_ms=5_000).status == "stale", "it came back empty"
    fill(store)
    reader.clock(lambda: NOW + 1_000)
    assert present(opened.read("a", timeout_ms=5_000), "1.50", "2.25")


def test_what_a_frozen_store_answers_late_is_never_taken_for_another_answer(reader: AnyReader, store: OwnStore) -> None:
    opened = reader.open()
    assert present(opened.read("a"), "1.50", "2.25")
    store.freeze()
    try:
        for _ in range(3):
            vector = opened.read("a", timeout_ms=30)
            assert vector.status == "unavailable"
            assert "in time" in vector.reason
    finally:
        store.thaw()
    assert present(opened.read("b", timeout_ms=5_000), "40.00")


def test_a_connection_that_takes_longer_than_a_read_is_there_for_a_later_one(
    kind: str, proxy: Proxy, store: OwnStore
) -> None:
    with AnyReader(kind, f"redis://127.0.0.1:{proxy.port}", ns=NS, clock=lambda: NOW) as reader:
        opened = reader.open()
        assert present(opened.read("a", timeout_ms=5_000), "1.50", "2.25")
        proxy.reset()
        before = store.client.info("stats")["total_connections_received"]
        proxy.delay_s = 0.1  # of each piece, either way: opening takes 200 ms and more, a read 200
        for _ in range(3):
            assert opened.read("a", timeout_ms=20).status == "unavailable"
        # On an event loop, a connection is opened while something waits for it.
        until(lambda: opened.read("a", timeout_ms=2_000).status != "unavailable", what="it is never read again")
        assert present(opened.read("a", timeout_ms=5_000), "1.50", "2.25")
        assert store.client.info("stats")["total_connections_received"] - before <= 3


@pytest.mark.parametrize("part", ["1m", "lifetime"])
def test_a_key_that_is_of_another_kind_makes_one_vector_unavailable_and_no_other(
    reader: AnyReader, store: OwnStore, part: str
) -> None:
    (key,) = store.client.scan_iter(match=f"{NS}.*=b}}*:{part}")
    store.client.delete(key)
    store.client.hset(key, "no", "strip")
    a, b = reader.open().many(["a", "b"])
    assert present(a, "1.50", "2.25")
    assert b.status == "unavailable"
    assert "WRONGTYPE" in b.reason


def test_a_store_that_does_not_answer_is_told_when_a_set_is_opened(kind: str, proxy: Proxy) -> None:
    proxy.swallows = True
    with (
        AnyReader(kind, f"redis://127.0.0.1:{proxy.port}", ns=NS, connect_timeout_ms=100) as reader,
        pytest.raises(ReadError, match="the store does not answer"),
    ):
        reader.open()


def test_a_read_that_is_cancelled_leaves_no_reply_behind(store: OwnStore) -> None:
    async def run() -> None:
        async with AsyncReader.connect(store.url, ns=NS, clock=lambda: NOW, connections=2) as reader:
            opened = await reader.open("shop.risk", version=1)
            for card, amounts in [("a", ("1.50", "2.25")), ("b", ("40.00",))] * 20:
                other = asyncio.create_task(opened.read({"card_id": "b" if card == "a" else "a"}))
                await asyncio.sleep(0)
                other.cancel()
                assert present(await opened.read({"card_id": card}, timeout_ms=5_000), *amounts)

    asyncio.run(run())


def test_many_reads_share_few_connections_and_none_gets_the_answer_of_another(store: OwnStore) -> None:
    async def run() -> None:
        before = store.client.info("stats")["total_connections_received"]
        async with AsyncReader.connect(store.url, ns=NS, clock=lambda: NOW, connections=3) as reader:
            opened = await reader.open("shop.risk", version=1)
            cards = ["a", "b"] * 100
            vectors = await asyncio.gather(*(opened.read({"card_id": card}, timeout_ms=60_000) for card in cards))
            for card, vector in zip(cards, vectors, strict=True):
                assert present(vector, *(("1.50", "2.25") if card == "a" else ("40.00",)))
            assert store.client.info("stats")["total_connections_received"] - before <= 3

    asyncio.run(run())


def test_threads_never_get_the_answers_of_another_while_connections_break(store: OwnStore) -> None:
    with Reader.connect(store.url, ns=NS, clock=lambda: NOW) as reader, ThreadPoolExecutor(8) as pool:
        opened = reader.open("shop.risk", version=1)

        def reads(card: str, *amounts: str) -> int:
            vectors = [opened.read({"card_id": card}, timeout_ms=10_000) for _ in range(200)]
            # A connection that breaks twice in a row makes a vector unavailable, never another's.
            whole = [vector for vector in vectors if vector.status != "unavailable"]
            assert [vector.as_dict() for vector in whole if not present(vector, *amounts)] == []
            return len(whole)

        a = [pool.submit(reads, "a", "1.50", "2.25") for _ in range(4)]
        b = [pool.submit(reads, "b", "40.00") for _ in range(4)]
        while not all(one.done() for one in a + b):
            store.client.client_kill_filter(_type="normal", skipme=True)
            time.sleep(0.02)
        assert all(one.result() > 0 for one in a + b)


FORKED = """
import os, sys
from millpond.serve import Reader
reader = Reader.connect(sys.argv[1], ns=sys.argv[2], clock=lambda: int(sys.argv[3]))
opened = reader.open("shop.risk", version=1)
opened.read({"card_id": "a"}, timeout_ms=10_000)
child = os.fork()
card, count = ("a", 2) if child else ("b", 1)
found = {opened.read({"card_id": card}, timeout_ms=10_000)["card.count_1h"] for _ in range(500)}
if not child:
    os._exit(found != {count})
print(found == {count} and os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0)
"""


def test_a_process_that_forks_shares_no_connection(store: OwnStore) -> None:
    argv = [sys.executable, "-W", "ignore", "-c", FORKED, store.url, NS, str(NOW)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "True\n", done.stderr


def described(text: str) -> Publication:
    base = publication()
    return msgspec.structs.replace(base, plan=msgspec.structs.replace(base.plan, description=text))


def test_plans_are_followed_while_reads_go_on_and_none_of_these_fails(kind: str, store: OwnStore) -> None:
    ticks = itertools.count()
    with AnyReader(kind, store.url, ns=NS, clock=lambda: NOW + 20 * next(ticks)) as reader:
        opened = reader.open()
        for number in range(5):
            publish(store.client, NS, described(f"plan {number}"), begin=number + 1)
            for _ in range(60):
                assert present(opened.read("a", timeout_ms=5_000), "1.50", "2.25")
            # On an event loop, a plan is laid out while something waits.
            while opened.description != f"plan {number}":
                assert present(opened.read("b", timeout_ms=5_000), "40.00")


def test_what_was_served_goes_on_where_the_pointer_leads_nowhere(
    kind: str, store: OwnStore, caplog: pytest.LogCaptureFixture
) -> None:
    now = [NOW]
    with AnyReader(kind, store.url, ns=NS, clock=lambda: now[0]) as reader:
        opened = reader.open()
        assert present(opened.read("a"), "1.50", "2.25")
        lost = described("lost")
        publish(store.client, NS, lost, begin=1)
        document = plan_key(NS, lost.content)
        held = store.client.get(document)
        store.client.delete(document)
        now[0] += 1_000

        def warned() -> bool:
            assert present(opened.read("a", timeout_ms=5_000), "1.50", "2.25")
            return "shop.risk is still read as it was" in caplog.text and "document is missing" in caplog.text

        until(warned, what="nothing is said")
        store.client.set(document, held)
        now[0] += 1_000
        until(lambda: present(opened.read("a", timeout_ms=5_000), "1.50", "2.25") and opened.description == "lost")


def test_what_was_written_before_a_read_is_in_it(reader: AnyReader, store: OwnStore) -> None:
    """Whether it is held or not, and whoever writes meanwhile; a card's tiles are written, deleted, and all flushed."""
    opened, written, is_over = reader.open(), [0], threading.Event()

    def write() -> None:
        client = redis.Redis.from_url(store.url)
        with closing(client):
            while not is_over.is_set():
                put(client, NS, "a", spent(NOW, str(written[0] + 1)))
                written[0] += 1

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        try:
            until(lambda: written[0] > 0)
            found = []
            for _ in range(500):
                before = written[0]
                vector = opened.read("a", timeout_ms=5_000)
                assert before <= vector["card.sum_1h"] <= written[0] + 1  # type: ignore[operator]
                found.append(vector["card.sum_1h"])
        finally:
            is_over.set()
        writing.result()
    assert len(set(found)) > 20, "nothing was written meanwhile"
    for _ in range(2):
        assert present(opened.read("a", timeout_ms=5_000), str(written[0]))
    for name in ("a", "b"):
        keys = [key for key in ReadFlow(publication(), NS).keys({"card_id": name}) if key]
        store.client.delete(*keys)
        for _ in range(2):
            assert present(opened.read(name, timeout_ms=5_000))
    put(store.client, NS, "b", spent(NOW, "3.00"))
    assert present(opened.read("b", timeout_ms=5_000), "3.00")
    store.client.flushall()
    assert opened.read("b", timeout_ms=5_000).status == "stale"
    fill(store)
    reader.clock(lambda: NOW + 1_000)
    assert present(opened.read("b", timeout_ms=5_000), "40.00")


@pytest.mark.parametrize("kind", ["sync_cached", "async_cached"])
def test_what_is_held_is_not_asked_for_again(kind: str, store: OwnStore) -> None:
    with AnyReader(kind, store.url, ns=NS, clock=lambda: NOW) as reader:
        opened = reader.open()
        opened.many(["a", "b"], timeout_ms=5_000)
        before = store.client.info("commandstats")["cmdstat_get"]["calls"]
        for _ in range(5):
            a, b = opened.many(["a", "b"], timeout_ms=5_000)
            assert present(a, "1.50", "2.25")
            assert present(b, "40.00")
        assert store.client.info("commandstats")["cmdstat_get"]["calls"] == before
        put(store.client, NS, "a", spent(NOW, "7.00"))
        assert present(opened.read("a", timeout_ms=5_000), "7.00")
        assert store.client.info("commandstats")["cmdstat_get"]["calls"] == before + len(
            ReadFlow(publication(), NS).parts
        )
