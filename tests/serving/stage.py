"""What a run plays on: a whole stack of its own, its store, jobs, materializers, enrichers, readers, and who asks."""

import dataclasses
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import redis

from millpond.control.deploy import deploy
from millpond.control.settings import Settings
from millpond.control.source_topic import PARTITIONS
from millpond.control.topics import Topic, Topics
from millpond.demo.source import register_schema
from millpond.local.blueprint import Sizes
from millpond.local.parts.flink_config import FlinkSizes
from millpond.local.parts.valkey import valkey
from millpond.local.ports import LOOPBACK, free_ports
from millpond.local.stack import Stack
from millpond.local.workspace import Workspace
from millpond.plan.errors import MillpondError
from millpond.plan.model import OwnEvent
from millpond.store import documents
from millpond.store.nodes import Nodes
from tests.faults.sending import WatchedProducer
from tests.faults.stage import HERE, WITH_US
from tests.integration.clusters import meet, options_of
from tests.serving.asking import Asking, Request, requests
from tests.serving.pool import ASKED, SETS, pool
from tests.serving.reading import Kind as ReaderKind
from tests.serving.reading import Watch

Store = Literal["one", "cluster"]
Counts = Literal["include", "exclude"]
OF: Final[dict[Store, Counts]] = {"one": "include", "cluster": "exclude"}
"""What the vectors that the enricher attaches do with the request's own event, by the store of the run."""

NS: Final = "serving"
PRIMARIES: Final = 3
RATE: Final = 200.0
STALE_AFTER_MS: Final = 15_000  # of the readers; the enricher has its usual 30 s
READ_TIMEOUT_MS: Final = 100  # what waits longer on two shared cores is rare
LOOK_S: Final = 0.05
GONE_WITHIN_S: Final = 60.0
READERS: Final[tuple[ReaderKind, ...]] = ("Reader", "AsyncReader")
MATERIALIZERS: Final = ("materializer-1", "materializer-2")
ENRICHERS: Final = ("enricher-1", "enricher-2")
SIZES: Final = Sizes(
    kafka_heap=512, flink=FlinkSizes(task_managers=1, task_heap=512, managed=384, network=128, slots=2)
)


