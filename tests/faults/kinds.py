"""The faults: each hurts one thing on a running stage, and returns when what it did is over.

Nothing here mends. What is killed is started again by the stack that looks after its parts, as under `millpond up`;
what a fault takes away for a while, such as a frozen process, a dead link or a full disk, it gives back itself.
"""

import os
import random
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from millpond.plan.deployment import JobRecord
from millpond.plan.errors import MillpondError
from tests.faults.pools import with_twins
from tests.faults.proxy import Proxy
from tests.faults.stage import SETS, Cut, Stage

FULL_DISK_S: Final = 20.0
REPLACED_WITHIN_S: Final = 90.0
DEPLOYED_WITHIN_S: Final = 120.0
# At the usual pace a backfill of 9,000 records takes two seconds, and Flink tells twice a second how far it is.
PART_WAY: Final = 0.4

Act = Callable[[Stage, random.Random], None]


def _nothing(_stage: Stage, _rng: random.Random) -> None:
    """Nothing is hurt, or nothing is kept for it."""


def _deploy(stage: Stage, _rng: random.Random) -> JobRecord:
    return stage.deploy()


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of fault.

    Attributes:
        what: in words, for the table.
        act: does it.
        early, keep: so many seconds before the moment something is kept for it.
        deploy: in place of a deployment that is left in peace.
        cut: whom Millpond's own parts go to through a proxy.
        disk: the checkpoints need a disk of their own.
    """

    what: str
    act: Act = _nothing
    early: float = 0.0
    keep: Act = _nothing
    deploy: Callable[[Stage, random.Random], JobRecord] = _deploy
    cut: Cut = "nothing"
    disk: bool = False


# --- processes ------------------------------------------------------------------------------------------------------


def _kill(name: str, stage: Stage, _rng: random.Random) -> None:
    stage.stack.crash(name)


def _freeze(name: str, seconds: float, stage: Stage, _rng: random.Random) -> None:
    stage.stack.freeze(name)
    stage.pause(seconds)
    stage.stack.thaw(name)


def _down(name: str, seconds: float, stage: Stage, _rng: random.Random) -> None:
    stage.stack.kill(name)  # and nobody starts it again
    stage.pause(seconds)
    stage.stack.restart(name)


def _task_manager(stage: Stage, _rng: random.Random) -> None:
    stage.stack.crash(stage.running_on()[0])


def _task_manager_twice(stage: Stage, rng: random.Random) -> None:
    here, other = stage.running_on()
    stage.stack.crash(here)
    stage.pause(rng.uniform(2, 20))
    stage.stack.crash(other)


def _task_manager_zombie(stage: Stage, rng: random.Random) -> None:
    """Frozen until its work runs on the other one and has gone on for a while; then it thaws."""
    here, _ = stage.running_on()
    stage.stack.freeze(here)
    stage.pause(12)  # Flink gives it up after 10 s without a heartbeat
    stage.pause(REPLACED_WITHIN_S, until=stage.is_running)
    stage.pause(rng.uniform(3, 8))
    stage.stack.thaw(here)


def _submitter(stage: Stage, rng: random.Random) -> JobRecord:
    """The deploying process is killed, with all it started; then somebody deploys again."""
    process = stage.deploying()
    stage.pause(rng.uniform(1, 16), until=lambda: process.poll() is not None)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return stage.deploy()


def _new_views(stage: Stage, _rng: random.Random) -> None:
    """The pool grows by a set and its views."""
    stage.pool = with_twins(stage.pool, SETS[0])
    stage.deploy(start="now")


def _new_views_killed(stage: Stage, _rng: random.Random) -> None:
    """The same, and its deployment is killed with all it started while its backfill is on its way."""
    stage.pool = with_twins(stage.pool, SETS[0])
    process = stage.deploying(start="now")
    stage.pause(DEPLOYED_WITHIN_S, until=lambda: stage.backfilled() >= PART_WAY or process.poll() is not None)
    if process.poll() is not None or not PART_WAY <= stage.backfilled() < 1:
        raise MillpondError(
            "the backfill was over, or not begun, when it was to be killed", where=stage.told(), mend="take more LINES"
        )
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    job = stage.jobs()[-1]
    assert job.backfill is not None, "on its way"
    stage.cluster.end([job.backfill.flink_job_id])
    stage.deploy(start="now")


def _materializer(stage: Stage, rng: random.Random) -> None:
    stage.stack.crash(rng.choice(stage.materializers))


def _materializer_zombie(stage: Stage, rng: random.Random) -> None:
    """Frozen for longer than its session lasts (10 s): the other takes over, then this one comes back."""
    _freeze(rng.choice(stage.materializers), rng.uniform(13, 20), stage, rng)


# --- what is stored -------------------------------------------------------------------------------------------------


def _flushall(stage: Stage, _rng: random.Random) -> None:
    stage.store.flushall()


def _rebuild(stage: Stage, rng: random.Random) -> None:
    stage.store.flushall()
    stage.pause(rng.uniform(0.2, 3.0))
    _materializer(stage, rng)


def _run_folder(stage: Stage) -> Path:
    return stage.stack.addresses.logs.parent


def _save(stage: Stage, _rng: random.Random) -> None:
    stage.store.save()
    (_run_folder(stage) / "valkey" / "dump.rdb").rename(stage.folder / "dump.rdb")


def _snapshot(stage: Stage, _rng: random.Random) -> None:
    dump = _run_folder(stage) / "valkey" / "dump.rdb"
    stage.stack.kill("valkey")
    shutil.copy(stage.folder / "dump.rdb", dump)
    stage.stack.restart("valkey")
    dump.unlink()


def _registry_emptied(stage: Stage, _rng: random.Random) -> None:
    """It comes back without a single schema; later somebody restores its data, which is the mend the job asks for."""
    files = list((_run_folder(stage) / "registry").glob("schemas*"))
    assert files, "its data is where it was"
    aside = stage.folder / "registry"
    aside.mkdir()
    stage.stack.kill("registry")
    for file in files:
        file.rename(aside / file.name)
    stage.stack.restart("registry")
    # Whoever restarts now must ask it: this is when good events could become dead letters.
    stage.stack.crash(stage.running_on()[0])
    stage.pause(25)
    stage.stack.kill("registry")
    for file in aside.iterdir():
        file.replace(_run_folder(stage) / "registry" / file.name)
    stage.stack.restart("registry")


def _full_disk(stage: Stage, _rng: random.Random) -> None:
    disk = stage.theatre.checkpoints
    if disk is None:
        raise MillpondError("the checkpoints have no disk of their own", where="kind disk", mend="run it as root")
    filler = disk / "filler"
    free = shutil.disk_usage(disk).free
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free)
    try:
        stage.pause(FULL_DISK_S)
    finally:
        filler.unlink()


# --- connections ----------------------------------------------------------------------------------------------------


def _proxy(stage: Stage, cut: Cut) -> Proxy:
    return stage.theatre.kafka_proxy if cut == "kafka" else stage.theatre.store_proxy


def _slow(cut: Cut, stage: Stage, rng: random.Random) -> None:
    proxy = _proxy(stage, cut)
    proxy.delay_s = rng.uniform(0.05, 0.3)
    stage.pause(15)
    proxy.heal()


def _resets(cut: Cut, stage: Stage, rng: random.Random) -> None:
    for _ in range(8):
        _proxy(stage, cut).reset()
        stage.pause(rng.uniform(0.2, 3))


def _half_open(cut: Cut, stage: Stage, _rng: random.Random) -> None:
    """Everything is accepted and nothing answered; at the end the dead connections are reset."""
    proxy = _proxy(stage, cut)
    proxy.swallows = True
    stage.pause(20)
    proxy.heal()
    proxy.reset()


KINDS: Final[dict[str, Kind]] = {
    "taskmanager": Kind(what="TaskManager killed", act=_task_manager),
    "taskmanager-twice": Kind(what="TaskManager killed, then its replacement", act=_task_manager_twice),
    "taskmanager-zombie": Kind(what="TaskManager frozen, replaced, thawed", act=_task_manager_zombie),
    "jobmanager": Kind(what="JobManager killed", act=partial(_kill, "jobmanager")),
    "jobmanager-frozen": Kind(what="JobManager frozen for 25 s", act=partial(_freeze, "jobmanager", 25)),
    "zookeeper": Kind(what="ZooKeeper killed", act=partial(_kill, "zookeeper")),
    "submitter": Kind(what="deploy killed on its way, then done again", deploy=_submitter),
    "new-views": Kind(what="new views deployed, with a backfill", act=_new_views),
    "new-views-killed": Kind(
        what="new views deployed, killed on the way through the backfill, deployed again", act=_new_views_killed
    ),
    "broker": Kind(what="broker killed", act=partial(_kill, "kafka")),
    "broker-frozen": Kind(what="broker frozen for 15 s", act=partial(_freeze, "kafka", 15)),
    "registry": Kind(what="registry down for 60 s", act=partial(_down, "registry", 60)),
    "registry-emptied": Kind(
        what="registry empty for 25 s, TaskManager killed meanwhile; then restored", act=_registry_emptied
    ),
    "valkey": Kind(what="Valkey killed, comes back empty", act=partial(_kill, "valkey")),
    "flushall": Kind(what="FLUSHALL", act=_flushall),
    "valkey-snapshot": Kind(what="Valkey comes back from a snapshot 20 s old", act=_snapshot, early=20, keep=_save),
    "materializer": Kind(what="one of two materializers killed", act=_materializer),
    "materializer-zombie": Kind(what="one of two materializers frozen, replaced, thawed", act=_materializer_zombie),
    "rebuild": Kind(what="FLUSHALL, then a materializer killed while it refills", act=_rebuild),
    "disk": Kind(what="checkpoint disk full for 20 s", act=_full_disk, disk=True),
    "store-slow": Kind(what="50-300 ms added to Valkey for 15 s", act=partial(_slow, "store"), cut="store"),
    "store-resets": Kind(what="connections to Valkey reset, 8 times", act=partial(_resets, "store"), cut="store"),
    "store-half-open": Kind(what="Valkey half-open for 20 s", act=partial(_half_open, "store"), cut="store"),
    "kafka-slow": Kind(what="50-300 ms added to Kafka for 15 s", act=partial(_slow, "kafka"), cut="kafka"),
    "kafka-resets": Kind(what="connections to Kafka reset, 8 times", act=partial(_resets, "kafka"), cut="kafka"),
    "kafka-half-open": Kind(what="Kafka half-open for 20 s", act=partial(_half_open, "kafka"), cut="kafka"),
    "nothing": Kind(what="nothing"),
}
