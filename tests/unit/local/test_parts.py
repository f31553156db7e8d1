"""The descriptions of the real parts: loopback only, all data below the run folder, no help from the machine."""

import re
from pathlib import Path

import pytest

from millpond.local.blueprint import DATA_FOLDERS, Sizes, design
from millpond.local.parts.flink_config import FlinkSizes
from millpond.local.parts.part import Part
from millpond.local.ports import LOOPBACK
from millpond.local.setup import Installation
from millpond.local.status import PROBES, kind_of

RUN = Path("/run/folder")


@pytest.fixture(scope="module")
def parts() -> tuple[Part, ...]:
    made = Installation(
        java=Path("/wheel/bin/java"),
        java_home=Path("/wheel"),
        flink_home=Path("/cache/flink"),
        registry=Path("/cache/registry"),
        kafka=(Path("/cache/kafka.jar"),),
    )
    return design(made, run_dir=RUN, logs=RUN / "logs", sizes=Sizes(flink=FlinkSizes(task_managers=2)))[1]


def everything(part: Part) -> str:
    return "\n".join([*part.argv, *part.prepare, *part.env.values(), *part.files.values()])


def test_no_two_parts_share_a_port(parts: tuple[Part, ...]) -> None:
    ports = [port for part in parts for port in part.ports]
    assert len(ports) == len(set(ports)) == 13


def test_every_port_of_a_part_is_told_to_it(parts: tuple[Part, ...]) -> None:
    for part in parts:
        for port in part.ports:
            assert re.search(rf"\b{port}\b", everything(part)), (part.name, port)


def test_every_address_named_is_the_loopback(parts: tuple[Part, ...]) -> None:
    for part in parts:
        # A TaskManager is told no address but by the file it shares with the JobManager.
        expected = set() if kind_of(part.name) == "taskmanager" else {LOOPBACK}
        assert set(re.findall(r"\b\d+\.\d+\.\d+\.\d+\b", everything(part))) == expected, part.name
        assert "localhost" not in everything(part)


def test_every_part_has_its_own_log_and_works_below_the_run_folder(parts: tuple[Part, ...]) -> None:
    assert len({part.log for part in parts}) == len(parts)
    for part in parts:
        assert part.folder.relative_to(RUN).parts[0] in DATA_FOLDERS
        assert all(path.relative_to(RUN) for path in part.files)


def test_java_is_the_wheels_and_its_temporary_files_are_ours(parts: tuple[Part, ...]) -> None:
    for part in parts:
        if part.name != "valkey":
            assert part.argv[0] == "/wheel/bin/java"
            assert any(option.startswith(f"-Djava.io.tmpdir={RUN}/") for option in part.argv)


def test_a_server_sees_none_of_the_users_settings(parts: tuple[Part, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JAVA_TOOL_OPTIONS", "CLASSPATH", "FLINK_CONF_DIR", "QUARKUS_HTTP_PORT", "KAFKA_OPTS"):
        monkeypatch.setenv(name, "of the user")
    for part in parts:
        assert "of the user" not in part.environment().values()


def test_valkey_keeps_nothing_on_disk(parts: tuple[Part, ...]) -> None:
    (valkey,) = (part for part in parts if part.name == "valkey")
    options = " ".join(f"{option!r}" for option in valkey.argv)
    assert "'--save' ''" in options
    assert "'--appendonly' 'no'" in options


def test_every_part_can_be_looked_at_by_status(parts: tuple[Part, ...]) -> None:
    assert {kind_of(part.name) for part in parts} == set(PROBES)


def test_each_task_manager_has_ports_and_a_folder_of_its_own(parts: tuple[Part, ...]) -> None:
    first, second = (part for part in parts if kind_of(part.name) == "taskmanager")
    assert (first.name, second.name) == ("taskmanager", "taskmanager-2")
    assert not set(first.ports) & set(second.ports)
    for own in (first, second):
        rpc, data = own.ports
        assert {f"-Dtaskmanager.rpc.port={rpc}", f"-Dtaskmanager.data.port={data}"} < set(own.argv)
        assert f"-Dio.tmp.dirs={own.folder}" in own.argv
        assert own.scratch == (own.folder,)
    assert first.folder != second.folder


def test_a_part_relies_on_one_that_starts_before_it(parts: tuple[Part, ...]) -> None:
    names = [part.name for part in parts]
    relying = {part.name: part.relies_on for part in parts if part.relies_on}
    assert relying == {"jobmanager": "zookeeper", "taskmanager": "jobmanager", "taskmanager-2": "jobmanager"}
    assert all(names.index(other) < names.index(name) for name, other in relying.items())
