"""How far a job has come, by what its completed checkpoints have committed, against where its source ends."""

from collections.abc import Mapping

from millpond.materialize.bounds import Bounds
from millpond.materialize.freshness import Proof, SourceReach
from millpond.plan.deployment import JobRecord
from millpond.plan.names import source_group
from millpond.store.applied import TopicPart


class JobProgress:
    """One job.

    Attributes:
        group: under which it commits.
        source: the partitions of its source.
    """

    def __init__(self, ns: str, job: JobRecord) -> None:
        self.group = source_group(ns, job.name)
        self.source = tuple(TopicPart(job.source.topic, p) for p in range(job.partitions))
        self._reach = SourceReach(job.start_offsets)

    def heard(self, at: int, bounds: Mapping[TopicPart, Bounds]) -> None:
        """Where the source's partitions began and ended at some moment after the instant `at` (ms)."""
        for part in self.source:
            if part in bounds:
                self._reach.asked(part.partition, at, *bounds[part])

    def committed(self, seen: int, offsets: Mapping[TopicPart, int]) -> None:
        """What the job had committed before the instant `seen` (ms): the next offset of partitions it has committed."""
        mine = {part.partition: offsets[part] for part in self.source if part in offsets}
        self._reach.committed(seen, mine)

    def proofs(self) -> tuple[Proof, ...]:
        """What that proves, newest first."""
        return self._reach.proofs()
