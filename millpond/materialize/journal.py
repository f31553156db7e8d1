"""The journal: the compacted topic that records what runs and what is served, read from its beginning."""

import logging
import time
from typing import Final

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

from millpond.materialize.seldom import Seldom
from millpond.plan.deployment import JobRecord
from millpond.plan.errors import MillpondError
from millpond.plan.names import journal_topic
from millpond.store import documents, publications
from millpond.store.documents import Client, Document

BATCH: Final = 1_000

log = logging.getLogger("millpond.materialize")


class Journal:
    """All documents of an environment, followed by a plain assignment: each reader reads all of it.

    Args:
        kafka: the brokers' addresses.
        ns: the environment.

    Attributes:
        documents: as they were last written; None for those that were removed.
        jobs: the recorded jobs, by name.
        end: the offset before which everything has been read; None before the topic's end was reached once.
    """

    def __init__(self, kafka: str, ns: str) -> None:
        self._ns = ns
        self._topic = journal_topic(ns)
        self._seldom = Seldom()
        self._consumer = Consumer(
            {
                "bootstrap.servers": kafka,
                "group.id": f"{self._topic}.reader",  # asked for by the client; nothing is committed under it
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "enable.partition.eof": True,
                # It may be created after it is first asked for.
                "topic.metadata.refresh.interval.ms": 1_000,
                "log_level": 2,
            }
        )
        self._consumer.assign([TopicPartition(self._topic, 0, OFFSET_BEGINNING)])
        self.documents: dict[Document, bytes | None] = {}
        self.jobs: dict[str, JobRecord] = {}
        self.end: int | None = None

    def follow(self, wait_s: float = 0.0) -> None:
        """Take in what has come.

        Raises:
            MillpondError: the consumer failed for good.
            PlanError: a job record is damaged.
        """
        changed = False
        for message in self._consumer.consume(BATCH, wait_s):
            error = message.error()
            if error is None:
                key, value = message.key(), message.value()
                assert key is not None, "nothing but Millpond writes the journal"
                document = Document.parse(key.decode())
                self.documents[document] = value
                changed |= document.key == publications.jobs_key(self._ns)
                if self.end is not None:
                    self.end = (message.offset() or 0) + 1
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - librdkafka's name for it
                # Its offset is the log's end, even where compaction has removed the last records before it.
                self.end = message.offset()
            elif error.fatal():
                raise MillpondError(
                    f"the Kafka consumer failed: {error}", where=self._topic, mend="see the brokers' log"
                )
            else:
                self._seldom.warn(self._topic, error)
        if changed:
            self.jobs = {
                document.field or "": publications.decode_job(document.field or "", value)
                for document, value in self.documents.items()
                if document.key == publications.jobs_key(self._ns) and value is not None
            }

    def read(self, *, within_s: float) -> int:
        """Read to the present end of the topic; returns it.

        Raises:
            MillpondError: Kafka does not answer in time.
        """
        deadline = time.monotonic() + within_s
        while self.end is None:
            if time.monotonic() > deadline:
                raise MillpondError(
                    f"it cannot be read to its end within {within_s:.0f} s",
                    where=self._topic,
                    mend="see `millpond status`",
                )
            self.follow(0.1)
        return self.end

    def restore(self, client: Client) -> None:
        """Write to the store whatever it lacks of the journal: it was emptied, restored, or is new.

        Raises:
            RedisError: the store does not answer; the same call may be made again.
        """
        if self.end is None or not documents.restore(client, self._ns, self.documents, end=self.end):
            return
        log.info("wrote %d documents of %s to the store", len(self.documents), self._topic)

    def close(self) -> None:
        """Give the connections back."""
        self._consumer.close()
