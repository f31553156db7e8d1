"""The descriptions of the real parts: loopback only, all data below the run folder, no help from the machine."""

import re
from pathlib import Path

import pytest

from millpond.local.blueprint import DATA_FOLDERS, Sizes, design
from millpond.local.parts.part import Part
from millpond.local.ports import LOOPBACK
from millpond.local.setup import Installation
from millpond.local.status import PROBES

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
    return design(made, run_dir=RUN, logs=RUN / "logs", sizes=Sizes())[1]


def everything(part: Part) -> str:
    return "\n".join([*part.argv, *part.prepare, *part.env.values(), *part.files.values()])


def test_no_two_parts_share_a_port(parts: tuple[Part, ...]) -> None:
    ports = [port for part in parts for port in part.ports]
    assert len(ports) == len(set(ports)) == 10


def test_every_port_of_a_part_is_told_to_it(parts: tuple[Part, ...]) -> None:
    for part in parts:
        for port in part.ports:
            assert re.search(rf"\b{port}\b", everything(part)), (part.name, port)


def test_every_address_named_is_the_loopback(parts: tuple[Part, ...]) -> None:
    for part in parts:
        hosts = set(re.findall(r"\b\d+\.\d+\.\d+\.\d+\b", everything(part)))
        assert hosts == {LOOPBACK}, part.name
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
    assert {part.name for part in parts} == set(PROBES)
