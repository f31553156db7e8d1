"""How the parts of a running stack are, as a third party sees them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from millpond.local import probes
from millpond.local.addresses import Addresses
from millpond.local.state import PartState, running_state

# What to ask whom; a part not listed is one of our own programs, healthy as long as it runs.
PROBES: dict[str, Callable[[Addresses, int], str | None]] = {
    "kafka": lambda addresses, since_ms: probes.kafka(addresses.kafka, since_ms),
    "registry": lambda addresses, since_ms: probes.registry(addresses.registry, since_ms),
    "jobmanager": lambda addresses, since_ms: probes.job_manager(addresses.flink, since_ms),
    "taskmanager": lambda addresses, since_ms: probes.task_manager(addresses.flink, since_ms),
    "valkey": lambda addresses, since_ms: probes.valkey(addresses.store, since_ms),
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
    """

    name: str
    pid: int | None
    healthy: bool
    why_not: str
    address: str
    rss_bytes: int
    log: Path


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
    why_not: str | None = "does not run"
    rss = 0
    if process is not None:
        try:
            rss = psutil.Process(process.pid).memory_info().rss
        except psutil.NoSuchProcess:
            process = None
        else:
            why_not = None
            if addresses is not None and part.name in PROBES:
                why_not = PROBES[part.name](addresses, int(process.started * 1000))
    return PartStatus(
        name=part.name,
        pid=process.pid if process is not None else None,
        healthy=why_not is None,
        why_not=why_not or "",
        address=part.address,
        rss_bytes=rss,
        log=part.log,
    )
