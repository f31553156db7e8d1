"""Ctrl-C: what it comes as, and how a program ends of it; for a verb that is to end in good order it is but told."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

STOPPING: Final = (signal.SIGINT, signal.SIGTERM)
INTERRUPTED: Final = 130


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


def is_interrupt(stop: BaseException) -> bool:
    """Whether it is Ctrl-C: DuckDB makes one that falls into a query a RuntimeError of its own, without a cause."""
    return isinstance(stop, KeyboardInterrupt) or (isinstance(stop, RuntimeError) and str(stop) == "Query interrupted")


@contextmanager
def interruptible(say: Callable[[str], object], left: str) -> Iterator[None]:
    """Inside, Ctrl-C ends the program, which says so.

    Args:
        say: prints a line.
        left: what it leaves behind, to be said with it.
    """
    import typer  # not at the top: what runs before the verbs are imported asks for the above alone

    try:
        yield
    except (KeyboardInterrupt, RuntimeError) as stop:
        if not is_interrupt(stop):
            raise
        say(f"interrupted; {left}")
        raise typer.Exit(INTERRUPTED) from None
