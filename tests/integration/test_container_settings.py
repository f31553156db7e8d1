"""What docker-compose.yml and the Flink image tell their servers, told to the same servers as processes."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from millpond.control.cluster import FlinkCluster
from millpond.local import probes, setup
from millpond.local.parts.part import classpath
from millpond.local.ports import LOOPBACK, free_ports
from millpond.local.setup import Installation
from millpond.local.stack import Stack
from millpond.local.workspace import Workspace
from tests.unit.deploy.topology import ROOT, SIZES, services

READY_WITHIN_S = 120.0


@pytest.fixture(scope="module")
def made(processes: Stack) -> Installation:
    return setup.ensure(Workspace.find())


def until(why_not: Callable[[], str | None], processes: Stack) -> None:
    """Wait for a probe to have nothing to say against a part."""
    deadline = time.monotonic() + READY_WITHIN_S
    while reason := why_not():
        processes.check()
        assert time.monotonic() < deadline, reason
        time.sleep(0.2)


@pytest.fixture(scope="module")
def broker(processes: Stack, made: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The broker of docker-compose.yml: its address for containers, and the one it publishes."""
    folder = tmp_path_factory.mktemp("kafka")
    inside, published, controller = free_ports(3)
    environment = dict(services()["kafka"]["environment"])
    cluster_id, heap = environment.pop("CLUSTER_ID"), environment.pop("KAFKA_HEAP_OPTS").split()
    here = {
        "//kafka:9092": f"//{LOOPBACK}:{inside}",
        "//:9092": f"//{LOOPBACK}:{inside}",
        ":19092": f":{published}",
        "@kafka:9093": f"@{LOOPBACK}:{controller}",
        "//:9093": f"//{LOOPBACK}:{controller}",
        "/var/lib/kafka/data": str(folder / "data"),
    }
    settings = {}
    for name, value in environment.items():
        for container, process in here.items():
            value = value.replace(container, process)
        settings[name.removeprefix("KAFKA_").lower().replace("_", ".")] = value
    config = folder / "server.properties"
    config.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    java = [str(made.java), *heap, "-cp", classpath(made.kafka)]
    storage = ["kafka.tools.StorageTool", "format", f"--cluster-id={cluster_id}", "-c", str(config)]
    subprocess.run([*java, *storage], check=True, capture_output=True)
    processes.spawn("kafka-of-compose", [*java, "kafka.Kafka", str(config)])
    until(lambda: probes.kafka(f"{LOOPBACK}:{inside}", 0), processes)
    yield f"{LOOPBACK}:{inside}", f"{LOOPBACK}:{published}"
    processes.stop("kafka-of-compose")


def test_the_broker_sends_containers_and_this_machine_to_different_addresses(broker: tuple[str, str]) -> None:
    for bootstrap in broker:
        metadata = AdminClient({"bootstrap.servers": bootstrap}).list_topics(timeout=30)
        assert [f"{each.host}:{each.port}" for each in metadata.brokers.values()] == [bootstrap]


def test_the_registry_keeps_its_schemas_beside_the_topics(
    processes: Stack, made: Installation, broker: tuple[str, str], topic: str
) -> None:
    environment = dict(services()["registry"]["environment"])
    port, management = map(str, free_ports(2))
    environment |= {"QUARKUS_HTTP_HOST": LOOPBACK, "QUARKUS_HTTP_PORT": port, "QUARKUS_MANAGEMENT_PORT": management}
    environment |= {"APICURIO_KAFKASQL_BOOTSTRAP_SERVERS": broker[0]}
    address = f"http://{LOOPBACK}:{port}/apis/ccompat/v7"
    schema = Schema('{"type": "record", "name": "R", "fields": [{"name": "a", "type": "long"}]}', "AVRO")
    numbers: list[int | None] = []
    for _ in range(2):
        processes.spawn(name := f"registry-of-compose-{len(numbers)}", run_registry(made), environment)
        until(lambda: probes.registry(address, 0), processes)
        with SchemaRegistryClient({"url": address}) as client:
            if not numbers:
                client.register_schema(f"{topic}-value", schema)
            numbers.append(client.get_latest_version(f"{topic}-value").schema_id)
        processes.stop(name)
    assert numbers[0] == numbers[1]


def run_registry(made: Installation) -> list[str]:
    return [str(made.java), "-jar", str(made.registry / "quarkus-run.jar")]


def test_flinks_own_scripts_start_a_cluster_from_the_images_settings(
    processes: Stack, made: Installation, tmp_path: Path
) -> None:
    conf = tmp_path / "conf"
    shutil.copytree(made.flink_home / "conf", conf)
    shutil.copytree(ROOT / "deploy/images/flink", conf, dirs_exist_ok=True)
    rest, rpc, blob, data, quorum = free_ports(5)
    address = f"http://{LOOPBACK}:{rest}"
    here = {
        "jobmanager.rpc.address": LOOPBACK,
        "jobmanager.rpc.port": rpc,
        "high-availability.jobmanager.port": rpc,
        "high-availability.zookeeper.quorum": f"{LOOPBACK}:{quorum}",
        "high-availability.storageDir": f"file://{tmp_path}/ha",
        "jobmanager.bind-host": LOOPBACK,
        "blob.server.port": blob,
        "taskmanager.host": LOOPBACK,
        "taskmanager.bind-host": LOOPBACK,
        "taskmanager.data.port": data,
        "rest.address": LOOPBACK,
        "rest.bind-address": LOOPBACK,
        "rest.port": rest,
        "rest.bind-port": rest,
        "execution.checkpointing.dir": f"file://{tmp_path}/checkpoints",
        "execution.checkpointing.savepoint-dir": f"file://{tmp_path}/savepoints",
        "io.tmp.dirs": tmp_path / "tmp",
    }
    environment = {
        "JAVA_HOME": str(made.java_home),
        "FLINK_CONF_DIR": str(conf),
        "FLINK_LOG_DIR": str(tmp_path / "log"),
    }
    home, bin_folder = made.flink_home, made.flink_home / "bin"
    # As the image's start script changes the settings it finds.
    subprocess.run(
        [
            str(bin_folder / "config-parser-utils.sh"),
            *map(str, (conf, bin_folder, home / "lib")),
            *(f"-D{name}={value}" for name, value in here.items()),
        ],
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
    )
    config = (conf / "zoo.cfg").read_text().replace("2181", str(quorum)).replace("/zookeeper", str(tmp_path / "zk"))
    (conf / "zoo.cfg").write_text(config)
    argv = [str(made.java), *services()["zookeeper"]["command"][1:]]
    argv = [word.replace("/opt/flink/lib", str(home / "lib")).replace("/opt/flink/conf", str(conf)) for word in argv]
    processes.spawn("zookeeper-of-compose", argv)
    until(lambda: probes.zookeeper(f"{LOOPBACK}:{quorum}", 0), processes)
    for name in ("jobmanager", "taskmanager"):
        processes.spawn(f"{name}-of-compose", [str(bin_folder / f"{name}.sh"), "start-foreground"], environment)
    until(lambda: probes.task_manager(address, data, 0), processes)
    (task_manager,) = FlinkCluster(address).get("/taskmanagers")["taskmanagers"]
    assert task_manager["slotsNumber"] == SIZES.flink.slots
    assert task_manager["memoryConfiguration"]["managedMemory"] == SIZES.flink.managed << 20
    for name in ("taskmanager", "jobmanager", "zookeeper"):
        processes.stop(f"{name}-of-compose")
