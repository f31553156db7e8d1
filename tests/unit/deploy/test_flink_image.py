"""Flink's settings in the image against those of a local cluster: what is not listed here as different is the same."""

from typing import Any, Final

import yaml

from millpond.local.parts.part import JVM_QUICK_START
from tests.unit.deploy.topology import (
    ABSENT,
    ROOT,
    RUN,
    SIZES,
    heap,
    local_parts,
    mib,
    properties,
    services,
    without_differences,
)

# Names of containers in place of the loopback, and the ports that Flink has by default.
DIFFERS: Final = {
    "jobmanager.rpc.address": "jobmanager",
    "jobmanager.rpc.port": 6123,
    "jobmanager.bind-host": "0.0.0.0",
    "blob.server.port": "6124",
    "taskmanager.bind-host": "0.0.0.0",
    "rest.address": "jobmanager",
    "rest.bind-address": "0.0.0.0",
    "rest.port": 8081,
    "rest.bind-port": "8081",
    "high-availability.zookeeper.quorum": "zookeeper:2181",
    "high-availability.cluster-id": "/compose",
    "high-availability.jobmanager.port": "6123",
    # A container has an address and folders of its own.
    "taskmanager.host": ABSENT,
    "env.log.dir": ABSENT,
}
# Flink's scripts are told in settings what a local JobManager is told as Java's options.
JOB_MANAGER: Final = {
    "jobmanager.memory.heap.size": f"{SIZES.flink.job_manager_heap}m",
    "jobmanager.memory.off-heap.size": "128m",
    "jobmanager.memory.jvm-metaspace.size": f"{SIZES.flink.metaspace}m",
    "jobmanager.memory.jvm-overhead.min": "200m",
    "jobmanager.memory.jvm-overhead.max": "200m",
}


def in_containers() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "deploy/images/flink/config.yaml").read_text())
    return found


def on_this_machine() -> dict[str, Any]:
    """The settings of a local cluster, its data in the volume's folder."""
    (text,) = (text for path, text in local_parts()["jobmanager"].files.items() if path.name == "config.yaml")
    found: dict[str, Any] = yaml.safe_load(text.replace(str(RUN / "flink"), "/data"))
    return found


def test_flink_has_the_local_clusters_settings() -> None:
    assert in_containers() == without_differences(on_this_machine(), DIFFERS | JOB_MANAGER)


def test_zookeeper_has_the_local_ones_settings() -> None:
    part = local_parts()["zookeeper"]
    (text,) = (text for path, text in part.files.items() if path.name == "zoo.cfg")
    config = (ROOT / "deploy/images/flink/zoo.cfg").read_text()
    lines = "\n".join(line for line in config.splitlines() if not line.startswith("#"))
    assert properties(lines) == without_differences(
        properties(text), {"dataDir": "/zookeeper", "clientPort": "2181", "clientPortAddress": ABSENT}
    )
    command = services()["zookeeper"]["command"]
    assert services()["zookeeper"]["volumes"] == ["zookeeper:/zookeeper"]
    # The class, and all that Java is told but for folders.
    for option in (*heap(part), *JVM_QUICK_START, *(each for each in part.argv if "zookeeper." in each)):
        if str(RUN) not in option:
            assert option in command


def test_the_limits_are_more_than_flink_takes() -> None:
    settings = in_containers()

    def takes(process: str, *shares: str) -> int:
        return sum(mib(settings[f"{process}.memory.{share}"]) for share in shares)

    java = ("jvm-metaspace.size", "jvm-overhead.max")
    heaps = ("framework.heap.size", "task.heap.size", "framework.off-heap.size", "task.off-heap.size")
    job_manager = takes("jobmanager", "heap.size", "off-heap.size", *java)
    task_manager = takes("taskmanager", *heaps, "network.max", "managed.size", *java)
    assert mib(services()["jobmanager"]["mem_limit"]) > job_manager
    assert mib(services()["taskmanager"]["mem_limit"]) > task_manager


def test_what_is_kept_is_in_the_volume_that_both_have() -> None:
    settings = in_containers()
    kept = ("execution.checkpointing.dir", "execution.checkpointing.savepoint-dir", "high-availability.storageDir")
    for name in kept:
        assert settings[name].startswith("file:///data/")
    for name in ("jobmanager", "taskmanager"):
        assert services()[name]["volumes"] == ["flink:/data"]
        # Flink's start script takes the JobManager's address from here, else the container's own name.
        assert services()[name]["environment"]["JOB_MANAGER_RPC_ADDRESS"] == settings["jobmanager.rpc.address"]
