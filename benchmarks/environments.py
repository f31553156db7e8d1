"""Environments that benchmarks need besides their own; the Makefile makes them, where such a benchmark is run."""

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Final

from millpond.plan.errors import MillpondError

ROOT: Final = Path(__file__).resolve().parents[1]


def make(target: str, *, mend: str) -> None:
    """Make one; nothing is done where it is made.

    Raises:
        MillpondError: it was not made.
    """
    env = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    if subprocess.run(["make", target], cwd=ROOT, env=env, stdout=sys.stderr, check=False).returncode:
        raise MillpondError(f"`make {target}` failed", where=str(ROOT), mend=mend)


def versions(folder: Path, packages: tuple[str, ...]) -> dict[str, str]:
    """Of the packages, as they are installed in an environment, in this order; those that are not are left out."""
    places = [str(place) for place in folder.glob("lib/python3*/site-packages")]
    found = {one.name: one.version for one in metadata.distributions(path=places)}
    return {name: found[name] for name in packages if name in found}
