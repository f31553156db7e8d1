"""Signals that ask to stop, made into exceptions, and put off where one must not fall."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _exit(number: int, _frame: FrameType | None) -> None:
    # 128 + n is what a shell reports for a program ended by signal n.
    raise SystemExit(128 + number)


def in_main_thread() -> bool:
    """Whether Python runs signal handlers in this thread."""
    return threading.current_thread() is threading.main_thread()


@contextmanager
def as_exit() -> Iterator[None]:
    """Inside, SIGTERM and SIGHUP raise SystemExit, so that `finally` runs; SIGINT raises KeyboardInterrupt anyway.

    Handlers somebody else has set stay. Outside the main thread nothing changes.
    """
    if not in_main_thread():
        yield
        return
    taken = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) is signal.SIG_DFL]
    try:
        for number in taken:
            signal.signal(number, _exit)
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


@contextmanager
def put_off() -> Iterator[None]:
    """Inside, a stopping signal waits; it is delivered at the end. For steps that must not be cut in two.

    Outside the main thread nothing changes: Python raises there nothing anyway.
    """
    if not in_main_thread():
        yield
        return
    waiting: list[int] = []
    before = {number: signal.getsignal(number) for number in STOPPING}
    try:
        for number, handler in before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, lambda caught, _frame: waiting.append(caught))
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for caught in waiting[:1]:
            signal.raise_signal(signal.Signals(caught))
