"""Where logs begin and end, asked of the brokers without waiting for the answer."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any, Final, NamedTuple

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from millpond.materialize.seldom import Seldom
from millpond.store.applied import TopicPart

TIMEOUT_S: Final = 10.0


class Bounds(NamedTuple):
    """The offsets a partition holds: from `low` to before `end`."""

    low: int
    end: int


class Ask:
    """One question to the brokers, on its way.

    Attributes:
        at: the instant (ms) before which it was not sent.
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

    def answer(self) -> tuple[dict[TopicPart, Bounds], dict[TopicPart, Exception]]:
        """What was learned, and what failed; waits if need be."""
        bounds: dict[TopicPart, Bounds] = {}
        failures: dict[TopicPart, Exception] = {}
        for part, low in self._lows.items():
            try:
                bounds[part] = Bounds(low.result(TIMEOUT_S).offset, self._ends[part].result(TIMEOUT_S).offset)
            except (KafkaException, TimeoutError) as failure:
                failures[part] = failure
        return bounds, failures


class Brokers:
    """Whom to ask.

    Args:
        kafka: the brokers' addresses.
        clock: the wall clock in ms.
        seldom: where failures are told.
    """

    def __init__(self, kafka: str, clock: Callable[[], int], seldom: Seldom) -> None:
        # Its log of an outage would only repeat the consumer's.
        self._settings: dict[str, str | int | float | bool] = {"bootstrap.servers": kafka, "log_level": 0}
        self._clock = clock
        self._seldom = seldom
        self._admin = AdminClient(self._settings)

    def ask(self, parts: Iterable[TopicPart]) -> Ask:
        """Send the question."""
        return Ask(self._admin, self._clock(), parts)

    def bounds(self, ask: Ask) -> dict[TopicPart, Bounds]:
        """The answer, as far as there is one; waits if need be. Partitions that failed are left out, and told of."""
        bounds, failures = ask.answer()
        for part, failure in list(failures.items())[:1]:
            self._seldom.warn(f"the brokers do not say where {len(failures)} logs end", f"{part}: {failure}")
        if failures:
            # After a broker's restart this client asks with the old leader epoch, for ever (FENCED_LEADER_EPOCH, seen
            # with librdkafka 2.16): only a new one learns the present epoch.
            self._admin = AdminClient(self._settings)
        return bounds


def _list(admin: AdminClient, wanted: list[TopicPartition], spec: OffsetSpec) -> dict[TopicPart, "Future[Any]"]:
    if not wanted:
        return {}
    futures = admin.list_offsets(dict.fromkeys(wanted, spec), request_timeout=TIMEOUT_S / 2)
    return {TopicPart(tp.topic, tp.partition): future for tp, future in futures.items()}
