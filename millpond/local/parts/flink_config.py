"""The configuration a local Flink cluster runs with, and the memory it takes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from millpond.local.ports import LOOPBACK

# What Flink sets aside for itself, of heap and of direct memory each.
FRAMEWORK_MIB = 128
# Threads, code cache and the like; Flink only adds it to the total it shows.
JAVA_ITSELF_MIB = 200

# As `env.java.opts.all` in the configuration Flink 2.3.0 comes with, less the exports of jdk.compiler and
# java.security.jgss: nothing in our jobs compiles Java at run time or logs in with Kerberos.
_OPENED = (
    "lang", "net", "io", "nio", "lang.reflect", "text", "time", "util",
    "util.concurrent", "util.concurrent.atomic", "util.concurrent.locks",
)  # fmt: skip
JVM_OPTIONS = (
    "--add-exports=java.rmi/sun.rmi.registry=ALL-UNNAMED",
    *(f"--add-opens=java.base/java.{package}=ALL-UNNAMED" for package in _OPENED),
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
)

# To the console only, which is the part's log file: one file a part.
LOG4J = """\
rootLogger.level = INFO
rootLogger.appenderRef.console.ref = Console
appender.console.name = Console
appender.console.type = CONSOLE
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{yyyy-MM-dd'T'HH:mm:ss.SSSX}{UTC} %-5p %c{1} - %m%n
"""


@dataclass(frozen=True, kw_only=True)
class FlinkSizes:
    """Memory of the two processes, in MiB, and the slots that share the TaskManager's.

    The TaskManager takes task_heap + 128 of heap, network + 128 of direct memory, managed memory outside of Java's
    (RocksDB), metaspace, and some 200 for the Java machine: at most 3.5 GiB with these figures.
    """

    job_manager_heap: int = 768
    task_heap: int = 896
    managed: int = 1536
    network: int = 256
    metaspace: int = 384
    slots: int = 8


@dataclass(frozen=True, kw_only=True)
class FlinkPorts:
    """The ports of the cluster."""

    rest: int
    job_manager_rpc: int
    blob: int
    task_manager_rpc: int
    data: int


def settings(*, folder: Path, logs: Path, sizes: FlinkSizes, ports: FlinkPorts) -> dict[str, str | int | float | bool]:
    """Flink's settings, all data below `folder`."""
    return {
        "jobmanager.rpc.address": LOOPBACK,
        "jobmanager.rpc.port": ports.job_manager_rpc,
        "jobmanager.bind-host": LOOPBACK,
        "blob.server.port": str(ports.blob),
        "taskmanager.host": LOOPBACK,
        "taskmanager.bind-host": LOOPBACK,
        "taskmanager.rpc.port": str(ports.task_manager_rpc),
        "taskmanager.data.port": ports.data,
        "rest.address": LOOPBACK,
        "rest.bind-address": LOOPBACK,
        "rest.port": ports.rest,
        "rest.bind-port": str(ports.rest),
        # Started without Flink's scripts, a TaskManager must be told every share of its memory.
        "taskmanager.cpu.cores": float(sizes.slots),
        "taskmanager.numberOfTaskSlots": sizes.slots,
        "taskmanager.memory.framework.heap.size": f"{FRAMEWORK_MIB}m",
        "taskmanager.memory.framework.off-heap.size": f"{FRAMEWORK_MIB}m",
        "taskmanager.memory.task.heap.size": f"{sizes.task_heap}m",
        "taskmanager.memory.task.off-heap.size": "0m",
        "taskmanager.memory.network.min": f"{sizes.network}m",
        "taskmanager.memory.network.max": f"{sizes.network}m",
        "taskmanager.memory.managed.size": f"{sizes.managed}m",
        "taskmanager.memory.jvm-metaspace.size": f"{sizes.metaspace}m",
        "taskmanager.memory.jvm-overhead.min": f"{JAVA_ITSELF_MIB}m",
        "taskmanager.memory.jvm-overhead.max": f"{JAVA_ITSELF_MIB}m",
        # A lost process is found in about 3 s; with Flink's defaults it took 11 to 17 s.
        "heartbeat.interval": "2000 ms",
        "heartbeat.timeout": "10000 ms",
        # Positions in the source are read from metrics; the default of 10 s is too old to wait for.
        "metrics.fetcher.update-interval": "500 ms",
        "state.backend.type": "rocksdb",
        # Else every operator's RocksDB puts a log of its own among those of the parts.
        "state.backend.rocksdb.log.dir": str(folder / "rocksdb-logs"),
        "execution.checkpointing.incremental": True,
        "execution.checkpointing.dir": f"file://{folder / 'checkpoints'}",
        "execution.checkpointing.savepoint-dir": f"file://{folder / 'savepoints'}",
        "restart-strategy.type": "exponential-delay",
        "io.tmp.dirs": str(folder / "tmp"),
        "env.log.dir": str(logs),
        "env.java.opts.all": " ".join(JVM_OPTIONS),
    }


def yaml(values: Mapping[str, str | int | float | bool]) -> str:
    """Settings as Flink's config.yaml; JSON scalars are YAML."""
    return "".join(f"{name}: {json.dumps(value)}\n" for name, value in values.items())
