"""Fetches the pinned Maven artifacts into the cache, each verified by sha256 before it is put there."""

import argparse
import hashlib
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

from millpond.local import lock
from millpond.local.lock import Coordinate, Pin, Use
from millpond.local.progress import Progress, Report, silent
from millpond.local.workspace import Workspace
from millpond.plan.errors import StackError

# What the stack is made of. Kafka's tree is resolved when relocking; the others stand alone (shaded or self-contained).
ROOTS: tuple[tuple[Use, str], ...] = (
    ("kafka", "org.apache.kafka:kafka_2.13:4.2.0:jar"),
    # The binding of the slf4j-api that Kafka 4.2.0 depends on; without one the broker logs nothing.
    ("kafka", "org.slf4j:slf4j-simple:1.7.36:jar"),
    ("registry", "io.apicurio:apicurio-registry-app:3.3.3:all:tar.gz"),
    ("flink", "org.apache.flink:flink-sql-connector-kafka:5.0.0-2.2:jar"),
    ("flink", "org.apache.flink:flink-sql-avro-confluent-registry:2.3.0:jar"),
    ("compiler", "org.eclipse.jdt:ecj:3.41.0:jar"),
)
WITH_DEPENDENCIES = ("org.apache.kafka:kafka_2.13:4.2.0:jar",)

THREADS = 6
ATTEMPTS = 3
SOCKET_TIMEOUT_S = 20


class _Cancelled(Exception):
    """Raised inside a download when another one failed or the user asked to stop."""


def path_of(coordinate: Coordinate, cache: Path) -> Path:
    """Where the file stands in the cache, fetched or not."""
    return cache / "artifacts" / coordinate.path


def paths_for(use: Use, cache: Path) -> tuple[Path, ...]:
    """The cached files of one use, in the lock's order."""
    return tuple(path_of(pin.coordinate, cache) for pin in lock.read() if pin.use == use)


def sha256_of(path: Path) -> str:
    """The hex digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch(pins: Sequence[Pin], cache: Path, *, report: Report = silent, rehash: bool = False) -> None:
    """Put every pinned file into the cache that is not there yet.

    A file reaches its place only whole and verified, by an atomic rename, so its presence is proof enough and
    an interrupted or concurrent fetch is harmless.

    Args:
        pins: what to fetch.
        cache: the cache folder.
        report: told the bytes so far, from several threads.
        rehash: verify what is already cached too, and fetch again what was damaged since.
    Raises:
        StackError: a file cannot be fetched, or is not the file that was pinned.
    """
    missing = [pin for pin in pins if not _is_cached(pin, cache, rehash=rehash)]
    if not missing:
        return
    partial = cache / "partial"
    partial.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=partial))
    cancel = threading.Event()
    meter = _Meter(report, files=len(missing), cancel=cancel)
    try:
        with ThreadPoolExecutor(THREADS, thread_name_prefix="fetch") as pool:
            try:
                # The largest file takes the longest: started first, it does not stand alone at the end.
                ordered = sorted(missing, key=lambda pin: pin.use != "registry")
                for done in as_completed([pool.submit(_fetch_one, pin, cache, folder, meter) for pin in ordered]):
                    done.result()
                    meter.file_done()
            except BaseException:
                cancel.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _is_cached(pin: Pin, cache: Path, *, rehash: bool) -> bool:
    path = path_of(pin.coordinate, cache)
    return path.exists() and (not rehash or sha256_of(path) == pin.sha256)


def _fetch_one(pin: Pin, cache: Path, folder: Path, meter: "_Meter") -> None:
    fetched = _download(pin.coordinate, folder, meter)
    digest = sha256_of(fetched)
    if digest != pin.sha256:
        raise StackError(
            f"the file fetched is not the file pinned: sha256 {digest}, expected {pin.sha256}",
            where=str(pin.coordinate),
            mend="do not use it; try again without a proxy or mirror in between, and if it stays so report it",
        )
    target = path_of(pin.coordinate, cache)
    target.parent.mkdir(parents=True, exist_ok=True)
    fetched.replace(target)


def _download(coordinate: Coordinate, folder: Path, meter: "_Meter") -> Path:
    # Imported here: together they take half a second, and all but the first start of a stack fetch nothing.
    import requests
    from jgo.maven import MavenContext, PythonResolver

    # A context a call: jgo writes straight to its cache path, so every download gets a folder of its own.
    for attempt in range(1, ATTEMPTS + 1):
        meter.check()
        context = MavenContext(
            repo_cache=Path(tempfile.mkdtemp(dir=folder)),
            resolver=PythonResolver(progress_callback=meter.file),
            timeout=SOCKET_TIMEOUT_S,
        )
        component = context.project(coordinate.group, coordinate.name).at_version(coordinate.version)
        try:
            path: Path = component.artifact(coordinate.classifier, coordinate.packaging).resolve()
            return path
        except (requests.RequestException, RuntimeError) as error:  # jgo raises RuntimeError for any status but 200
            if attempt == ATTEMPTS:
                raise StackError(
                    f"cannot be fetched: {error}",
                    where=str(coordinate),
                    mend="check the network and its settings (HTTPS_PROXY, REQUESTS_CA_BUNDLE), then run it again",
                ) from error
            time.sleep(attempt)
    raise AssertionError("unreachable: the last attempt returns or raises")


class _Meter:
    """Adds up the bytes of parallel downloads, and stops them when asked to."""

    def __init__(self, report: Report, *, files: int, cancel: threading.Event) -> None:
        self._report = report
        self._cancel = cancel
        self._lock = threading.Lock()
        self._files = files
        self._files_done = 0
        self._bytes = 0
        self._bytes_known = 0

    @contextmanager
    def file(self, _name: str, size: int) -> Iterator[Callable[[int], None]]:
        """jgo's progress callback: entered once a file, called with the size of each chunk."""
        with self._lock:
            self._bytes_known += size
        yield self._add

    def _add(self, count: int) -> None:
        self.check()
        with self._lock:
            before = self._bytes
            self._bytes += count
            # Chunks are 8 KiB: telling about every one would cost more than the download.
            if before >> 20 != self._bytes >> 20:
                self._tell()

    def check(self) -> None:
        if self._cancel.is_set():
            raise _Cancelled

    def file_done(self) -> None:
        with self._lock:
            self._files_done += 1
            self._tell()

    def _tell(self) -> None:
        text = f"{self._files_done} of {self._files} files, {self._bytes >> 20} MiB"
        known = self._bytes_known
        self._report(Progress(part="downloads", phase="fetching", detail=text, done=self._bytes, total=known))


