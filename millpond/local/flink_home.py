"""A FLINK_HOME of ours: the distribution inside the pyflink wheel, with our connectors and job classes added."""

import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from millpond.local import javac

LINKED = ("opt", "plugins")
# Copies: Flink's config.sh resolves links, and from a linked bin/ it would take the wheel's own lib/.
COPIED = ("bin", "conf")


def key_of(wheel: Path, connectors: Sequence[Path], sources_digest: str) -> str:
    """Twelve hex digits over all that goes in: another input makes another folder, so that none ever changes in use."""
    distribution = sorted(jar.name for jar in (wheel / "lib").glob("*.jar"))
    inputs = [str(wheel), *distribution, *map(str, connectors), sources_digest]
    return hashlib.sha256("\0".join(inputs).encode()).hexdigest()[:12]


def assemble(
    home: Path, *, wheel: Path, connectors: Sequence[Path], java: Path, compiler: Path, sources: Sequence[Path]
) -> None:
    """Build the folder `home`, which appears whole or not at all.

    Args:
        home: the folder to make; its parent is made too.
        wheel: the pyflink package.
        connectors: further jars for lib/.
        java: the java program that runs the compiler.
        compiler: the jar of ecj.
        sources: the Java classes of our jobs.
    Raises:
        StackError: the sources do not compile.
    """
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent, prefix=".assemble-") as scratch:
        draft = Path(scratch) / home.name
        lib = draft / "lib"
        lib.mkdir(parents=True)
        for name in COPIED:
            shutil.copytree(wheel / name, draft / name)
        for name in LINKED:
            (draft / name).symlink_to(wheel / name, target_is_directory=True)
        for jar in [*sorted((wheel / "lib").glob("*.jar")), *connectors]:
            (lib / jar.name).symlink_to(jar)
        classpath = sorted(lib.glob("*.jar"))
        javac.compile_jar(sources, java=java, compiler=compiler, classpath=classpath, jar=lib / javac.JAR_NAME)
        try:
            draft.rename(home)
        except OSError:
            # Another process finished the same folder first; its content is the same by the key in its name.
            if not home.is_dir():
                raise
