"""How far jobs have read their sources: their progress topics, against where the sources end."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from millpond.materialize.avro import AvroSchema, integers
from millpond.materialize.bounds import Bounds
from millpond.materialize.freshness import SourceReach
from millpond.materialize.rows import Record, naming_the_record
from millpond.materialize.schemas import WriterSchemas
from millpond.plan.deployment import JobRecord
from millpond.store.applied import TopicPart
from millpond.store.keys import job_freshness_field

BEGINNING: Final = 0


class JobProgress:
    """One job's progress topic, of one partition, read from its beginning by whoever owns it.

    Attributes:
        next: the offset to continue at.
        source: the partitions of the job's source.
    """

    def __init__(self, topic: str, job: JobRecord, fetch: Callable[[int], AvroSchema]) -> None:
        self.next = BEGINNING
        self.source = tuple(TopicPart(job.source.topic, p) for p in range(job.partitions))
        self._name = job.name
        self._reach = SourceReach(job.start_offsets)
        self._keys = WriterSchemas(fetch, {"partition": "int"}, where=f"the keys of {topic}")
        self._values = WriterSchemas(fetch, {"offset": "long"}, where=f"the values of {topic}")

    def read(self, records: Sequence[Record]) -> None:
        """Rows of the topic, in order.

        Raises:
            MillpondError: a record is not a progress row.
        """
        naming_the_record(self._read, records)

    def _read(self, records: Sequence[Record]) -> None:
        partitions = integers(self._keys.read([record.key() for record in records]), "partition")
        offsets = integers(self._values.read([record.value() for record in records]), "offset")
        for partition, offset in zip(partitions.tolist(), offsets.tolist(), strict=True):
            self._reach.read(partition, offset)

    def heard(self, at: int, bounds: Mapping[TopicPart, Bounds]) -> None:
        """Where the source's partitions began and ended at some moment after the instant `at` (ms)."""
        for part in self.source:
            if part in bounds:
                self._reach.asked(part.partition, at, *bounds[part])

    def stamps(self) -> dict[str, int]:
        """The freshness fields of the job's source partitions that are known."""
        return {job_freshness_field(self._name, p): at for p, at in self._reach.stamps().items()}
