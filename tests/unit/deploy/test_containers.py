"""The containers' side of integration tests, with a `docker` that answers as its documentation says."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from millpond.control.settings import load_settings
from millpond.local.setup import Installation
from millpond.plan.errors import StackError
from tests.integration.containers import ContainerAddresses, ContainerStack, container_addresses, why_no_engine
from tests.unit.deploy.topology import ROOT

# Notes its arguments, and answers with the files that tests put beside it.
DOCKER = """\
#!{python}
import pathlib, sys
here = pathlib.Path(__file__).parent
with (here / "asked").open("a") as asked:
    asked.write(" ".join(sys.argv[1:]) + "\\n")
answer = here / ("ps" if "ps" in sys.argv else "other")
if answer.exists():
    print(answer.read_text())
refusal = here / "refusal"
if refusal.exists():
    sys.exit(refusal.read_text())
"""


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a `docker` that comes first."""
    program = tmp_path / "programs" / "docker"
    program.parent.mkdir()
    program.write_text(DOCKER.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return program.parent


@pytest.fixture
def addresses(tmp_path: Path) -> ContainerAddresses:
    home = tmp_path / "flink"
    (home / "conf").mkdir(parents=True)
    (home / "conf" / "log4j-cli.properties").touch()
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    made = Installation(java=home, java_home=home, flink_home=home, registry=home, kafka=())
    return container_addresses(run_dir, made)


def running(service: str, state: str = "running") -> dict[str, Any]:
    """A line of `docker compose ps --format json`."""
    return {
        "Command": '"/docker-entrypoint.…"',
        "CreatedAt": "2026-11-24 12:00:00 +0000 UTC",
        "ExitCode": 0,
        "Health": "healthy" if state == "running" else "",
        "ID": "1553b0236cf4",
        "Image": service,
        "Labels": "com.docker.compose.project=millpond-tests",
        "Name": f"millpond-tests-{service}-1",
        "Project": "millpond-tests",
        "Publishers": [{"URL": "127.0.0.1", "TargetPort": 6379, "PublishedPort": 16379, "Protocol": "tcp"}],
        "RunningFor": "4 minutes ago",
        "Service": service,
        "State": state,
        "Status": "Up 4 minutes (healthy)",
    }


def listed(docker: Path, *lines: dict[str, Any]) -> None:
    (docker / "ps").write_text("\n".join(map(json.dumps, lines)))


def asked(docker: Path) -> list[str]:
    return (docker / "asked").read_text().splitlines()


def test_tests_connect_to_what_is_published_and_flink_to_what_the_network_has(addresses: ContainerAddresses) -> None:
    published = load_settings(ROOT, "compose", environ={})
    settings = addresses.settings(Path("/python"))
    for name in ("kafka", "registry", "flink", "store", "flink_kafka", "flink_registry"):
        assert settings[name] == getattr(published, name)
    assert settings["flink_kafka"] != settings["kafka"]
    assert {path.name for path in addresses.flink_conf.iterdir()} == {"config.yaml", "log4j-cli.properties"}


def test_a_service_that_ended_fails_the_test_it_ends_in(docker: Path, addresses: ContainerAddresses) -> None:
    stack = ContainerStack(addresses)
    listed(docker, running("valkey"), running("kafka", "paused"))
    stack.check()
    listed(docker, running("valkey", "exited"), running("kafka"))
    with pytest.raises(StackError, match=r"valkey[\s\S]*exited|exited[\s\S]*valkey"):
        stack.check()
    assert asked(docker)[-1] == "compose ps --format json -a"


def test_a_service_that_was_told_to_end_is_not_missed_until_it_is_back(
    docker: Path, addresses: ContainerAddresses
) -> None:
    stack = ContainerStack(addresses)
    listed(docker, running("valkey", "exited"))
    stack.kill("valkey")
    stack.check()
    stack.restart("valkey")
    with pytest.raises(StackError):
        stack.check()
    assert [line for line in asked(docker) if " ps " not in line] == [
        "compose kill valkey",
        "compose up --detach --wait --no-deps valkey",
    ]


def test_a_frozen_service_is_a_paused_one(docker: Path, addresses: ContainerAddresses) -> None:
    stack = ContainerStack(addresses)
    stack.freeze("valkey")
    stack.thaw("valkey")
    assert asked(docker) == ["compose pause valkey", "compose unpause valkey"]


def test_what_the_engine_refuses_is_told(docker: Path, addresses: ContainerAddresses) -> None:
    (docker / "refusal").write_text("no such service: valkey")
    with pytest.raises(StackError, match="no such service: valkey"):
        ContainerStack(addresses).stop("valkey")


def test_a_program_of_the_checkout_is_started_watched_and_ended(docker: Path, addresses: ContainerAddresses) -> None:
    stack = ContainerStack(addresses)
    listed(docker, running("valkey"))
    stack.spawn("program", [sys.executable, "-c", "import time; time.sleep(600)"])
    stack.check()
    stack.kill("program")
    stack.check()


def test_an_engine_that_answers_is_one(docker: Path) -> None:
    assert why_no_engine() is None
    assert asked(docker) == ["compose version", "info"]


def test_why_there_is_no_engine_is_told(docker: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (docker / "refusal").write_text("docker: unknown command: docker compose")
    assert why_no_engine() == "`docker compose version`: docker: unknown command: docker compose"
    monkeypatch.setenv("PATH", "/nowhere")
    assert why_no_engine() == "there is no docker command"
