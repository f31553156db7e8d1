"""In which order answers leave, and up to where a partition is answered; no Kafka in here.

Requests of one key leave in their order; a request that waits holds up nobody else's. So a partition's answers leave in
another order than its requests came, and what may be committed is the offset before which every one was delivered:

    taken       10  11  12  13  14
    delivered    x   x       x        -> 12 may be committed
"""

from collections import deque
from collections.abc import Hashable, Iterator
from typing import Generic, Protocol, TypeVar


class Answerable(Protocol):
    """A request, which has an answer at some time."""

    @property
    def lane(self) -> Hashable:
        """Whose order it keeps."""
        ...

    @property
    def is_answered(self) -> bool:
        """Whether its answer may leave."""
        ...


_T = TypeVar("_T", bound=Answerable)


class Lanes(Generic[_T]):
    """The requests whose answers have not left yet, by lane."""

    def __init__(self) -> None:
        self._lanes: dict[Hashable, deque[_T]] = {}

    def add(self, request: _T) -> None:
        """One came in, behind those of its lane."""
        self._lanes.setdefault(request.lane, deque()).append(request)

    def leaving(self, lane: Hashable) -> Iterator[_T]:
        """Those of a lane that may leave now, in their order; each is taken out."""
        waiting = self._lanes.get(lane)
        while waiting and waiting[0].is_answered:
            yield waiting.popleft()
        if waiting is not None and not waiting:
            self._lanes.pop(lane, None)

    def drop(self, lane: Hashable) -> None:
        """Forget those of a lane."""
        self._lanes.pop(lane, None)


class Progress:
    """How far a partition is answered.

    Args:
        start: the first offset that is to be answered.

    Attributes:
        start: see there.
    """

    def __init__(self, start: int) -> None:
        self.start = start
        self._next = start
        self._open: deque[int] = deque()
        self._done: set[int] = set()

    def took(self, offset: int) -> None:
        """A request was taken; offsets rise, and may leave gaps."""
        self._open.append(offset)
        self._next = offset + 1

    def done(self, offset: int) -> None:
        """Its answer is delivered."""
        self._done.add(offset)
        while self._open and self._open[0] in self._done:
            self._done.remove(self._open.popleft())

    @property
    def position(self) -> int:
        """Before this offset everything is answered and delivered."""
        return self._open[0] if self._open else self._next
