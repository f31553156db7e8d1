"""Ctrl-C for a verb that is to end in good order."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

STOPPING: Final = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """Whether somebody asked to stop; `code` is what a shell then expects."""

    code = 0

    def __call__(self) -> bool:
        """True once it was asked."""
        return self.code != 0


@contextmanager
def told_to_stop() -> Iterator[Stop]:
    """Inside, a first SIGINT or SIGTERM is told by what this gives; a second one ends the verb as it always would."""
    before = {number: signal.getsignal(number) for number in STOPPING}
    stop = Stop()

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def note(number: int, _frame: FrameType | None) -> None:
        stop.code = 128 + number
        restore()

    for number in STOPPING:
        signal.signal(number, note)
    try:
        yield stop
    finally:
        restore()
