"""What a run plays on: a stack, and on it an environment of the run's own, deployed and watched."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Literal

import duckdb
import msgspec
import redis

from millpond.control.cluster import FlinkCluster
from millpond.control.deploy import deploy
from millpond.control.lifecycle import backfilled
from millpond.control.settings import Settings
from millpond.control.topics import Topics
from millpond.demo.encode import LineEncoder
from millpond.demo.lines import Lines
from millpond.demo.source import create_topic, register_schema
from millpond.local import launch
from millpond.local.workspace import Workspace
from millpond.plan.compiled import load_compiled
from millpond.plan.deployment import JobRecord, Start
from millpond.plan.errors import DeployError, MillpondError, StackError
from millpond.plan.model import SetPlan, SourcePlan, encode
from millpond.store import publications
from tests.faults.judge import Asked
from tests.faults.pools import pool_over
from tests.faults.reading import SharedInstant, Watch
from tests.faults.theatre import Theatre

SETS: Final = ("retail.shopper", "retail.shelf")
MATERIALIZERS: Final = 2
RATE: Final = 200.0
READ_TIMEOUT_MS: Final = 50
STALE_AFTER_S: Final = 15.0  # freshness is proven by checkpoints, of which there is one in 5 s
GONE_WITHIN_S: Final = 60.0
LOOK_S: Final = 0.05
HERE: Final = Workspace.find().root
# What we start dies with us, however we end.
WITH_US: Final = (sys.executable, "-I", "-S", launch.__file__, str(os.getpid()))
Request = dict[str, int | str]
Cut = Literal["nothing", "kafka", "store"]


class Stage:
    """One run's environment on a stack.

    Args:
        theatre: where it is played.
        ns: of this run alone.
        lines: that will be replayed.
        folder: for the run's own files.
        cut: whom Millpond's own parts go to through a proxy.
        rate: vectors a second that the reader asks for.
        stale_after_s: of every reader.
    """

    def __init__(
        self,
        theatre: Theatre,
        ns: str,
        lines: Lines,
        folder: Path,
        *,
        cut: Cut = "nothing",
        rate: float = RATE,
        stale_after_s: float = STALE_AFTER_S,
    ) -> None:
        workspace = Workspace.find()
        self.theatre = theatre
        self.stack = stack = theatre.stack
        self.ns = ns
        self.lines = lines
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        found = stack.addresses.settings(workspace.flink_python)
        self.settings = msgspec.convert({"ns": ns, "parallelism": 1, **found}, Settings)
        self.cut = msgspec.structs.replace(
            self.settings,
            kafka=theatre.kafka if cut == "kafka" else self.settings.kafka,
            store=theatre.store if cut == "store" else self.settings.store,
        )
        self.pool = pool_over(load_compiled(workspace.root).part(["retail"]), f"retail.line.{ns.replace('_', '-')}.v1")
        (source,) = {view.source.name: view.source for view in self.pool.views}.values()
        self.source: SourcePlan = source
        self.topics = Topics(self.settings.kafka)
        self.cluster = FlinkCluster(self.settings.flink)
        self.store: Any = redis.Redis.from_url(self.settings.store)
        self.materializers = [f"materializer-{ns}-{number}" for number in range(1, MATERIALIZERS + 1)]
        self.instant = SharedInstant(folder / "instant", create=True)
        self.job: JobRecord | None = None
        self._schema = workspace.root / "schemas" / "retail.line.sold.v1.avsc"
        self.rate = rate
        self.stale_after_s = stale_after_s
        self._deploying_log = folder / "deploying.log"
        self._deployments: list[subprocess.Popen[bytes]] = []
        self._reader: subprocess.Popen[bytes] | None = None

    @property
    def stale_after_ms(self) -> int:
        """When what a reader is given is stale."""
        return round(self.stale_after_s * 1000)

    # --- setting up ---

    def prepare(self) -> LineEncoder:
        """The source's topic and schema."""
        create_topic(self.settings, self.source)
        return register_schema(self.settings, self.source, self._schema)

    def deploy(self, start: Start = "earliest") -> JobRecord:
        """Deploy the pool, by default over the whole topic; returns the job of the first deployment."""
        deploy(self.cut, self.pool, start=start, replay=True)
        self.job = self.job or self.jobs()[0]
        return self.job

    def jobs(self) -> list[JobRecord]:
        """All jobs that were deployed, the first one first."""
        return sorted(publications.jobs(self.store, self.ns).values(), key=lambda job: job.deployed_at)

    def deploying(self, start: Start = "earliest") -> "subprocess.Popen[bytes]":
        """A process that deploys the pool, with all it starts a group of its own; `told` is what it says."""
        settings, pool = self.folder / "settings.json", self.folder / "pool.json"
        settings.write_bytes(msgspec.json.encode(self.cut))
        pool.write_bytes(encode(self.pool))
        with self._deploying_log.open("ab") as out:
            command = [*WITH_US, sys.executable, "-m", "tests.faults.deploying", str(settings), str(pool), start]
            process = subprocess.Popen(command, stdout=out, stderr=out, cwd=HERE, start_new_session=True)
        self._deployments.append(process)
        return process

    def told(self) -> str:
        """What deploying processes have said."""
        return self._deploying_log.read_text()

    def start_materializers(self) -> None:
        """Start both."""
        for name in self.materializers:
            addresses = {"kafka": self.cut.kafka, "registry": self.cut.registry, "store": self.cut.store, "ns": self.ns}
            options = [word for option, value in addresses.items() for word in (f"--{option}", value)]
            self.stack.spawn(name, [sys.executable, "-m", "millpond.cli.main", "materialize", *options])

    def start_reader(self, requests: Sequence[Sequence[Request]], *, end: int, seed: int) -> Path:
        """Start the reader that watches; returns where it writes its answers down."""
        log = self.folder / "answers.jsonl"
        config = Watch(
            store=self.cut.store,
            ns=self.ns,
            stale_after_ms=self.stale_after_ms,
            sets=SETS,
            requests=tuple(tuple(some) for some in requests),
            rate=self.rate,
            timeout_ms=READ_TIMEOUT_MS,
            end=end,
            instant=str(self.folder / "instant"),
            log=str(log),
            seed=seed,
        )
        path = self.folder / "watch.json"
        path.write_bytes(msgspec.json.encode(config))
        with (self.folder / "reader.log").open("ab") as out:
            command = [*WITH_US, sys.executable, "-m", "tests.faults.reading", str(path)]
            self._reader = subprocess.Popen(command, stdout=out, stderr=out, cwd=HERE)
        return log

    def stop_reader(self) -> None:
        """Have it write the last answers down.

        Raises:
            MillpondError: it had ended by itself.
        """
        reader, self._reader = self._reader, None
        if reader is None:
            return
        alive = reader.poll() is None
        reader.terminate()
        reader.wait(GONE_WITHIN_S)
        if not alive:
            raise MillpondError("the reader ended", where=str(self.folder / "reader.log"), mend="see its log")

    # --- breaking, and waiting ---

    def running_on(self) -> tuple[str, str]:
        """The TaskManager the job runs on, and the other one."""
        assert self.job is not None, "deployed"
        vertices = self.cluster.get(f"/jobs/{self.job.flink_job_id}")["vertices"]
        subtasks = self.cluster.get(f"/jobs/{self.job.flink_job_id}/vertices/{vertices[0]['id']}")["subtasks"]
        port = next(tm["id"] for tm in self._task_managers() if tm["id"] == subtasks[0]["taskmanager-id"])
        names = ["taskmanager", "taskmanager-2"]
        # Flink names a TaskManager after its address, host:rpc-port-hash.
        here = next(n for n in names if f":{self.stack._members[n].part.ports[0]}-" in port)
        names.remove(here)
        return here, names[0]

    def _task_managers(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.cluster.get("/taskmanagers")["taskmanagers"]
        return found

    def is_running(self) -> bool:
        """Whether every task of the job runs; False, too, where nobody answers."""
        assert self.job is not None, "deployed"
        try:
            return self.cluster.is_running(self.job.flink_job_id)
        except DeployError:
            return False

    def backfilled(self) -> float:
        """How much of its range the newest backfill has read, from 0 to 1; 1 once it has finished."""
        job = self.jobs()[-1]
        if job.backfill is None or job.backfill.state == "waiting":
            return 0.0
        try:
            if self.cluster.jobs().get(job.backfill.flink_job_id) == "FINISHED":
                return 1.0
            done, total = backfilled(self.cluster, job, job.backfill)
        except DeployError:  # Flink does not know it yet
            return 0.0
        return done / total if total else 1.0

    def pause(self, seconds: float, *, until: Callable[[], bool] = lambda: False) -> None:
        """Let time pass, looking after the parts meanwhile."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not until():
            self.stack.check()
            time.sleep(LOOK_S)

    # --- tearing down ---

    def close(self) -> None:
        """Stop what the run started and remove what it left."""
        with suppress(MillpondError):
            self.stop_reader()
        for process in self._deployments:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.theatre.kafka_proxy.heal()
        self.theatre.store_proxy.heal()
        for name in self.materializers:
            if name in self.stack.names():
                with suppress(StackError):  # it may be between two lives
                    self.stack.kill(name)
        self.cluster.end(self.cluster.alive())
        self.store.flushall()
        self.store.close()
        ours = [t for t in self.topics.admin.list_topics(timeout=30).topics if not t.startswith("__")]
        for outcome in self.topics.admin.delete_topics(ours, operation_timeout=30).values():
            outcome.result(30)

    # --- what is asked for ---

    def requests(self, rng: random.Random) -> tuple[list[Request], list[Request]]:
        """Requests of either set: the busiest entities, some at random, and some that never met."""
        with duckdb.connect() as db:
            rows = db.execute(_LINES, [str(self.lines.path), self.lines.count]).fetchall()
            busiest = db.execute(_BUSIEST, [str(self.lines.path), self.lines.count]).fetchall()
        shopper = [dict(zip(("household_id", "store_id"), row, strict=True)) for row in busiest]
        some = rng.sample(rows, 24)
        shopper += [{"household_id": row[0], "store_id": row[1]} for row in some[:12]]
        shopper += [{"household_id": some[0][0], "store_id": some[12][1]}]
        shelf = [{"product_id": row[2], "store_id": row[1], "basket_id": row[3]} for row in some[12:]]
        shelf += [{"product_id": some[1][2], "store_id": busiest[0][1], "basket_id": "ø {}:%"}]
        return shopper, shelf

    def asked(self, requests: Sequence[Sequence[Request]]) -> list[list[list[Asked]]]:
        """The same requests, as the judge takes them."""
        plans = {plan.full_name: plan for plan in self.pool.sets}
        return [[views_of(plans[name], request) for request in some] for name, some in zip(SETS, requests, strict=True)]


_LINES: Final = """
    SELECT household_id, store_id, CAST(product_id AS VARCHAR), CAST(basket_id AS VARCHAR)
    FROM read_parquet(?, file_row_number = true) WHERE file_row_number < ? ORDER BY file_row_number
"""
_BUSIEST: Final = """
    SELECT household_id, store_id FROM read_parquet(?, file_row_number = true) WHERE file_row_number < ?
    GROUP BY ALL ORDER BY count(*) DESC, 1, 2 LIMIT 10
"""


def views_of(plan: SetPlan, request: Request) -> list[Asked]:
    """The views that a request of a set asks for."""
    asked = []
    for binding in plan.bindings:
        features = tuple((i, f.feature) for i, f in enumerate(plan.features) if f.alias == binding.alias)
        key = tuple(request[field] for field in binding.request_fields)
        asked.append(Asked(binding.view.split(".")[1], key, features))
    return asked


@contextmanager
def staged(stage: Stage) -> Iterator[Stage]:
    """A stage, and nothing left of it."""
    try:
        yield stage
    finally:
        stage.close()
