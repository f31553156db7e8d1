"""The faults: each hurts one thing on a running stage, and returns when what it did is over.

Nothing here mends. What is killed is started again by whoever looks after the parts (`Stage.watch`), as `millpond up`
does; what a fault takes away for a while, such as a frozen process or a full disk, it gives back itself.
"""

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.faults.stage import Stage

Act = Callable[[Stage, random.Random], None]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of fault.

    Attributes:
        what: in words, for the table.
        act: does it.
        early: seconds before the moment at which something is kept for it.
        keep: keeps it.
    """

    what: str
    act: Act
    early: float = 0.0
    keep: Act = lambda _stage, _rng: None


def _nothing(_stage: Stage, _rng: random.Random) -> None:
    """An undisturbed run: what the comparison must find in order."""


def _kill(name: str) -> Act:
    def act(stage: Stage, _rng: random.Random) -> None:
        stage.kill(name)

    return act


def _taskmanager_twice(stage: Stage, rng: random.Random) -> None:
    stage.kill("taskmanager")
    stage.watch()
    stage.pause(rng.uniform(2, 20))
    stage.kill("taskmanager")


def _frozen(name: str, seconds: float) -> Act:
    def act(stage: Stage, _rng: random.Random) -> None:
        stage.stack.freeze(name)
        stage.pause(seconds)
        stage.stack.thaw(name)

    return act


def _one_materializer_killed(stage: Stage, rng: random.Random) -> None:
    stage.kill(rng.choice(stage.materializers))


def _one_materializer_frozen(stage: Stage, rng: random.Random) -> None:
    """For longer than its session lasts (10 s): the other takes over, then this one comes back as a zombie."""
    victim = rng.choice(stage.materializers)
    stage.stack.freeze(victim)
    stage.pause(rng.uniform(13, 20))
    stage.stack.thaw(victim)


def _flushall(stage: Stage, _rng: random.Random) -> None:
    stage.store.flushall()


def _killed_in_rebuild(stage: Stage, rng: random.Random) -> None:
    stage.store.flushall()
    stage.pause(rng.uniform(0.2, 3.0))
    _one_materializer_killed(stage, rng)


def _dump(stage: Stage) -> Path:
    return stage.stack.addresses.logs.parent / "valkey" / "dump.rdb"


def _save(stage: Stage, _rng: random.Random) -> None:
    stage.store.save()
    shutil.copy(_dump(stage), stage.folder / "dump.rdb")


def _valkey_from_snapshot(stage: Stage, _rng: random.Random) -> None:
    shutil.copy(stage.folder / "dump.rdb", _dump(stage))
    stage.kill("valkey")
    stage.watch()
    _dump(stage).unlink()


KINDS: Final[dict[str, Kind]] = {
    "nothing": Kind(what="nothing", act=_nothing),
    "taskmanager": Kind(what="TaskManager killed", act=_kill("taskmanager")),
    "taskmanager-twice": Kind(what="TaskManager killed, and killed again while it recovers", act=_taskmanager_twice),
    "broker": Kind(what="broker killed", act=_kill("kafka")),
    "broker-frozen": Kind(what="broker frozen for 15 s", act=_frozen("kafka", 15)),
    "valkey": Kind(what="Valkey killed, comes back empty", act=_kill("valkey")),
    "flushall": Kind(what="FLUSHALL", act=_flushall),
    "valkey-snapshot": Kind(
        what="Valkey killed, comes back from a snapshot 15 s old", act=_valkey_from_snapshot, early=15, keep=_save
    ),
    "materializer": Kind(what="one of two materializers killed", act=_one_materializer_killed),
    "materializer-zombie": Kind(
        what="one of two materializers frozen beyond its session, then thawed", act=_one_materializer_frozen
    ),
    "rebuild": Kind(what="FLUSHALL, then a materializer killed while it refills", act=_killed_in_rebuild),
}
