"""Requests as the Reader takes them: from the bytes of a record, or why they are none."""

from collections.abc import Callable, Mapping
from typing import Any

from millpond.materialize.decode import EventReader
from millpond.plan.errors import MillpondError, ReadError
from millpond.plan.model import SourcePlan
from millpond.services.acceptance import refusal
from millpond.services.asked import Asked, DeadLetter
from millpond.services.recent import Recent
from millpond.services.registry import Json, UnknownSchema

_SAYS: Mapping[str, str] = {
    "null_value": "the record has no value",
    "bad_magic": "not in the Confluent wire format",
    "truncated": "it ends before its schema does",
    "undecodable": "its bytes are no such record",
    "non_finite": "a float or double is NaN or infinite",
}


class RequestReader:
    """Reads requests.

    Args:
        recent: what takes requests as events; None where they are none.
        fetch: gives the schema of an id, or raises UnknownSchema or RegistryAway.
        largest: bytes that a request may have.
    """

    def __init__(self, recent: Recent | None, fetch: Callable[[int], Json], *, largest: int) -> None:
        # Events are read as the jobs read them, with the source's own schema; any other request as it was written.
        self._source: SourcePlan | None = None if recent is None else recent.source
        self._events = EventReader(self._source, fetch)
        self._recent = recent
        self._largest = largest

    def read(self, asked: Asked) -> None:
        """Give a request its fields, and its event.

        Raises:
            DeadLetter: it has none.
            RegistryAway: that cannot be told yet.
        """
        request = self._fields(asked.value)
        if self._recent is not None:
            try:
                asked.event = self._recent.event(request)
            except ReadError as wrong:
                raise DeadLetter("bad_request", one_line(wrong)) from wrong
            if self._source is not None:
                asked.refused = refusal(self._source, asked.event.ts, asked.arrival)
        asked.request = request

    def _fields(self, value: bytes | None) -> Mapping[str, Any]:
        if value is not None and len(value) > self._largest:
            raise DeadLetter("oversize", f"{len(value)} bytes, and at most {self._largest} are taken")
        try:
            found = self._events.read(value)
        except UnknownSchema:
            raise DeadLetter("unknown_schema", "the registry has no schema of its id") from None
        except MillpondError as wrong:
            raise DeadLetter("incompatible", one_line(wrong)) from wrong
        if isinstance(found, str):
            raise DeadLetter(found, _SAYS[found])
        return found


def one_line(error: MillpondError) -> str:
    """An error as the detail of a dead letter."""
    return " ".join(str(error).split())
