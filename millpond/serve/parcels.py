"""What is sent to the store at once, and what comes of it."""

from collections.abc import Generator, Sequence
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from millpond.serve.part import Command
from millpond.store.shards import Shard

_T = TypeVar("_T")


class Parcel(NamedTuple):
    """Commands for one shard, to be sent at once.

    Attributes:
        shard: where to.
        commands: in their order.
        is_anew: over a connection that is opened for it: those that there are may be broken, too.
    """

    shard: Shard
    commands: Sequence[Command]
    is_anew: bool


class Trip(NamedTuple):
    """Parcels sent side by side, and the instant (s, monotonic) by which their answers count."""

    parcels: Sequence[Parcel]
    deadline: float


class Answer(NamedTuple):
    """What came of a parcel.

    Attributes:
        replies: one a command; those of the store's that are errors are exceptions.
        connection: the number of the connection it came over: they are numbered as they are opened.
        opened: how many had been opened to the shard when the parcel was sent.
        has_errors: some of the replies are.
        recalled: how many of the replies the connection's cache held.
    """

    replies: list[Any]
    connection: int
    opened: int
    has_errors: bool
    recalled: int = 0


class Failure(NamedTuple):
    """What came of a parcel, or of a command, that was not answered.

    Attributes:
        reason: what a vector says of it.
        is_broken: the connection broke, or was to a server that is none any more; another may work.
        is_refused: the store said that it will not.
    """

    reason: str
    is_broken: bool = False
    is_refused: bool = False


Result: TypeAlias = Answer | Failure
Trips: TypeAlias = Generator[Trip, list[Result], _T]

LATE: Final = Failure("TimeoutError: there was no whole answer in time")