def relock(*, report: Report = silent) -> tuple[Pin, ...]:
    """Resolve ROOTS anew and fetch every file; returns the pins, digests as fetched just now.

    Raises:
        StackError: a file cannot be fetched.
    """
    from jgo.maven import MavenContext

    chosen: dict[Coordinate, Use] = {}
    with tempfile.TemporaryDirectory() as scratch:
        context = MavenContext(repo_cache=Path(scratch), timeout=SOCKET_TIMEOUT_S)
        for use, text in ROOTS:
            chosen.setdefault(Coordinate.parse(text), use)
            if text not in WITH_DEPENDENCIES:
                continue
            root = Coordinate.parse(text)
            dependency = context.create_dependency(f"{root.group}:{root.name}:{root.version}")
            _, transitive = context.resolver.resolve([dependency])
            for found in (each.artifact for each in transitive if each.scope in ("compile", "runtime")):
                coordinate = Coordinate(
                    group=found.groupId,
                    name=found.artifactId,
                    version=found.version,
                    classifier=found.classifier,
                    packaging=found.packaging,
                )
                chosen.setdefault(coordinate, use)
        meter = _Meter(report, files=len(chosen), cancel=threading.Event())
        with ThreadPoolExecutor(THREADS) as pool:
            digests = pool.map(lambda coordinate: sha256_of(_download(coordinate, Path(scratch), meter)), chosen)
            return tuple(
                Pin(use=use, coordinate=coordinate, sha256=digest)
                for (coordinate, use), digest in zip(chosen.items(), digests, strict=True)
            )


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m millpond.local.artifacts [--relock]`: fetch and verify, or pin anew."""
    parser = argparse.ArgumentParser(prog="python -m millpond.local.artifacts", description=__doc__)
    parser.add_argument("--relock", action="store_true", help="resolve versions anew and rewrite artifacts.lock")
    options = parser.parse_args(arguments)
    cache = Workspace.find().cache
    if options.relock:
        pins = relock()
        lock.LOCK_PATH.write_text(lock.render(pins))
        print(f"{lock.LOCK_PATH.name}: {len(pins)} files pinned")
        return 0
    try:
        pins = lock.read()
        fetch(pins, cache, rehash=True)
    except StackError as error:
        sys.stderr.write(f"error: {error}" + "\n")
        return 2
    print(f"{len(pins)} files verified in {cache / 'artifacts'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
