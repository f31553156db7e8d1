"""Where logs begin and end, asked of the brokers without waiting for the answer."""

from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any, NamedTuple

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from millpond.store.applied import TopicPart

TIMEOUT_S = 10.0


class Bounds(NamedTuple):
    """The offsets a partition holds: from `low` to before `end`."""

    low: int
    end: int


class Ask:
    """One question to the brokers, on its way.

    Args:
        at: the instant (ms) before which it was not sent.
        parts: which partitions to ask about.
    """

    def __init__(self, admin: AdminClient, at: int, parts: Iterable[TopicPart]) -> None:
        self.at = at
        wanted = [TopicPartition(*part) for part in parts]
        self._lows = _list(admin, wanted, OffsetSpec.earliest())
        self._ends = _list(admin, wanted, OffsetSpec.latest())

    @property
    def is_answered(self) -> bool:
        """True once nothing is outstanding."""
        return all(f.done() for f in (*self._lows.values(), *self._ends.values()))

    def answer(self) -> tuple[dict[TopicPart, Bounds], list[str]]:
        """What was learned, and what failed, in words; waits if need be."""
        bounds: dict[TopicPart, Bounds] = {}
        failures: list[str] = []
        for part, low in self._lows.items():
            try:
                bounds[part] = Bounds(low.result(TIMEOUT_S).offset, self._ends[part].result(TIMEOUT_S).offset)
            except (KafkaException, TimeoutError) as failure:
                failures.append(f"{part}: {failure}")
        return bounds, failures


def _list(admin: AdminClient, wanted: list[TopicPartition], spec: OffsetSpec) -> dict[TopicPart, "Future[Any]"]:
    if not wanted:
        return {}
    futures = admin.list_offsets(dict.fromkeys(wanted, spec), request_timeout=TIMEOUT_S / 2)
    return {TopicPart(tp.topic, tp.partition): future for tp, future in futures.items()}
