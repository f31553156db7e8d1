"""What `millpond diff` says that a pool costs, beside what it costs: bytes of the store and of Flink's state."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.bank import bank, publish
from benchmarks.figures import Benchmark, Figures, figure
from benchmarks.rates import drain_of
from benchmarks.world import World
from millpond.control.deploy import deploy
from millpond.plan.clock import ms_of
from millpond.plan.deployment import JobRecord
from millpond.plan.model import Pool
from millpond.review.cost import Cost, Costs, total
from millpond.review.counted import Data
from millpond.review.outlook import running
from millpond.review.standing import Standing
from millpond.simulate import Simulation
from millpond.simulate.folder import write

NS: Final = "estimate"
CUSTOMERS: Final = 8_000
DAYS: Final = 25
SEED: Final = 3


def run(world: World) -> Figures:
    """A simulated month read at once, through all parts."""
    world.cancel_all()
    pool = bank()
    estimated = total(_estimated(pool))
    settled = int(world.store.info("memory")["used_memory"])
    world.say(f"writing the events of {CUSTOMERS:,} customers in {DAYS} days to Kafka")
    events = publish(world, pool, _simulation())
    world.say(f"  {events:,} events: Kafka, Flink, Kafka, materializer, Valkey")
    jobs = deploy(
        world.settings(NS), pool, start="earliest", replay=True, say=lambda line: world.say(f"  {line}")
    ).started
    with world.materializer(NS):
        for job in jobs:
            drain_of(world, NS, job).wait()
        state = {name: size for job in jobs for name, size in _state(world, job).items()}
        store = int(world.store.info("memory")["used_memory"]) - settled
    return {
        "events": figure([events]),
        "store_bytes": figure([store], "bytes"),
        "store_estimated": figure([estimated.history.store], "bytes"),
        "store_off_by": figure([_off(estimated.history.store, store)]),
        "state_bytes": figure([sum(state.values())], "bytes"),
        "state_estimated": figure([estimated.history.state], "bytes"),
        "state_off_by": figure([_off(estimated.history.state, sum(state.values()))]),
        **{f"state_of_{name}": figure([size], "bytes") for name, size in sorted(state.items())},
    }


def _simulation() -> Simulation:
    start = ms_of(datetime(2024, 1, 1, tzinfo=UTC))
    return Simulation(seed=SEED, customers=CUSTOMERS, days=DAYS, start_ms=start)


def _estimated(pool: Pool) -> Mapping[str, Cost]:
    """By what diff does with --data: the same events as files."""
    with TemporaryDirectory(prefix="millpond-estimate-") as folder:
        out = Path(folder) / "events"
        write(_simulation(), out)
        with Data.open(out, pool.views) as data:
            return Costs(data, NS).of(running(Standing.as_deployed(pool).jobs))


def _state(world: World, job: JobRecord) -> dict[str, int]:
    """Of a job's newest checkpoint: bytes by fragment, and of what it remembers of events."""
    path = f"/jobs/{job.flink_job_id}"
    newest: Any = world.cluster.get(f"{path}/checkpoints")["latest"]["completed"]["id"]
    tasks = world.cluster.get(f"{path}/checkpoints/details/{newest}")["tasks"]
    found: dict[str, int] = {}
    for vertex in world.cluster.get(path)["vertices"]:
        size = int(tasks[vertex["id"]]["state_size"])
        if "OverAggregate" in vertex["name"]:
            found[f"events of {job.source.name}"] = size
        for fragment in job.fragments:
            if f"{fragment.label}[" in vertex["name"]:
                found[fragment.label] = size
    return found


def _off(estimated: float, measured: float) -> float:
    return abs(estimated / measured - 1)


BENCHMARK: Final = Benchmark(
    name="estimate",
    what=f"{CUSTOMERS:,} simulated customers in {DAYS} days (seed {SEED}) through the ten views of benchmarks/bank, "
    "read at once by `deploy --from earliest`: `used_memory` of Valkey and the size of Flink's newest checkpoints, "
    "beside what `millpond diff --data` says of the same events.",
    run=run,
)
