"""Which topics are followed: those of the recorded jobs, less what was retired of them."""

from collections.abc import Callable, Mapping

import msgspec

from millpond.materialize.avro import AvroSchema
from millpond.materialize.progress import JobProgress
from millpond.materialize.tiles import TileTopic
from millpond.plan.deployment import JobRecord


def followed(jobs: Mapping[str, JobRecord]) -> dict[str, JobRecord]:
    """The jobs that are followed, without what changes while they run: none of that moves a topic."""
    return {
        name: msgspec.structs.replace(
            job,
            fragments=job.living,
            retired=(),
            flink_job_id="",
            state="filling",
            covered_since=0,
            backfill=None,
            resumed_from="",
        )
        for name, job in jobs.items()
        if job.state != "starting" and job.living
    }


class Following:
    """The topics of a set of jobs.

    Attributes:
        jobs: the jobs, by name, as `followed` gives them.
        tiles: the fragments' topics, by name.
        progress: of the jobs, by name.
        job_of: the job that writes a topic.
    """

    def __init__(self, ns: str, jobs: Mapping[str, JobRecord], fetch: Callable[[int], AvroSchema]) -> None:
        self.jobs = dict(jobs)
        self.tiles: dict[str, TileTopic] = {}
        self.progress = {name: JobProgress(ns, job) for name, job in jobs.items()}
        self.job_of: dict[str, JobRecord] = {}
        for job in jobs.values():
            for fragment in job.fragments:
                tile_topic = TileTopic(ns, fragment, job.view_of(fragment), fetch)
                self.tiles[tile_topic.topic] = tile_topic
                self.job_of[tile_topic.topic] = job

    @property
    def topics(self) -> list[str]:
        """All of them, sorted."""
        return sorted(self.tiles)
