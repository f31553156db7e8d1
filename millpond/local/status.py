"""How the parts of a running stack are, as a third party sees them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil

from millpond.local import probes
from millpond.local.addresses import Addresses
from millpond.local.state import PartState, ProcessId, running_state

# What to ask whom, by the part's name without its number; one not listed is a program of our own.
PROBES: dict[str, Callable[[PartState, Addresses, int], str | None]] = {
    "kafka": lambda _part, addresses, since_ms: probes.kafka(addresses.kafka, since_ms),
    "registry": lambda _part, addresses, since_ms: probes.registry(addresses.registry, since_ms),
    "zookeeper": lambda part, _addresses, since_ms: probes.zookeeper(part.address, since_ms),
    "jobmanager": lambda _part, addresses, since_ms: probes.job_manager(addresses.flink, since_ms),
    "taskmanager": lambda part, addresses, since_ms: probes.task_manager(addresses.flink, part.ports[1], since_ms),
    "valkey": lambda _part, addresses, since_ms: probes.valkey(addresses.store, since_ms),
}


@dataclass(frozen=True, kw_only=True)
class PartStatus:
    """One part now.

    Attributes:
        name: the part.
        pid: None when it does not run.
        healthy: it runs and answers.
        why_not: in a few words, when it is not healthy.
        address: what a client is given to reach it; empty when nobody reaches it.
        rss_bytes: resident memory.
        log: its log file.
        restarts: how often it was started again because it died.
        last_death: how it died last, and what its log named as the cause; empty before.
        last_death_ms: when that was noticed, in milliseconds since the epoch.
    """

    name: str
    pid: int | None
    healthy: bool
    why_not: str
    address: str
    rss_bytes: int
    log: Path
    restarts: int = 0
    last_death: str = ""
    last_death_ms: int | None = None


def local_status(run_dir: Path) -> list[PartStatus]:
    """Look at every part of the stack of a run folder; empty when none runs there.

    Raises:
        StackError: stack.json is not one of this version's.
    """
    state = running_state(run_dir)
    if state is None:
        return []
    return [_look(part, state.addresses) for part in state.parts]


def _look(part: PartState, addresses: Addresses | None) -> PartStatus:
    process = part.process if part.process is not None and part.process.runs() else None
    why_not: str | None = f"died and is started again: {part.last_death}" if part.phase == "died" else "does not run"
    rss = 0
    if process is not None:
        try:
            rss = psutil.Process(process.pid).memory_info().rss
        except psutil.NoSuchProcess:
            process = None
        else:
            why_not = _ask(part, addresses, process)
    return PartStatus(
        name=part.name,
        pid=process.pid if process is not None else None,
        healthy=why_not is None,
        why_not=why_not or "",
        address=part.address,
        rss_bytes=rss,
        log=part.log,
        restarts=part.restarts,
        last_death=part.last_death,
        last_death_ms=part.last_death_ms,
    )


def _ask(part: PartState, addresses: Addresses | None, process: ProcessId) -> str | None:
    known = PROBES.get(kind_of(part.name)) if addresses is not None else None
    probe = partial(known, part, addresses) if known is not None and addresses is not None else None
    return probes.process(process.pid, probe, int(process.started * 1000))


def kind_of(name: str) -> str:
    """A part's name without the number that tells it from its like: `taskmanager-2` is a `taskmanager`."""
    return re.sub(r"-\d+$", "", name)
