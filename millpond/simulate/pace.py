"""When each event of a stream is sent."""

from collections.abc import Callable, Iterable, Iterator

from millpond.simulate.simulation import Sent

Due = Callable[[int, Sent], int]
"""The instant (ms UTC) from which on the n-th event, counted from 0, may be sent."""


def at_once(_number: int, _sent: Sent) -> int:
    """As fast as it goes."""
    return 0


def at_rate(events_a_second: float, *, began_ms: int) -> Due:
    """Evenly, from an instant on, whenever the events arrived."""

    def due(number: int, _sent: Sent) -> int:
        return began_ms + int(number * 1_000 / events_a_second)

    return due


def as_it_arrives(_number: int, sent: Sent) -> int:
    """Never before its arrival; what arrived already at once."""
    return sent.arrival_ms


def paced(
    stream: Iterable[Sent],
    due: Due,
    *,
    clock: Callable[[], int],
    wait: Callable[[int], None],
    stopped: Callable[[], bool],
) -> Iterator[Sent]:
    """The stream, each event when it is due, until all is sent or it is stopped.

    Args:
        clock: the present instant, ms UTC.
        wait: returns after so many ms, or earlier.
        stopped: asked before each event and after each wait.
    """
    for number, sent in enumerate(stream):
        while not stopped() and (early := due(number, sent) - clock()) > 0:
            wait(early)
        if stopped():
            return
        yield sent
