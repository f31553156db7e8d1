"""Where logs begin and end, and what groups have committed: asked of the brokers without waiting for the answer."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from millpond.materialize.seldom import Seldom
from millpond.store.applied import TopicPart

TIMEOUT_S: Final = 10.0


class Bounds(NamedTuple):
    """The offsets a partition holds: from `low` to before `end`."""

    low: int
    end: int


class Answer(NamedTuple):
    """What was learned.

    Attributes:
        bounds: of the partitions asked for.
        committed: group -> the next offset of the partitions it has committed any of.
        failures: why something is missing, by partition or group.
    """

    bounds: dict[TopicPart, Bounds]
    committed: dict[str, dict[TopicPart, int]]
    failures: dict[TopicPart | str, Exception]


class Ask:
    """One question to the brokers, on its way.

    Attributes:
        at: the instant (ms) before which it was not sent.
    """

    def __init__(
        self,
        admin: AdminClient,
        committed: "Committed",
        at: int,
        parts: Iterable[TopicPart],
        groups: Mapping[str, Iterable[TopicPart]],
    ) -> None:
        self.at = at
        self._admin = admin  # kept: of a client that is gone no answer ever comes
        wanted = [TopicPartition(*part) for part in parts]
        self._lows = _list(admin, wanted, OffsetSpec.earliest())
        self._ends = _list(admin, wanted, OffsetSpec.latest())
        self._groups = {group: committed.ask(group, of) for group, of in groups.items()}

    @property
    def is_answered(self) -> bool:
        """True once nothing is outstanding."""
        return all(f.done() for f in (*self._lows.values(), *self._ends.values(), *self._groups.values()))

    def answer(self) -> Answer:
        """What was learned, and what failed; waits if need be."""
        bounds: dict[TopicPart, Bounds] = {}
        committed: dict[str, dict[TopicPart, int]] = {}
        failures: dict[TopicPart | str, Exception] = {}
        for part, low in self._lows.items():
            try:
                bounds[part] = Bounds(low.result(TIMEOUT_S).offset, self._ends[part].result(TIMEOUT_S).offset)
            except (KafkaException, TimeoutError) as failure:
                failures[part] = failure
        for group, offsets in self._groups.items():
            try:
                committed[group] = offsets.result(TIMEOUT_S)
            except (KafkaException, TimeoutError) as failure:
                failures[group] = failure
        return Answer(bounds, committed, failures)


class Committed:
    """What groups have committed: asked in threads, by consumers that join none of them.

    Not by AdminClient.list_consumer_group_offsets, which asks without waiting: in an outage of the brokers librdkafka
    2.16 answers it twice, and the process is gone by an assertion (rd_kafka_enq_once_del_source_return) or a
    segmentation fault.

    Args:
        settings: of the consumers.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings
        self._consumers: dict[str, Consumer] = {}
        self._threads = ThreadPoolExecutor(thread_name_prefix="millpond-committed")

    def ask(self, group: str, parts: Iterable[TopicPart]) -> "Future[dict[TopicPart, int]]":
        """The next offset of the partitions that a group has committed any of."""
        consumer = self._consumers.get(group)
        if consumer is None:
            consumer = self._consumers[group] = Consumer({**self._settings, "group.id": group})
        return self._threads.submit(committed, consumer, parts, TIMEOUT_S / 2)


def committed(consumer: Consumer, parts: Iterable[TopicPart], timeout_s: float) -> dict[TopicPart, int]:
    """The next offset of the partitions that the consumer's group has committed any of.

    Raises:
        KafkaException: the brokers do not say.
    """
    found = consumer.committed([TopicPartition(*part) for part in parts], timeout=timeout_s)
    for tp in found:
        if tp.error is not None:
            raise KafkaException(tp.error)
    # A partition without a commit has a negative offset.
    return {TopicPart(tp.topic, tp.partition): tp.offset for tp in found if tp.offset >= 0}


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
        self._committed = Committed(self._settings)

    def ask(self, parts: Iterable[TopicPart], groups: Mapping[str, Iterable[TopicPart]] = MappingProxyType({})) -> Ask:
        """Send the question: where these logs begin and end, and what these groups have committed of their topics."""
        return Ask(self._admin, self._committed, self._clock(), parts, groups)

    def answer(self, ask: Ask) -> Answer:
        """The answer, as far as there is one; waits if need be. What failed is left out, and told of."""
        answer = ask.answer()
        for about, failure in list(answer.failures.items())[:1]:
            self._seldom.warn(
                "the brokers do not say all offsets", f"{len(answer.failures)} of them, {about}: {failure}"
            )
        if answer.failures:
            # After a broker's restart this client asks with the old leader epoch, for ever (FENCED_LEADER_EPOCH, seen
            # with librdkafka 2.16): only a new one learns the present epoch.
            self._admin = AdminClient(self._settings)
        return answer


def _list(admin: AdminClient, wanted: list[TopicPartition], spec: OffsetSpec) -> dict[TopicPart, "Future[Any]"]:
    if not wanted:
        return {}
    futures = admin.list_offsets(dict.fromkeys(wanted, spec), request_timeout=TIMEOUT_S / 2)
    return {TopicPart(tp.topic, tp.partition): future for tp, future in futures.items()}
