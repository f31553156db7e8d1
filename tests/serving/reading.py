"""A reader that watches a run: a process of its own that reads the present at an even pace and writes it all down.

`python -m tests.serving.reading CONFIG.json`; ends at SIGTERM.
"""

import asyncio
import random
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final, Literal

import msgspec

from millpond.plan.clock import now_ms
from millpond.serve import AsyncReader, Reader, Vector
from tests.faults.judge import Reply

Kind = Literal["Reader", "AsyncReader"]
MOST_AT_ONCE: Final = 64


class Watch(msgspec.Struct, kw_only=True):
    """What a reader does.

    Attributes:
        kind: which one it is.
        store, ns, stale_after_ms: of it.
        sets: full names of the sets, version 1.
        requests: of every set.
        rate: reads a second.
        timeout_ms: of a read.
        log: where the answers go, one a line.
        seed: of the order of asking.
    """

    kind: Kind
    store: str
    ns: str
    stale_after_ms: int
    sets: tuple[str, ...]
    requests: tuple[dict[str, int | str], ...]
    rate: float
    timeout_ms: int
    log: str
    seed: int


def _asked(config: Watch) -> Iterator[tuple[float, int, int]]:
    """When, on the monotonic clock, which set and which request."""
    draw = random.Random(config.seed)
    due = time.monotonic()
    while True:
        due = max(due + 1 / config.rate, time.monotonic() - 1.0)  # what an outage kept waiting is not made up for
        yield due, draw.randrange(len(config.sets)), draw.randrange(len(config.requests))


def _told(began: int, chosen: int, asked: int, said: Vector | Exception) -> Reply:
    if isinstance(said, Exception):
        return Reply(began, now_ms(), chosen, asked, 0, raised=repr(said))
    values: Any = said.values
    return Reply(began, now_ms(), chosen, asked, said.as_of, said.statuses, values)


def watch(config: Watch, write: Any, stop: threading.Event) -> None:
    """Ask from this thread until told to stop."""
    with Reader.connect(config.store, ns=config.ns, stale_after_ms=config.stale_after_ms) as reader:
        opened = [reader.open(name, version=1) for name in config.sets]
        for due, chosen, asked in _asked(config):
            if stop.wait(max(0.0, due - time.monotonic())):
                return
            began = now_ms()
            said: Vector | Exception
            try:
                said = opened[chosen].read(config.requests[asked], timeout_ms=config.timeout_ms)
            except Exception as error:  # noqa: BLE001 - a read must not raise, whatever happens: it is judged
                said = error
            write(_told(began, chosen, asked, said))


async def watch_async(config: Watch, write: Any, stop: threading.Event) -> None:
    """Ask from an event loop until told to stop, many at once where answers take long."""
    slots = asyncio.Semaphore(MOST_AT_ONCE)

    async with AsyncReader.connect(config.store, ns=config.ns, stale_after_ms=config.stale_after_ms) as reader:
        opened = [await reader.open(name, version=1) for name in config.sets]

        async def ask(chosen: int, asked: int) -> None:
            began = now_ms()
            said: Vector | Exception
            try:
                said = await opened[chosen].read(config.requests[asked], timeout_ms=config.timeout_ms)
            except Exception as error:  # noqa: BLE001 - as above
                said = error
            finally:
                slots.release()
            write(_told(began, chosen, asked, said))

        async with asyncio.TaskGroup() as asking:
            for due, chosen, asked in _asked(config):
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                if stop.is_set():
                    return
                await slots.acquire()
                asking.create_task(ask(chosen, asked))


def main() -> None:
    """Watch as the configuration says."""
    config = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Watch)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    encoder = msgspec.json.Encoder()
    with Path(config.log).open("ab", buffering=1 << 16) as log:

        def write(reply: Reply, to: IO[bytes] = log) -> None:
            to.write(encoder.encode(reply) + b"\n")

        if config.kind == "Reader":
            watch(config, write, stop)
        else:
            asyncio.run(watch_async(config, write, stop))


if __name__ == "__main__":
    main()
