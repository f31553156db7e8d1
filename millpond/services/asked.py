"""A request on its way through the enricher."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Final

from confluent_kafka import Message

from millpond.serve import Status
from millpond.serve.own_event import RequestEvent

Headers = Sequence[tuple[str, str | bytes | None]]
BESIDE: Final = 512  # bytes that a request takes beside its own


class DeadLetter(Exception):
    """A request that cannot be answered.

    Attributes:
        reason: one word, as of the jobs' dead letters.
        detail: for people.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


class Asked:
    """One request.

    Attributes:
        partition, offset, arrival: of its record; when it arrived is in ms.
        key, value, headers: as they came.
        taken_at: monotonic s.
        due_at: when it is looked at next, monotonic s.
        request: its fields; None until they could be read.
        event: as an event, where the set has `own_event`.
        refused: why no job counts that event; None where they do.
        status: of the vector that it is answered with.
        answer: what leaves: a reply's value, or why it is a dead letter; None until then.
    """

    __slots__ = (
        *("answer", "arrival", "due_at", "event", "headers", "key", "offset", "partition", "refused", "request"),
        *("status", "taken_at", "value"),
    )

    def __init__(self, message: "Message[bytes, bytes]", taken_at: float) -> None:
        partition, offset = message.partition(), message.offset()
        assert partition is not None and offset is not None, "it has been consumed"
        self.partition: int = partition
        self.offset: int = offset
        self.arrival: int = message.timestamp()[1]
        self.key: bytes | None = message.key()
        self.value: bytes | None = message.value()
        headers = message.headers() or ()
        assert not isinstance(headers, dict), "a consumer gives pairs"
        self.headers: Headers = headers
        self.taken_at = taken_at
        self.due_at = taken_at
        self.request: Mapping[str, Any] | None = None
        self.event: RequestEvent | None = None
        self.refused: str | None = None
        self.status: Status = "unavailable"
        self.answer: bytes | DeadLetter | None = None

    @property
    def lane(self) -> Hashable:
        """Whose order it keeps: that of its key; those without a key are of one."""
        return self.partition, self.key

    @property
    def is_answered(self) -> bool:
        """Whether its answer may leave."""
        return self.answer is not None

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return BESIDE + len(self.key or b"") + len(self.value or b"")