class Stage:
    """A run's stack, and what is on it.

    Args:
        stack: running.
        store: what kind of store is served from.
        folder: for the run's own files.
        seed: of whom is asked for, and what is sold.
        rate: requests a second, and as many vectors read.
    """

    def __init__(self, stack: Stack, store: Store, folder: Path, *, seed: int, rate: float) -> None:
        self.stack, self.folder, self.rate = stack, folder, rate
        found = stack.addresses.settings(Workspace.find().flink_python)
        self.nodes: dict[int, str] = {}  # port -> part
        if store == "cluster":
            found["store"] = self._cluster()
        self.settings = msgspec.convert({"ns": NS, **found}, Settings)
        topic = f"retail.line.{NS}.v1"
        self.requests, self.replies = topic, f"{topic}.enriched"
        self.pool = pool(folder / "project", topic)
        self.answered = next(p for p in self.pool.sets if p.full_name == ASKED[OF[store]])
        assert isinstance(self.answered.own_event, OwnEvent)
        (self.source,) = {view.source.name: view.source for view in self.pool.views}.values()
        self.dead_letters = f"{topic}.dlq"
        self.asked: Sequence[Request] = requests(random.Random(seed))
        self.jobs: list[str] = []
        self._seed = seed
        self._readers: list[subprocess.Popen[bytes]] = []
        self.asking: Asking | None = None
        self.producer: WatchedProducer | None = None

    # --- setting up ---

    def _cluster(self) -> str:
        """Primaries and a replica of each, looked after by the stack; returns the store's address."""
        at = self.stack.addresses.logs
        ports = free_ports(4 * PRIMARIES)
        parts = []
        for number, (port, bus) in enumerate(zip(ports[::2], ports[1::2], strict=True), 1):
            name = f"node-{number}"
            part = valkey(folder=self.folder / name, logs=at, port=port)
            self.nodes[port] = name
            parts.append(
                dataclasses.replace(part, name=name, argv=(*part.argv, *options_of(bus)), log=at / f"{name}.log")
            )
        self.stack._bring_up(parts)
        clients: list[Any] = [redis.Redis(host=LOOPBACK, port=port) for port in self.nodes]
        meet(clients, ports[1::2], primaries=PRIMARIES)
        for client in clients:
            client.close()
        return "redis+cluster://" + ",".join(f"{LOOPBACK}:{port}" for port in self.nodes)

    def begin(self) -> None:
        """Deploy, and start everything: events, which are the requests, first; then who answers and who reads."""
        workspace = Workspace.find()
        arrivals = {"message.timestamp.type": "LogAppendTime"}
        Topics(self.settings.kafka).create(
            [Topic(name=name, partitions=PARTITIONS, config=arrivals) for name in (self.requests, self.replies)]
        )
        encoder = register_schema(self.settings, self.source, workspace.root / "schemas" / "retail.line.sold.v1.avsc")
        self.jobs = [job.name for job in deploy(self.settings, self.pool, start="earliest").started]
        at = {"kafka": self.settings.kafka, "registry": self.settings.registry, "store": self.settings.store}
        options = [word for name, value in {**at, "ns": NS}.items() for word in (f"--{name}", value)]
        for name in MATERIALIZERS:
            self.stack.spawn(name, [sys.executable, "-m", "millpond.cli.main", "materialize", *options])
        self.producer = WatchedProducer(self.settings.kafka, self.requests)
        self.asking = Asking(self.producer, encoder, rate=self.rate, seed=self._seed)
        env = {
            f"MILLPOND_{name.upper()}": value for name, value in {**at, "ns": NS, "flink": self.settings.flink}.items()
        }
        topics = ["--requests", self.requests, "--replies", self.replies, "--dead-letters", self.dead_letters]
        for name in ENRICHERS:
            command = [sys.executable, "-m", "millpond.cli.main", "enrich", self.answered.full_name, *topics]
            self.stack.spawn(name, command, env)
        self.asking.start()
        for kind in READERS:
            self._read(kind)

    def _read(self, kind: ReaderKind) -> None:
        config = Watch(
            kind=kind,
            store=self.settings.store,
            ns=NS,
            stale_after_ms=STALE_AFTER_MS,
            sets=SETS,
            requests=tuple(self.asked),
            rate=self.rate / len(READERS),
            timeout_ms=READ_TIMEOUT_MS,
            log=str(self.log_of(kind)),
            seed=self._seed,
        )
        path = self.folder / f"{kind}.json"
        path.write_bytes(msgspec.json.encode(config))
        with (self.folder / f"{kind}.log").open("ab") as out:
            command = [*WITH_US, sys.executable, "-m", "tests.serving.reading", str(path)]
            self._readers.append(subprocess.Popen(command, stdout=out, stderr=out, cwd=HERE))

    def log_of(self, kind: ReaderKind) -> Path:
        """Where a reader writes its answers down."""
        return self.folder / f"{kind}.jsonl"

    # --- meanwhile ---

    def pause(self, seconds: float, *, until: Callable[[], bool] = lambda: False) -> bool:
        """Let time pass, looking after the parts as `millpond up` does; whether it came to what was waited for.

        Raises:
            MillpondError: who asks or reads has ended.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.stack.check()
            if self.asking is not None and self.asking.error is not None:
                raise self.asking.error
            if any(reader.poll() is not None for reader in self._readers):
                raise MillpondError("a reader ended", where=str(self.folder), mend="see its log")
            if until():
                return True
            time.sleep(LOOK_S)
        return False

    def restarts(self) -> dict[str, int]:
        """How often each part was started again because it had died."""
        return {part.name: part.restarts for part in self.stack.state().parts}

    def node_of_documents(self) -> str:
        """The primary that plans and pointers lie on."""
        return self._primary(lambda nodes: [nodes.shard_of(documents.prefix(NS))])

    def other_node(self) -> str:
        """A primary that they do not lie on."""
        return self._primary(
            lambda nodes: [shard for shard, _ in nodes.shards() if shard != nodes.shard_of(documents.prefix(NS))]
        )

    def _primary(self, shards_of: Callable[[Nodes], Sequence[Any]]) -> str:
        nodes = Nodes.connect(self.settings.store)
        try:
            address = shards_of(nodes)[0].address
        finally:
            nodes.close()
        return self.nodes[address[1]]

    # --- the end ---

    def stop_asking(self) -> None:
        """Ask nothing more; all that was asked is in its topic."""
        asking = self.asking
        assert asking is not None, "begun"
        asking.stop.set()
        self.pause(GONE_WITHIN_S, until=lambda: not asking.is_alive())
        if asking.is_alive():
            raise MillpondError("requests are not delivered", where=self.requests, mend="see the broker's log")

    def close(self) -> None:
        """Have the readers write the last answers down, and stop what is no part of the stack."""
        if self.asking is not None and self.asking.is_alive():
            self.asking.stop.set()
        for reader in self._readers:
            reader.terminate()
            reader.wait(GONE_WITHIN_S)
        self._readers.clear()


@contextmanager
def staged(store: Store, folder: Path, *, seed: int, rate: float) -> Iterator[Stage]:
    """A stage on a stack of its own, and nothing left of it."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as cleanup:
        stack = cleanup.enter_context(
            Stack.start(run_dir=Workspace.find().root / ".millpond" / NS, sizes=SIZES, restart=True)
        )
        stage = Stage(stack, store, folder, seed=seed, rate=rate)
        cleanup.callback(stage.close)
        stage.begin()
        yield stage
