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

# Long enough for two busy cores and a garbage collection, short enough to wait for after a kill.
SESSION_S = 10


@dataclass(frozen=True, kw_only=True)
class FlinkSizes:
    """Memory of the processes, in MiB, and the slots that share a TaskManager's.

    A TaskManager takes task_heap + 128 of heap, network + 128 of direct memory, managed memory outside of Java's
    (RocksDB), metaspace, and some 200 for the Java machine: at most 3.5 GiB with these figures.
    """

    job_manager_heap: int = 768
    task_heap: int = 896
    managed: int = 1536
    network: int = 256
    metaspace: int = 384
    slots: int = 8
    task_managers: int = 1


@dataclass(frozen=True, kw_only=True)
class FlinkPorts:
    """The ports of the cluster: a pair for each TaskManager, its RPC's and its data's."""

    rest: int
    job_manager_rpc: int
    blob: int
    task_managers: tuple[tuple[int, int], ...]


def settings(
    *, folder: Path, logs: Path, sizes: FlinkSizes, ports: FlinkPorts, zookeeper: str
) -> dict[str, str | int | float | bool]:
    """Flink's settings, all data below `folder`; `zookeeper` is its host:port."""
    return {
        "jobmanager.rpc.address": LOOPBACK,
        "jobmanager.rpc.port": ports.job_manager_rpc,
        "jobmanager.bind-host": LOOPBACK,
        "blob.server.port": str(ports.blob),
        **_high_availability(folder, ports, zookeeper),
        "taskmanager.host": LOOPBACK,
        "taskmanager.bind-host": LOOPBACK,
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
        "execution.checkpointing.incremental": True,
        "execution.checkpointing.dir": f"file://{folder / 'checkpoints'}",
        "execution.checkpointing.savepoint-dir": f"file://{folder / 'savepoints'}",
        "restart-strategy.type": "exponential-delay",
        "env.log.dir": str(logs),
        "env.java.opts.all": " ".join(JVM_OPTIONS),
    }


def _high_availability(folder: Path, ports: FlinkPorts, zookeeper: str) -> dict[str, str | int | bool]:
    """A JobManager that died finds its jobs and their last checkpoints again."""
    client = "high-availability.zookeeper.client"
    return {
        "high-availability.type": "zookeeper",
        "high-availability.zookeeper.quorum": zookeeper,
        "high-availability.zookeeper.path.root": "/millpond",
        "high-availability.cluster-id": "/local",
        "high-availability.storageDir": f"file://{folder / 'ha'}",
        # With high availability this is the port, and jobmanager.rpc.port is not looked at.
        "high-availability.jobmanager.port": str(ports.job_manager_rpc),
        # The successor of one that was killed leads only when the dead one's session has ended.
        f"{client}.session-timeout": f"{SESSION_S} s",
        f"{client}.connection-timeout": f"{SESSION_S // 2} s",
        # A ZooKeeper that is back within the session changes nothing: no job is restarted.
        f"{client}.tolerate-suspended-connections": True,
        f"{client}.retry-wait": "1 s",
        f"{client}.max-retry-attempts": 2 * SESSION_S,
    }


def task_manager_settings(*, tmp: Path, ports: tuple[int, int]) -> dict[str, str | int]:
    """What each TaskManager has of its own: ports, and a folder for state and buffers."""
    rpc, data = ports
    return {"taskmanager.rpc.port": str(rpc), "taskmanager.data.port": data, "io.tmp.dirs": str(tmp)}


def yaml(values: Mapping[str, str | int | float | bool]) -> str:
    """Settings as Flink's config.yaml; JSON scalars are YAML."""
    return "".join(f"{name}: {json.dumps(value)}\n" for name, value in values.items())
