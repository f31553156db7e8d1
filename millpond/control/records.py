"""What is recorded: jobs, publications and their history; written to the journal first, then to the store."""

from types import TracebackType
from typing import Any, Self

import redis
from confluent_kafka import KafkaError, Message, Producer

from millpond.control.recorded import WITHIN_S, Recorded
from millpond.control.settings import Settings
from millpond.control.topics import Topics, journal
from millpond.materialize.journal import Journal
from millpond.plan.deployment import JobRecord, Publication
from millpond.plan.errors import DeployError
from millpond.store import documents, publications
from millpond.store.documents import Changes, Document
from millpond.store.nodes import Nodes
from millpond.store.publications import Action, Release


class Records(Recorded):
    """The records of one environment, as the journal holds them; one deployment at a time writes them (see turn.py).

    Opening them creates the journal where there is none, reads it, and gives the store what it lacks.

    Raises:
        DeployError: the journal has lost records that the store still has.
        MillpondError: Kafka does not answer.
        RedisError: the store does not answer.
    """

    def __init__(self, settings: Settings) -> None:
        self.nodes = Nodes.connect(settings.store)
        topic = journal(settings.ns)
        self._topic = topic.name
        self._topics = Topics(settings.kafka)
        self._topics.create([topic])
        self._journal = Journal(settings.kafka, settings.ns)
        super().__init__(settings.ns, self._journal.documents)
        # The store's place first: it never is ahead of a journal that is read after it.
        copied = documents.place(self._client(), self.ns)
        self._end = end = self._journal.read(within_s=WITHIN_S)
        if end < copied:
            self._journal.close()
            raise DeployError(
                f"records are lost: the store has copies of {copied}, and the topic ends after {end}",
                where=self._topic,
                mend="put the topic back from a copy of it; where there is none, see `Job records lost` in "
                "docs/runbook.md",
            )
        self._journal.restore(self._client())
        self._producer = Producer(
            {"bootstrap.servers": settings.kafka, "enable.idempotence": True, "acks": "all", "log_level": 2}
        )

    def _client(self) -> Any:
        """A client of the node that holds the documents."""
        return self.nodes.client_of(documents.place_key(self.ns))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._journal.close()
        self.nodes.close()

    # --- jobs ---

    def put(self, job: JobRecord) -> JobRecord:
        """Record a job, in place of what was recorded of it; returns it."""
        self._write(publications.job_change(self.ns, job))
        return job

    def end(self, job: JobRecord) -> None:
        """Forget a job, and remember the generations it had: none is used again."""
        name = publications.generations_key(self.ns)
        last = self.retired_generations()
        for fragment in job.fragments:
            last[fragment.view_version] = max(fragment.generation, last.get(fragment.view_version, 0))
        used = {
            Document(name, fragment.view_version): str(last[fragment.view_version]).encode()
            for fragment in job.fragments
        }
        self._write({**used, Document(publications.jobs_key(self.ns), job.name): None})

    # --- sets ---

    def publish(self, publication: Publication, *, now_ms: int, action: Action = "publish") -> bool:
        """Serve a publication from now on; False where it is served already."""
        plan, content = publication.plan, publication.content
        if self._get(publications.pointer_key(self.ns, plan.full_name, plan.version)) == content.encode():
            return False
        release = Release(content=content, at_ms=now_ms, action=action)
        past = self._history(plan.full_name, plan.version)
        self._write(publications.publication_change(self.ns, publication, past, release))
        return True

    def earlier(self, full_name: str, version: int) -> Publication:
        """What was served before the present publication, with another plan.

        Raises:
            DeployError: the set version was never published, or there is nothing before the present.
        """
        past = self._history(full_name, version)
        if not past:
            raise DeployError(
                f"{full_name} version {version} was never published", mend="publish it: `millpond deploy`"
            )
        content = publications.earlier(past)
        if content is None:
            raise DeployError(
                f"{full_name} version {version} has nothing to roll back to: {past[0].content[:12]} was the first",
                mend="publish a corrected definition as a new version",
            )
        return self._publication(content)

    def remove_set(self, full_name: str, version: int) -> None:
        """Serve a set version no more; Readers that have it open keep what they have."""
        self._write(publications.set_removal(self.ns, full_name, version))

    def _history(self, full_name: str, version: int) -> list[Release]:
        return publications.decode_history(self._get(publications.history_key(self.ns, full_name, version)))

    # --- the journal ---

    def _write(self, changes: Changes) -> None:
        """To the journal, and then to the store; a store that does not answer is given it by a materializer later.

        Raises:
            DeployError: Kafka or the store does not answer, or somebody else has written since the journal was read:
                what is known here is not what is recorded any more.
        """
        if self._topics.ends(self._topic) != (self._end,):
            raise DeployError(
                "somebody else has changed the records meanwhile",
                where=self._topic,
                mend="run the same command again: it goes on from what is recorded",
            )
        written: list[int] = []
        failures: list[KafkaError] = []

        def delivered(error: KafkaError | None, message: Message) -> None:
            if error is None:
                written.append(message.offset() or 0)
            else:
                failures.append(error)

        for document, value in changes.items():
            self._producer.produce(self._topic, key=str(document).encode(), value=value, on_delivery=delivered)
        left = self._producer.flush(WITHIN_S)
        if failures or left:
            raise DeployError(
                f"Kafka did not take a record: {failures[0] if failures else 'no answer'}",
                where=self._topic,
                mend="see the broker's log, then run the same command again: it goes on from what is recorded",
            )
        self._end = max(written) + 1
        self._journal.documents.update(changes)
        try:
            documents.advance(self._client(), self.ns, changes, begin=min(written), end=self._end)
        except redis.RedisError as cause:
            raise DeployError(
                f"it is recorded, and the store did not take its copy: {cause}",
                where=self._topic,
                mend="when the store answers, run the same command again: it goes on from what is recorded",
            ) from cause
