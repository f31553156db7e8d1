"""The jars a Flink distribution lacks to run our jobs: its connectors, and our job classes compiled against it."""

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from millpond.local import artifacts, javac, lock
from millpond.local.workspace import Workspace
from millpond.plan.errors import StackError


def make(workspace: Workspace, *, sources: Path, distribution: Path, into: Path) -> tuple[Path, ...]:
    """Put the jars into a folder, for a distribution's lib/.

    Args:
        workspace: where Java and the cache are.
        sources: the folder of our Java classes.
        distribution: the lib/ of the Flink distribution they will run in.
        into: the folder to fill; it is made.
    Raises:
        StackError: a connector cannot be fetched or is not the pinned one, or the classes do not compile.
    """
    artifacts.fetch([pin for pin in lock.read() if pin.use in ("flink", "compiler")], workspace.cache)
    connectors = artifacts.paths_for("flink", workspace.cache)
    (compiler,) = artifacts.paths_for("compiler", workspace.cache)
    into.mkdir(parents=True, exist_ok=True)
    made = [Path(shutil.copy(connector, into)) for connector in connectors]
    jar = into / javac.JAR_NAME
    classpath = [*sorted(distribution.glob("*.jar")), *made]
    javac.compile_jar(javac.sources_of(sources), java=workspace.java, compiler=compiler, classpath=classpath, jar=jar)
    return (*made, jar)


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m millpond.local.jars --sources jobs/java --distribution FLINK/lib --into FOLDER`."""
    parser = argparse.ArgumentParser(prog="python -m millpond.local.jars", description=__doc__)
    parser.add_argument("--sources", type=Path, required=True, help="the folder of our Java classes")
    parser.add_argument("--distribution", type=Path, required=True, help="the lib/ of a Flink distribution")
    parser.add_argument("--into", type=Path, required=True, help="the folder to fill")
    options = parser.parse_args(arguments)
    try:
        made = make(Workspace.find(), sources=options.sources, distribution=options.distribution, into=options.into)
    except StackError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(*made, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
