"""The reader that watches a run: a process of its own that asks 200 times a second and writes every answer down.

`python -m tests.faults.reading CONFIG.json`; ends at SIGTERM.
"""

import mmap
import random
import signal
import struct
import sys
import time
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from millpond.plan.clock import now_ms
from millpond.serve import OpenSet, Reader, ReadError
from tests.faults.judge import Reply

OPEN_WITHIN_S: Final = 60.0
INSTANT: Final = struct.Struct("<q")


class Watch(msgspec.Struct, kw_only=True):
    """What the reader does.

    Attributes:
        store, ns, stale_after_ms: of its Reader.
        sets: full names of the sets, version 1.
        requests: by set.
        rate: reads a second.
        timeout_ms: of a read.
        end: the last instant of the replay, ms; half of the reads are as of then.
        instant: the file that holds the instant the replay has come to; the other half are as of that.
        log: where the answers go, one a line.
        seed: of the order of asking.
    """

    store: str
    ns: str
    stale_after_ms: int
    sets: tuple[str, ...]
    requests: tuple[tuple[dict[str, int | str], ...], ...]
    rate: float
    timeout_ms: int
    end: int
    instant: str
    log: str
    seed: int


class SharedInstant:
    """The instant (ms) the replay has come to, told from one process to another through a file."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        if create:
            path.write_bytes(INSTANT.pack(0))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), INSTANT.size)

    @property
    def now(self) -> int:
        """Where it is."""
        instant: int = INSTANT.unpack(self._map[:])[0]
        return instant

    @now.setter
    def now(self, instant: int) -> None:
        self._map[:] = INSTANT.pack(instant)


def _opened(reader: Reader, name: str) -> OpenSet:
    deadline = time.monotonic() + OPEN_WITHIN_S
    while True:
        try:
            return reader.open(name, version=1)
        except ReadError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def watch(config: Watch) -> None:
    """Ask until told to stop."""
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    draw = random.Random(config.seed)
    instant = SharedInstant(Path(config.instant))
    reader = Reader.connect(config.store, ns=config.ns, stale_after_ms=config.stale_after_ms)
    opened = [_opened(reader, name) for name in config.sets]
    encoder = msgspec.json.Encoder()
    due = time.monotonic()
    with Path(config.log).open("ab", buffering=1 << 16) as log:
        while not stopping:
            due = max(due + 1 / config.rate, time.monotonic() - 1.0)  # what an outage kept waiting is not made up for
            wait = due - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            chosen = draw.randrange(len(opened))
            asked = draw.randrange(len(config.requests[chosen]))
            as_of = config.end if draw.random() < 0.5 else instant.now
            if as_of:
                _write(log, encoder, _ask(opened[chosen], config, chosen, asked, as_of))


def _ask(opened: OpenSet, config: Watch, chosen: int, asked: int, as_of: int) -> Reply:
    began = now_ms()
    try:
        vector = opened.read(config.requests[chosen][asked], as_of=as_of, timeout_ms=config.timeout_ms)
    except Exception as error:  # noqa: BLE001 - a read must not raise, whatever happens: it is judged
        return Reply(began, now_ms(), chosen, asked, as_of, raised=repr(error))
    values: Any = vector.values
    return Reply(began, now_ms(), chosen, asked, as_of, vector.statuses, values)


def _write(log: IO[bytes], encoder: msgspec.json.Encoder, reply: Reply) -> None:
    log.write(encoder.encode(reply) + b"\n")


def read_log(path: Path) -> list[Reply]:
    """Every answer written down, in order."""
    decoder = msgspec.json.Decoder(Reply)
    return [decoder.decode(line) for line in path.read_bytes().splitlines()]


if __name__ == "__main__":
    watch(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Watch))
