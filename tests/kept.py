"""What long runs found, and on what machine: kept as JSON beside the code that makes a page of it."""

import os
import platform
from pathlib import Path
from typing import TypeVar

import msgspec

_T = TypeVar("_T")


def kept(file: Path, kind: type[_T], nothing: _T) -> _T:
    """What is kept; `nothing` where there is no file."""
    return msgspec.json.decode(file.read_bytes(), type=kind) if file.exists() else nothing


def keep(file: Path, found: object) -> None:
    """Keep it, in place of what is there."""
    file.write_bytes(msgspec.json.format(msgspec.json.encode(found)) + b"\n")


def machine() -> str:
    """What it ran on."""
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
