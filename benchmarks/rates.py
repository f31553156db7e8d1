"""How fast a job reads a topic that is full already, and that each of several benchmarks asks for."""

import time
from collections.abc import Sequence
from typing import Final

import msgspec

from benchmarks.world import World
from millpond.demo.drain import Drain
from millpond.plan.deployment import JobRecord
from millpond.plan.names import dead_letter_topic

ADMIN_S: Final = 30.0


def drain_of(world: World, ns: str, job: JobRecord) -> Drain:
    """The chain that says when everything is in the store."""
    return Drain(job, topics=world.topics, cluster=world.cluster, store=world.store, ns=ns, check=world.stack.check)


def events_per_second(world: World, ns: str, job: JobRecord, job_id: str) -> float:
    """From the first progress of a job that runs to the checkpoint after its last record, flushed and all.

    Args:
        job: of the source it reads.
        job_id: Flink's.
    """
    drain = drain_of(world, ns, msgspec.structs.replace(job, flink_job_id=job_id))
    total = sum(drain.source_end())
    read, began = 0, 0.0

    def progressed() -> bool:
        nonlocal read, began
        reached = sum(drain.read_offsets().values())
        if reached and not read:
            read, began = reached, time.monotonic()
        return reached >= total

    world.until("the job has read its source", progressed)
    drain.checkpoint()
    return (total - read) / (time.monotonic() - began)


def topics_of(ns: str, job: JobRecord) -> list[str]:
    """Every topic a job writes."""
    return [*(fragment.topic(ns) for fragment in job.fragments), dead_letter_topic(ns, job.name)]


def delete_topics(world: World, names: Sequence[str]) -> None:
    """Remove topics: what runs next finds the disk and the page cache as the one before did."""
    for outcome in world.topics.admin.delete_topics(list(names), operation_timeout=ADMIN_S).values():
        outcome.result(ADMIN_S)
