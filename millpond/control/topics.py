"""The topics a job writes, with their partitions, compaction and retention, and what the broker says of its source."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, OffsetSpec, ResourceType

from millpond.materialize.bounds import committed
from millpond.plan.clock import now_ms
from millpond.plan.deployment import Fragment
from millpond.plan.errors import DeployError
from millpond.plan.model import SourcePlan, ViewPlan
from millpond.plan.names import dead_letter_topic, journal_topic
from millpond.plan.windows import DAY, HOUR
from millpond.store.applied import TopicPart

TIMEOUT: Final = 15.0
ASK_S: Final = 3.0
RETENTION_SLACK: Final = 7 * DAY
# A segment is closed within the hour, so that compaction keeps a topic near its key count and a rebuild short.
# A better row stays beside a worse one behind it for an hour: time to be written again (see materialize/mender.py).
_COMPACTED: Final = {
    "segment.ms": str(HOUR),
    "min.cleanable.dirty.ratio": "0.3",
    "min.compaction.lag.ms": str(HOUR),
}


# A topic just made, or a leader just elected or moved. KafkaError.retriable() says False to all of these, and a client
# that knew the old leader goes on asking with an epoch the broker refuses.
_PASSING: Final = frozenset(
    {
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError.UNKNOWN_LEADER_EPOCH,
        KafkaError._NOENT,  # noqa: SLF001 - librdkafka's name for "no leaders found"
    }
)

# No broker answered; librdkafka's own names.
_AWAY: Final = frozenset(
    {
        KafkaError._TRANSPORT,  # noqa: SLF001
        KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001
        KafkaError._TIMED_OUT,  # noqa: SLF001
        KafkaError.REQUEST_TIMED_OUT,
    }
)

# A store restored from an old snapshot must still learn what was removed since, so removals are kept for ever.
_FOR_EVER: Final = str(2**63 - 1)


@dataclass(frozen=True, kw_only=True)
class SourceTopic:
    """What the broker says of a source topic.

    Attributes:
        log_append_time: arrivals are the broker's clock; else whatever the producers wrote.
        after_max_ms: how far ahead of its clock the broker lets a record's timestamp be.
        low, high: first and end offset of each partition, in partition order.
    """

    name: str
    log_append_time: bool
    after_max_ms: int
    low: tuple[int, ...]
    high: tuple[int, ...]

    @property
    def partitions(self) -> int:
        """How many there are."""
        return len(self.low)


@dataclass(frozen=True, kw_only=True)
class Topic:
    """A topic as it must be."""

    name: str
    partitions: int
    config: dict[str, str] = field(default_factory=dict)


def journal(ns: str) -> Topic:
    """The topic that records what runs and what is served."""
    config = {"cleanup.policy": "compact", "delete.retention.ms": _FOR_EVER}
    return Topic(name=journal_topic(ns), partitions=1, config=config)


def job_topics(
    ns: str, job: str, views: dict[Fragment, ViewPlan], *, partitions: int, dead_letter_days: int
) -> list[Topic]:
    """Every topic a job writes.

    Tile topics keep the newest row of each key and drop rows no window reaches any more: window + delay + lateness +
    7 days. Lifetimes are only compacted: their rows are needed for ever.
    """
    topics = [
        Topic(
            name=dead_letter_topic(ns, job),
            partitions=1,
            config={"cleanup.policy": "delete", "retention.ms": str(dead_letter_days * DAY)},
        ),
    ]
    for fragment, view in views.items():
        reach = view.reach_ms(fragment.kind)
        keep = {"cleanup.policy": "compact"}
        if reach is not None:
            retention = reach + view.source.lateness_ms + RETENTION_SLACK
            keep = {"cleanup.policy": "compact,delete", "retention.ms": str(retention)}
        topics.append(Topic(name=fragment.topic(ns), partitions=partitions, config={**keep, **_COMPACTED}))
    return topics


class Topics:
    """The broker's topics.

    Args:
        kafka: bootstrap servers.
        timeout_s: how long an answer is waited for.
    """

    def __init__(self, kafka: str, *, timeout_s: float = TIMEOUT) -> None:
        self.kafka = kafka
        self._timeout_s = timeout_s
        self.admin = _admin(kafka)

    def create(self, topics: list[Topic]) -> list[str]:
        """Create those that do not exist; returns their names.

        Raises:
            DeployError: one exists with other settings, or the broker refused.
        """
        existing = set(self._metadata())
        for topic in topics:
            if topic.name in existing:
                self._must_match(topic)
        missing = [topic for topic in topics if topic.name not in existing]
        if missing:
            new = [NewTopic(t.name, num_partitions=t.partitions, config=t.config) for t in missing]
            for name, outcome in self.admin.create_topics(new, operation_timeout=self._timeout_s).items():
                _result(outcome, name, self._timeout_s)
        for topic in missing:
            # Until each partition has a leader, a producer's first batches are refused and sent again out of order.
            self.offsets(topic.name, topic.partitions, OffsetSpec.latest())
        return [topic.name for topic in missing]

    def source(self, plan: SourcePlan) -> SourceTopic:
        """What the broker says of a source's topic.

        Raises:
            DeployError: there is no such topic.
        """
        partitions = self._metadata().get(plan.topic)
        if partitions is None:
            raise DeployError(
                f"the source topic {plan.topic!r} does not exist",
                where=f"source {plan.name!r}",
                mend="create it (its owner decides partitions and retention), then deploy again; "
                "or deploy other domains alone: `millpond deploy DOMAIN`",
            )
        config = self._config(plan.topic)
        return SourceTopic(
            name=plan.topic,
            log_append_time=config["message.timestamp.type"] == "LogAppendTime",
            after_max_ms=int(config["message.timestamp.after.max.ms"]),
            low=self.offsets(plan.topic, partitions, OffsetSpec.earliest()),
            high=self.offsets(plan.topic, partitions, OffsetSpec.latest()),
        )

    def offsets(self, topic: str, partitions: int, spec: OffsetSpec) -> tuple[int, ...]:
        """One offset a partition; -1 where `spec` asks for a time after the last record."""
        wanted = {TopicPartition(topic, p): spec for p in range(partitions)}
        deadline = time.monotonic() + self._timeout_s
        while True:
            found = self.admin.list_offsets(wanted, request_timeout=self._timeout_s)
            try:
                by_partition = {tp.partition: outcome.result(self._timeout_s).offset for tp, outcome in found.items()}
            except TimeoutError as cause:
                raise DeployError(
                    f"Kafka does not say within {self._timeout_s:.0f} s where its log ends",
                    where=topic,
                    mend="see `millpond doctor`",
                    is_passing=True,
                ) from cause
            except KafkaException as cause:
                if cause.args[0].code() not in _PASSING or time.monotonic() > deadline:
                    raise DeployError(
                        f"Kafka does not say where its log ends: {cause}",
                        where=topic,
                        mend="see the broker's log",
                        is_passing=_is_away(cause) or cause.args[0].code() in _PASSING,
                    ) from cause
                time.sleep(0.2)
                self.admin = _admin(self.kafka)
            else:
                return tuple(by_partition[p] for p in range(partitions))

    def ends(self, topic: str) -> tuple[int, ...]:
        """End offsets of a topic, in partition order; empty where there is no such topic."""
        partitions = self._metadata().get(topic)
        return () if partitions is None else self.offsets(topic, partitions, OffsetSpec.latest())

    def committed(self, group: str, topic: str) -> dict[int, int]:
        """Partition -> the next offset a consumer group has committed, of the partitions it has committed any of.

        Raises:
            DeployError: the broker does not answer.
        """
        parts = [TopicPart(topic, p) for p in range(self._metadata().get(topic, 0))]
        deadline = time.monotonic() + self._timeout_s
        while True:
            # Anew each time: one that knew the coordinator before the broker went asked it for ever, for 5 minutes.
            consumer = Consumer({"bootstrap.servers": self.kafka, "group.id": group, "log_level": 0})
            try:
                return {part.partition: offset for part, offset in committed(consumer, parts, ASK_S).items()}
            except KafkaException as cause:
                if time.monotonic() > deadline:
                    raise DeployError(
                        f"Kafka does not say what the group {group} has committed: {cause}",
                        where=topic,
                        mend="see the broker's log",
                        is_passing=_is_away(cause),
                    ) from cause
            finally:
                consumer.close()

    def first_timestamps(self, source: SourceTopic) -> list[int]:
        """The timestamp (ms) of the first record kept in each partition; partitions that never held one are left out.

        A partition whose records were all deleted counts as beginning now.
        """
        emptied = any(high == low > 0 for low, high in zip(source.low, source.high, strict=True))
        found = self._timestamps(source.name, _held(source, source.low))
        return [*found.values(), *([now_ms()] if emptied else [])]

    def last_timestamps(self, source: SourceTopic) -> list[int]:
        """The timestamp (ms) of the last record of each partition; partitions that hold none are left out."""
        found: dict[int, int] = {}
        back = 1
        while waiting := _held(source, source.low).keys() - found.keys():
            # The last offsets may hold no record: transactions end with a marker, and compaction leaves gaps.
            at = {p: max(source.low[p], source.high[p] - back) for p in waiting}
            found |= self._timestamps(source.name, at)
            if all(at[p] == source.low[p] for p in waiting):
                break
            back *= 8
        return list(found.values())

    def _timestamps(self, topic: str, offsets: dict[int, int]) -> dict[int, int]:
        """Partition -> timestamp (ms) of its first record from an offset on, of those that hold one there."""
        found: dict[int, int] = {}
        waiting = set(offsets)
        consumer = Consumer(
            {
                "bootstrap.servers": self.kafka,
                "group.id": "millpond-record-times",
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",  # an offset that was deleted meanwhile
            }
        )
        try:
            consumer.assign([TopicPartition(topic, p, at) for p, at in offsets.items()])
            deadline = time.monotonic() + self._timeout_s
            while waiting:
                if time.monotonic() > deadline:
                    raise DeployError("its records cannot be read", where=topic, mend="see the broker's log")
                message = consumer.poll(0.5)
                if message is None:
                    continue
                partition, error = message.partition(), message.error()
                if error is None and partition in waiting:
                    found[partition] = message.timestamp()[1]
                if error is None or error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - librdkafka's name
                    waiting.discard(partition or 0)
        finally:
            consumer.close()
        return found

    def delete(self, names: Sequence[str]) -> list[str]:
        """Delete those of the topics that exist; returns their names."""
        there = sorted(self._metadata().keys() & set(names))
        if there:
            for name, outcome in self.admin.delete_topics(there, operation_timeout=self._timeout_s).items():
                _result(outcome, name, self._timeout_s)
        return there

    def _metadata(self) -> dict[str, int]:
        try:
            topics = self.admin.list_topics(timeout=self._timeout_s).topics
        except KafkaException as cause:
            raise DeployError(
                f"Kafka does not answer: {cause}",
                where=self.kafka,
                mend="check the address, and `millpond status`",
                is_passing=_is_away(cause),
            ) from cause
        return {name: len(topic.partitions) for name, topic in topics.items()}

    def _config(self, topic: str) -> dict[str, str]:
        resource = ConfigResource(ResourceType.TOPIC, topic)
        (outcome,) = self.admin.describe_configs([resource], request_timeout=self._timeout_s).values()
        return {name: entry.value for name, entry in _result(outcome, topic, self._timeout_s).items()}

    def _must_match(self, topic: Topic) -> None:
        config = self._config(topic.name)
        for name, wanted in topic.config.items():
            if sorted(config[name].split(",")) != sorted(wanted.split(",")):
                raise DeployError(
                    f"the topic exists with {name}={config[name]}, but needs {wanted}",
                    where=topic.name,
                    mend="alter the topic's configuration, or remove it if nothing reads it",
                )


def _held(source: SourceTopic, offsets: tuple[int, ...]) -> dict[int, int]:
    """Offsets by partition, of the partitions that hold anything."""
    return {p: at for p, at in enumerate(offsets) if source.high[p] > source.low[p]}


def _admin(kafka: str) -> AdminClient:
    return AdminClient({"bootstrap.servers": kafka, "log_level": 0})


def _result(outcome: Any, topic: str, timeout_s: float) -> Any:
    try:
        return outcome.result(timeout_s)
    except TimeoutError as cause:
        raise DeployError(
            f"Kafka does not answer within {timeout_s:.0f} s",
            where=topic,
            mend="see `millpond doctor`",
            is_passing=True,
        ) from cause
    except KafkaException as cause:
        # One that somebody else made in the same moment is there the next time.
        is_passing = _is_away(cause) or cause.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS
        raise DeployError(
            f"Kafka refused: {cause}", where=topic, mend="see the broker's log", is_passing=is_passing
        ) from cause


def _is_away(cause: KafkaException) -> bool:
    return cause.args[0].code() in _AWAY
