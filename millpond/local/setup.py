"""Makes everything the local stack needs: artifacts fetched, registry unpacked, FLINK_HOME assembled, jobs compiled."""

import fcntl
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from millpond.local import artifacts, flink_home, javac, lock
from millpond.local.progress import Progress, Report, silent
from millpond.local.workspace import Workspace
from millpond.plan.errors import StackError


@dataclass(frozen=True, kw_only=True)
class Installation:
    """What the set-up made, ready to be started."""

    java: Path
    java_home: Path
    flink_home: Path
    registry: Path
    kafka: tuple[Path, ...]


def ensure(workspace: Workspace, *, report: Report = silent, rehash: bool = False) -> Installation:
    """Make what is missing; a few milliseconds when nothing is.

    Args:
        workspace: where things are.
        report: told what is being done.
        rehash: verify the digests of cached files too.
    Raises:
        StackError: an artifact cannot be fetched or is not the pinned one, Flink's environment is missing,
            or the Java classes do not compile.
    """
    cache = workspace.cache
    pins = lock.read()
    wheel = workspace.flink_wheel()
    sources = javac.sources_of(workspace.java_sources)
    with _alone(cache, report):
        artifacts.fetch(pins, cache, report=report, rehash=rehash)
        (registry_pin,) = (pin for pin in pins if pin.use == "registry")
        registry = cache / "registry" / f"{registry_pin.coordinate.version}-{registry_pin.sha256[:12]}"
        if not registry.is_dir():
            report(Progress(part="registry", phase="building", detail="unpacking"))
            _unpack(artifacts.path_of(registry_pin.coordinate, cache), registry)
        connectors = artifacts.paths_for("flink", cache)
        home = cache / "flink" / flink_home.key_of(wheel, connectors, javac.digest_of(sources))
        if not home.is_dir():
            report(Progress(part="jobs", phase="building", detail=f"compiling {len(sources)} Java classes"))
            (compiler,) = artifacts.paths_for("compiler", cache)
            flink_home.assemble(
                home, wheel=wheel, connectors=connectors, java=workspace.java, compiler=compiler, sources=sources
            )
    return Installation(
        java=workspace.java,
        java_home=workspace.java_home,
        flink_home=home,
        registry=registry,
        kafka=artifacts.paths_for("kafka", cache),
    )


def _unpack(archive: Path, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".unpack-") as scratch:
        draft = Path(scratch) / folder.name
        draft.mkdir()
        with tarfile.open(archive) as tar:
            # Debian 12 has Python 3.11.2, which knows no filters; the archive is the one that was pinned.
            if hasattr(tarfile, "data_filter"):
                tar.extractall(draft, filter="data")
            else:
                tar.extractall(draft)  # noqa: S202
        draft.rename(folder)


@contextmanager
def _alone(cache: Path, report: Report) -> Iterator[None]:
    """Hold the cache's lock: of two set-ups at once, the second waits and finds the work done."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report(Progress(part="downloads", phase="fetching", detail="waiting for another set-up on this machine"))
            fcntl.flock(file, fcntl.LOCK_EX)
        # Under the lock nobody else is at work: what lies here was left by one that was killed.
        for leftover in [cache / "partial", *cache.glob("*/.assemble-*"), *cache.glob("*/.unpack-*")]:
            shutil.rmtree(leftover, ignore_errors=True)
        yield


def main() -> int:
    """`python -m millpond.local.setup`: idempotent; prints what it made."""
    from rich.console import Console

    from millpond.local.view import live_report

    try:
        with live_report(Console(stderr=True)) as report:
            made = ensure(Workspace.find(), report=report, rehash=True)
    except StackError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; run it again, what is done stays done", file=sys.stderr)
        return 130
    print(f"java        {made.java_home}\nflink home  {made.flink_home}\nregistry    {made.registry}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
