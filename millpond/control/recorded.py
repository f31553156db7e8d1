"""What the journal of an environment records, to be read: jobs, retired generations, and what is served."""

from collections.abc import Mapping
from typing import Final

from millpond.control.settings import Settings
from millpond.control.topics import Topics
from millpond.materialize.journal import Journal
from millpond.plan.deployment import JobRecord, Publication
from millpond.plan.names import journal_topic
from millpond.store import publications
from millpond.store.documents import Document

WITHIN_S: Final = 30.0


class Recorded:
    """The records of one environment, as a journal's documents hold them.

    Args:
        ns: the environment.
        documents: of its journal.
    """

    def __init__(self, ns: str, documents: Mapping[Document, bytes | None]) -> None:
        self.ns = ns
        self._documents = documents

    def jobs(self) -> dict[str, JobRecord]:
        """Every recorded job by name."""
        name = publications.jobs_key(self.ns)
        return {
            document.field: publications.decode_job(document.field, data)
            for document, data in self._documents.items()
            if document.key == name and document.field is not None and data is not None
        }

    def retired_generations(self) -> dict[str, int]:
        """`<domain>.<view>.v<N>` -> the last generation of it that was retired."""
        name = publications.generations_key(self.ns)
        return {
            document.field: int(data)
            for document, data in self._documents.items()
            if document.key == name and document.field is not None and data is not None
        }

    def published(self) -> dict[str, Publication]:
        """`<domain>.<set>.v<N>` -> what is served of it, by name."""
        prefix = publications.pointers_prefix(self.ns)
        return {
            name: self._publication(content.decode())
            for (key, _), content in sorted(self._documents.items())
            if key.startswith(prefix)
            and not (name := key.removeprefix(prefix)).endswith(":history")
            and content is not None
        }

    def publication(self, full_name: str, version: int) -> Publication | None:
        """What is served of a set version; None where it is not published."""
        content = self._get(publications.pointer_key(self.ns, full_name, version))
        return None if content is None else self._publication(content.decode())

    def _publication(self, content: str) -> Publication:
        return publications.decode_publication(content, self._get(publications.plan_key(self.ns, content)))

    def _get(self, key: str) -> bytes | None:
        return self._documents.get(Document(key))


def read_records(settings: Settings) -> Recorded:
    """The records of an environment as they are now; nothing is written, neither there nor to the store.

    Raises:
        DeployError: Kafka does not answer.
    """
    topics = Topics(settings.kafka)
    if not topics.ends(journal_topic(settings.ns)):
        return Recorded(settings.ns, {})
    journal = Journal(settings.kafka, settings.ns)
    try:
        journal.read(within_s=WITHIN_S)
    finally:
        journal.close()
    return Recorded(settings.ns, journal.documents)
