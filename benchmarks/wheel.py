"""The Reader as it is installed where it matters: from the compiled wheel, in an environment and a process of its own.

`python -m benchmarks.wheel NAME`, run by that environment's Python, measures one and prints what it gave as JSON.
"""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.environments import ROOT, make
from benchmarks.figures import Benchmark, Figures
from benchmarks.world import Say, World
from hatch_build import missing
from millpond.plan.errors import MillpondError
from millpond.serve import flow

PYTHON: Final = ROOT / ".venv-compiled" / "bin" / "python"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a benchmark gave, and whether the read path that was imported is compiled."""

    figures: Figures
    compiled: bool


def is_compiled() -> bool:
    """Whether the read path that this process runs is."""
    return str(flow.__file__).endswith((".so", ".pyd"))


def environment(say: Say) -> Path | None:
    """The Python that has the wheel, which is built where the source is newer; None where nothing can be compiled.

    Raises:
        MillpondError: it was not built.
    """
    if lacks := missing():
        say(f"{lacks}\npure Python is measured instead")
        return None
    make("compiled", mend="see above, or measure pure Python: PURE=1")
    return PYTHON


def run(benchmark: Benchmark, python: Path) -> Outcome:
    """Measure one there.

    Raises:
        MillpondError: it was not measured, or what was is not the wheel.
    """
    # Without the working directory on the path, where the tree's own millpond lies.
    argv = [str(python), "-P", "-m", "benchmarks.wheel", benchmark.name]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE) as process:
        try:
            told, _ = process.communicate()
        except BaseException:
            process.send_signal(signal.SIGINT)  # its store is to be stopped
            process.wait()
            raise
    if process.returncode:
        raise MillpondError(f"{benchmark.name} was not measured", mend="see above")
    outcome = msgspec.json.decode(told, type=Outcome)
    if not outcome.compiled:
        raise MillpondError(f"{benchmark.name} measured what is not compiled", mend="make clean, and run it again")
    return outcome


def main(name: str) -> None:
    """Measure one here."""
    from benchmarks.runner import chosen  # which imports this module

    (benchmark,) = chosen([name])
    with World(lambda line: print(line, file=sys.stderr, flush=True)) as world:
        outcome = Outcome(figures=benchmark.run(world), compiled=is_compiled())
    print(msgspec.json.encode(outcome).decode())


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except MillpondError as error:
        raise SystemExit(f"error: {error}") from error
    except KeyboardInterrupt:
        raise SystemExit(1) from None
