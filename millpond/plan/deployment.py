"""What runs and what is served: fragments, jobs and publications, as documents in the store."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from millpond.plan.aggregations import FragmentKind
from millpond.plan.hashes import digest
from millpond.plan.model import SetPlan, SourcePlan, ViewPlan, encode
from millpond.plan.names import fragment_topic

Start = Literal["earliest", "now"]  # where a new job begins: the whole topic, or what covers tiles from now on
JobState = Literal["starting", "filling", "covered"]
BackfillState = Literal["waiting", "running", "finished"]


class Fragment(msgspec.Struct, frozen=True, kw_only=True):
    """The immutable unit that runs and is stored; a repair is a new generation."""

    domain: str
    view: str
    version: int
    kind: FragmentKind
    generation: int

    def topic(self, ns: str) -> str:
        """Its tile topic."""
        return fragment_topic(ns, self.domain, self.view, self.version, self.kind, self.generation)

    @property
    def view_name(self) -> str:
        """`<domain>.<view>`, the full name of its view."""
        return f"{self.domain}.{self.view}"

    @property
    def view_version(self) -> str:
        """`<domain>.<view>.v<N>`."""
        return f"{self.view_name}.v{self.version}"

    @property
    def label(self) -> str:
        """The fragment in one word, for hashes and messages."""
        return f"{self.view_version}.{self.kind}.g{self.generation}"


def fragments_of(view: ViewPlan, generation: int) -> tuple[Fragment, ...]:
    """The fragments a view runs as."""
    return tuple(
        Fragment(domain=view.domain, view=view.name, version=view.version, kind=kind, generation=generation)
        for kind in view.kinds
    )


def job_name(domain: str, source: str, fragments: Iterable[Fragment]) -> str:
    """`<domain>.<source>.<hash8>` of what it runs."""
    return f"{domain}.{source}.{digest(' '.join(sorted(f.label for f in fragments)).encode())[:8]}"


class Backfill(msgspec.Struct, frozen=True, kw_only=True):
    """A bounded job that writes the tiles before its live job's `start_ts` into the same topics, and ends.

    Args:
        start_offsets: where it begins to read each partition of the source.
        bound_offsets: before which offset it ends; accepted events before `start_ts` are its own up to there, and dead
            letters of the live job from there on.
        flink_job_id: fixed before it is submitted, so that Flink takes it once.
        state: `waiting` to be submitted, submitted and thought to be `running`, or `finished`.
    """

    start_offsets: tuple[int, ...]
    bound_offsets: tuple[int, ...]
    flink_job_id: str
    state: BackfillState


class JobRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One job: which fragments, from where, since when they are covered, and how far its start has come.

    Args:
        flink_job_id: fixed before it is submitted, so that Flink takes it once.
        partitions: of the source topic.
        topic_partitions: of each fragment's topic.
        start_offsets: the source offset each partition was read from, in partition order.
        start_ts: the job makes the tiles from this instant (ms) on; 0 for a job that read the whole topic.
        covered_since: the first instant (ms) from which every event is in the tiles; 0 where that is all of history.
        state: `starting` until Flink runs it, `filling` while tiles of its fragments are missing, then `covered`.
        backfill: of the tiles before `start_ts`; None where there are none.
        retired: fragments that nobody may read any more, though the job may still write them.
        resumed_from: the checkpoint it last went on from, which it goes on from again until it has one of its own.
    """

    name: str
    domain: str
    source: SourcePlan
    views: tuple[ViewPlan, ...]
    fragments: tuple[Fragment, ...]
    flink_job_id: str
    partitions: int
    topic_partitions: int
    start_offsets: tuple[int, ...]
    start_ts: int
    covered_since: int
    deployed_at: int
    state: JobState = "covered"
    backfill: Backfill | None = None
    retired: tuple[Fragment, ...] = ()
    resumed_from: str = ""

    @property
    def living(self) -> tuple[Fragment, ...]:
        """The fragments that are stored and may be read."""
        return tuple(fragment for fragment in self.fragments if fragment not in self.retired)

    @property
    def flink_job_ids(self) -> tuple[str, ...]:
        """Its own, and its backfill's."""
        return (self.flink_job_id,) if self.backfill is None else (self.flink_job_id, self.backfill.flink_job_id)

    def view_of(self, fragment: Fragment) -> ViewPlan:
        """The plan a fragment was compiled from."""
        for view in self.views:
            if (view.domain, view.name, view.version) == (fragment.domain, fragment.view, fragment.version):
                return view
        raise KeyError(fragment.label)


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """Where a published view's fragments are read: generation, the job's name, coverage.

    Args:
        deployed_at: when its job was (ms): no tile was written earlier, whatever instant it is of.
    """

    view: ViewPlan
    generation: int
    job: str
    covered_since: int
    deployed_at: int = 0


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """A published set version: all that a Reader needs; immutable, named by its content."""

    plan: SetPlan
    views: tuple[Served, ...]

    @property
    def content(self) -> str:
        """SHA-256 of the document."""
        return digest(encode(self))

    def served(self, full_name: str, version: int) -> Served:
        """The view of a binding, at the version it is bound at; KeyError where the publication is damaged."""
        for served in self.views:
            if (served.view.full_name, served.view.version) == (full_name, version):
                return served
        raise KeyError(full_name, version)
