"""Compiles the Java classes of our jobs into one jar, with a compiler that needs a Java runtime only."""

import hashlib
import os
import subprocess
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from millpond.plan.errors import StackError

JAR_NAME = "millpond-jobs.jar"
# 17 is the oldest Java a Flink 2.x cluster may run on; ours is 21.
RELEASE = "17"
# Zip stamps start in 1980; a fixed one makes the jar depend on the sources alone.
EPOCH = (1980, 1, 1, 0, 0, 0)


def sources_of(folder: Path) -> tuple[Path, ...]:
    """The Java sources under a folder, in a fixed order.

    Raises:
        StackError: there are none.
    """
    found = tuple(sorted(folder.rglob("*.java")))
    if not found:
        raise StackError("no Java sources", where=str(folder), mend="run it from a complete checkout of Millpond")
    return found


def digest_of(sources: Sequence[Path]) -> str:
    """A digest over names and contents: the jar is compiled anew when it changes."""
    digest = hashlib.sha256(RELEASE.encode())
    for source in sources:
        digest.update(f"\0{source.name}\0".encode() + source.read_bytes())
    return digest.hexdigest()


def compile_jar(sources: Sequence[Path], *, java: Path, compiler: Path, classpath: Sequence[Path], jar: Path) -> None:
    """Compile the sources into a jar, which appears whole or not at all.

    Args:
        sources: the *.java files.
        java: the java program of a runtime.
        compiler: the jar of ecj.
        classpath: the jars the sources refer to.
        jar: where the jar goes.
    Raises:
        StackError: the compiler refused; the error holds what it said.
    """
    with tempfile.TemporaryDirectory(dir=jar.parent) as scratch:
        classes = Path(scratch) / "classes"
        options = ["-source", RELEASE, "-target", RELEASE, "-parameters", "-g", "-encoding", "UTF-8", "-proc:none"]
        command = [str(java), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx512m", "-jar", str(compiler)]
        command += [*options, "-cp", os.pathsep.join(map(str, classpath)), "-d", str(classes), *map(str, sources)]
        # -nowarn is not given: warnings are shown when it fails, and cost nothing when it does not.
        ran = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        if ran.returncode != 0:
            said = (ran.stderr or ran.stdout).strip()
            where = str(sources[0].parent)
            raise StackError(f"the Java classes do not compile:\n{said}", where=where, mend="mend the sources")
        built = Path(scratch) / jar.name
        with zipfile.ZipFile(built, "w", zipfile.ZIP_DEFLATED) as archive:
            manifest = "Manifest-Version: 1.0\r\nCreated-By: millpond\r\n\r\n"
            archive.writestr(zipfile.ZipInfo("META-INF/MANIFEST.MF", EPOCH), manifest)
            for path in sorted(classes.rglob("*.class")):
                name = path.relative_to(classes).as_posix()
                archive.writestr(zipfile.ZipInfo(name, EPOCH), path.read_bytes(), zipfile.ZIP_DEFLATED)
        built.replace(jar)
