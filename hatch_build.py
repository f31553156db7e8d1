"""Building the wheel: in pure Python or, with MILLPOND_COMPILED=1, with the read path compiled by mypyc beside it.

`python hatch_build.py` says what this machine lacks to compile, and exits 1 where that is something.
"""

import atexit
import os
import shlex
import shutil
import sys
import sysconfig
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ASKED: Final = "MILLPOND_COMPILED"
COMPILED: Final = {
    "millpond/plan": ("bounds",),
    "millpond/algebra": ("buckets", "contribution", "evaluate", "marks", "partials", "tallies", "values"),
    "millpond/serve": (
        *("answering", "cache", "connections", "cut", "derived", "events", "exchange", "flow", "freshness", "gives"),
        *("many", "own_event", "parcels", "part", "reader", "reading", "request", "rows", "settled", "sightings"),
        *("states", "status", "strips", "tile_events", "trips", "where"),
    ),
    "millpond/store": ("kept", "keys", "parts", "records", "strip"),
}
"""The modules that a read runs through. In one library, for calls from one to the other to be direct."""

MODULES: Final = tuple(f"{folder}/{name}.py" for folder, names in COMPILED.items() for name in names)


def missing() -> str:
    """What this machine lacks to compile, and how to get it; empty where it lacks nothing."""
    if sys.platform == "win32":
        return ""  # where its compiler lies, setuptools alone knows
    compiler = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")[0]
    lacks = [] if shutil.which(compiler) else [f"no C compiler ({compiler})"]
    if not Path(sysconfig.get_path("include"), "Python.h").is_file():
        lacks.append("no Python.h")
    if not lacks:
        return ""
    return (
        f"error: the read path cannot be compiled here: {' and '.join(lacks)}\n"
        "  mend: install them (Debian: apt-get install gcc python3-dev; elsewhere the headers come with Python itself)"
    )


class Compiling(BuildHookInterface[Any]):
    """Puts extension modules beside the files they are compiled from; nothing is written into the tree."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What compiling takes: mypyc, and the packages whose types the compiled modules are checked against."""
        if not _is_asked():
            return []
        core = self.metadata.core
        compiling: list[str] = self.metadata.config["dependency-groups"]["compile"]
        return [*compiling, *core.dependencies, *core.optional_dependencies["serve"]]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile; an editable install reads its source, and stays as it is."""
        if version == "editable" or not _is_asked():
            return
        if lacks := missing():
            raise SystemExit(lacks)
        folder = mkdtemp(prefix="millpond-compiled-")
        atexit.register(shutil.rmtree, folder)  # the wheel is made after this
        made = _compile(Path(self.root), Path(folder))
        build_data["force_include"].update({str(file): where for where, file in made.items()})
        build_data["pure_python"], build_data["infer_tag"] = False, True


def _is_asked() -> bool:
    return os.environ.get(ASKED, "") not in ("", "0")


def _compile(root: Path, folder: Path) -> dict[str, Path]:
    """The extension modules, by their place in the wheel."""
    from mypyc.build import mypycify
    from setuptools import Distribution
    from setuptools.command.build_ext import build_ext

    os.chdir(root)  # mypy names modules, and finds its settings, by where it is
    # Which `type: ignore` is needed differs between the versions of other packages.
    options = [f"--cache-dir={folder / 'types'}", "--no-warn-unused-ignores"]
    extensions = mypycify([*options, *MODULES], debug_level="0", target_dir=str(folder / "c"), group_name="millpond")
    build = build_ext(Distribution({"name": "millpond", "ext_modules": extensions}))
    build.build_lib, build.build_temp = str(folder / "made"), str(folder / "objects")
    build.ensure_finalized()
    build.run()
    made = {str(file.relative_to(build.build_lib)): file for file in Path(build.build_lib).rglob("*") if file.is_file()}
    built = {where.partition(".")[0] for where in made}
    if not {module.removesuffix(".py") for module in MODULES} <= built:
        raise SystemExit(f"error: compiled is only {' '.join(sorted(made))}")
    return made


if __name__ == "__main__":
    raise SystemExit(missing() or 0)
