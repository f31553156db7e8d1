"""Kafka: one node that is broker and controller (KRaft)."""

import base64
import uuid
from functools import partial
from pathlib import Path

from millpond.local import probes
from millpond.local.parts.part import JVM_COMMON, JVM_QUICK_START, Part, classpath
from millpond.local.ports import LOOPBACK

# Of each internal topic, instead of 50: they are made while the first consumer group waits.
INTERNAL_PARTITIONS = 4
LOG_FORMAT = (
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ",
    "-Dorg.slf4j.simpleLogger.showThreadName=false",
    "-Dorg.slf4j.simpleLogger.levelInBrackets=true",
)


def broker(
    *, java: Path, jars: tuple[Path, ...], folder: Path, logs: Path, heap_mib: int, ports: tuple[int, int]
) -> Part:
    """The broker, listening on the first port; the second is its controller's."""
    bootstrap = f"{LOOPBACK}:{ports[0]}"
    config = folder / "server.properties"
    jvm = (str(java), *JVM_COMMON, *LOG_FORMAT, f"-Djava.io.tmpdir={folder}", "-cp", classpath(jars))
    cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    # With `=`: an id may begin with a dash, and would be taken for an option.
    storage = ("kafka.tools.StorageTool", "format", f"--cluster-id={cluster_id}", "-c", str(config))
    return Part(
        name="kafka",
        argv=(*jvm[:1], f"-Xms{heap_mib}m", f"-Xmx{heap_mib}m", "-XX:+UseG1GC", *jvm[1:], "kafka.Kafka", str(config)),
        prepare=(*jvm[:1], "-Xmx256m", *JVM_QUICK_START, *jvm[1:], *storage),
        folder=folder,
        files={config: _properties(folder / "data", bootstrap, f"{LOOPBACK}:{ports[1]}")},
        log=logs / "kafka.log",
        address=bootstrap,
        ports=ports,
        probe=partial(probes.kafka, bootstrap),
    )


def _properties(data: Path, bootstrap: str, controller: str) -> str:
    settings = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@{controller}",
        "listeners": f"PLAINTEXT://{bootstrap},CONTROLLER://{controller}",
        "advertised.listeners": f"PLAINTEXT://{bootstrap}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": data,
        # A topic nobody created is a mistake in a name; deploy creates topics with the settings they need.
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": INTERNAL_PARTITIONS,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": INTERNAL_PARTITIONS,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "share.coordinator.state.topic.num.partitions": INTERNAL_PARTITIONS,
        "group.initial.rebalance.delay.ms": 0,
        # The default of 128 MiB is taken from the heap at once.
        "log.cleaner.dedupe.buffer.size": 32 << 20,
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())
