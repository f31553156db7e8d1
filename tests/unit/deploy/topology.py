"""The stack twice: as local processes, as millpond/local describes them, and as docker-compose.yml has it."""

import re
from pathlib import Path
from typing import Any, Final

import yaml

from millpond.local.blueprint import Sizes, design
from millpond.local.parts.part import Part
from millpond.local.setup import Installation

ROOT: Final = Path(__file__).parents[3]
RUN: Final = Path("/run/folder")
SIZES: Final = Sizes()
ABSENT: Final = None
"""In a table of differences: a setting that containers do without."""


def local_parts() -> dict[str, Part]:
    """Every part of a local stack by its name."""
    made = Installation(
        java=Path("/wheel/bin/java"),
        java_home=Path("/wheel"),
        flink_home=Path("/cache/flink"),
        registry=Path("/cache/registry"),
        kafka=(Path("/cache/kafka.jar"),),
    )
    return {part.name: part for part in design(made, run_dir=RUN, logs=RUN / "logs", sizes=SIZES)[1]}


def services() -> dict[str, dict[str, Any]]:
    """Every service of docker-compose.yml by its name, anchors merged."""
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def compose() -> dict[str, Any]:
    """All of docker-compose.yml."""
    document: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return document


def properties(text: str) -> dict[str, str]:
    """The settings of a .properties file."""
    return dict(line.split("=", 1) for line in text.splitlines())


def mib(size: str) -> int:
    """A size as Docker, Java, Flink or Valkey write it, in MiB."""
    found = re.fullmatch(r"(\d+)(m|mb|g|gb)", size)
    assert found, size
    return int(found[1]) * (1024 if found[2].startswith("g") else 1)


def heap(part: Part) -> list[str]:
    """What a part's Java is told of its heap."""
    return [option for option in part.argv if option.startswith(("-Xms", "-Xmx"))]


def without_differences(ours: dict[str, Any], differences: dict[str, Any]) -> dict[str, Any]:
    """Local settings as containers should have them.

    Raises:
        AssertionError: a difference that is none (any more).
    """
    idle = {name for name, value in differences.items() if ours.get(name) == value}
    assert not idle, f"no differences: {idle}"
    return {name: value for name, value in (ours | differences).items() if value is not ABSENT}
