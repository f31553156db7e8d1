"""What runs, how far behind it is, how fresh its features are, and what is served."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from millpond.control.cluster import FlinkCluster
from millpond.control.settings import Settings
from millpond.control.topics import Topics
from millpond.plan.clock import now_ms
from millpond.plan.deployment import Fragment, JobRecord, JobState
from millpond.plan.names import dead_letter_topic
from millpond.store import proven, publications
from millpond.store.documents import place_key
from millpond.store.keys import fragment_freshness_field
from millpond.store.nodes import Nodes

GONE: Final = "GONE"  # recorded, but unknown to the cluster


@dataclass(frozen=True, kw_only=True)
class FragmentStatus:
    """One fragment.

    Attributes:
        age_ms: how long ago all of its pipeline was last seen up to date; None where it never was.
    """

    fragment: str
    age_ms: int | None


@dataclass(frozen=True, kw_only=True)
class JobStatus:
    """One job.

    Attributes:
        state: Flink's word for it, or GONE.
        coverage: `filling` while tiles of the past are missing; `millpond deploy` waits for them.
        lag: records of the source it has not read; None where the job tells nothing.
        dead_letters: records in its dead letter topic; an upper bound of the distinct ones, for it is at-least-once.
        why: the last failure.
    """

    name: str
    state: str
    coverage: JobState
    lag: int | None
    dead_letters: int
    fragments: tuple[FragmentStatus, ...]
    why: str


@dataclass(frozen=True, kw_only=True)
class Status:
    """One environment: its jobs, and the content each published set version serves."""

    jobs: tuple[JobStatus, ...]
    sets: dict[str, str]


def status(settings: Settings) -> Status:
    """Ask every part of an environment.

    Raises:
        DeployError: Kafka or Flink does not answer.
    """
    nodes = Nodes.connect(settings.store)
    client = nodes.client_of(place_key(settings.ns))
    cluster, topics = FlinkCluster(settings.flink), Topics(settings.kafka)
    states = cluster.jobs()
    stamps = proven.stamps(nodes, settings.ns)
    now = now_ms()
    jobs = []
    for job in publications.jobs(client, settings.ns).values():
        state = states.get(job.flink_job_id, GONE)
        jobs.append(
            JobStatus(
                name=job.name,
                state=state,
                coverage=job.state,
                lag=_lag(job, cluster, topics) if state == "RUNNING" else None,
                dead_letters=sum(topics.ends(dead_letter_topic(settings.ns, job.name))),
                fragments=tuple(
                    FragmentStatus(fragment=f.label, age_ms=age_ms(settings.ns, f, stamps, now)) for f in job.living
                ),
                why="" if state in (GONE, "RUNNING") else cluster.why_failed(job.flink_job_id),
            )
        )
    return Status(jobs=tuple(jobs), sets=publications.published(client, settings.ns))


def _lag(job: JobRecord, cluster: FlinkCluster, topics: Topics) -> int | None:
    reached = cluster.source_offsets(job.flink_job_id, job.source.topic)
    ends = topics.ends(job.source.topic)
    if len(ends) != len(job.start_offsets):  # it is gone, or has other partitions than the job was made for
        return None
    if not reached and any(end > start for end, start in zip(ends, job.start_offsets, strict=True)):
        return None
    return sum(
        max(0, end - reached.get(partition, start))
        for partition, (end, start) in enumerate(zip(ends, job.start_offsets, strict=True))
    )


def job_age_ms(nodes: Nodes, ns: str, job: JobRecord) -> int | None:
    """How long ago every event then in the source was known to be in all of a job's tiles (ms); None if never."""
    stamps, now = proven.stamps(nodes, ns), now_ms()
    ages = [age_ms(ns, fragment, stamps, now) for fragment in job.living]
    known = [age for age in ages if age is not None]
    return max(known) if known and len(known) == len(ages) else None


def age_ms(ns: str, fragment: Fragment, stamps: Mapping[str, int], now: int) -> int | None:
    """How long ago every event then in the source was known to be in a fragment's tiles (ms); None if it never was."""
    stamp = stamps.get(fragment_freshness_field(fragment.topic(ns)))
    return None if stamp is None else max(0, now - stamp)
