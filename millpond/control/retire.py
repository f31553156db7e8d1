"""Retire: a view's version or generation, or a set's version, is taken away with all that only it needs.

What is retired is marked in the records first and forgotten last, so an interrupted retirement is gone on with by the
same command. Dead letters stay until their retention removes them: they are evidence, and hold no features.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from millpond.control.cluster import FlinkCluster
from millpond.control.lifecycle import Say
from millpond.control.records import Records
from millpond.control.settings import Settings
from millpond.control.topics import Topics
from millpond.plan.deployment import Fragment, JobRecord, Publication
from millpond.plan.errors import DeployError
from millpond.store.applied import TopicPart
from millpond.store.keys import (
    applied_field,
    applied_key,
    fragment_freshness_field,
    freshness_key,
    tile_key_pattern,
    topic_freshness_field,
)

BATCH: Final = 1_000
# Materializers look at the records once a second; what they hold by then is written within their batch.
LET_GO_S: Final = 5.0


@dataclass(frozen=True, kw_only=True)
class Retirement:
    """What a retirement takes away.

    Attributes:
        label: `<domain>.<view>.v<N>`.
        fragments: of the view, of all or one generation.
        stopped: jobs that are stopped, for nothing else needs them.
        shared: jobs that go on, for they run other fragments too; rows of what is retired are no longer materialized.
        topics: that are deleted, for no job writes them any more.
    """

    label: str
    fragments: tuple[Fragment, ...]
    stopped: tuple[JobRecord, ...]
    shared: tuple[JobRecord, ...]
    topics: tuple[str, ...]


def plan_retirement(
    ns: str,
    jobs: Mapping[str, JobRecord],
    published: Mapping[str, Publication],
    view: str,
    version: int,
    generation: int | None = None,
) -> Retirement:
    """What retiring a view would take away.

    Args:
        ns: the environment.
        jobs: all that are recorded, by name.
        published: what every set version serves, by name.
        view: `<domain>.<view>`.
        generation: only this one; all of them where None.

    Raises:
        DeployError: there is no such fragment, or a published set reads it.
    """
    label = f"{view}.v{version}"

    def is_meant(fragment: Fragment) -> bool:
        return fragment.view_name == view and fragment.version == version and generation in (None, fragment.generation)

    meant = tuple(fragment for job in jobs.values() for fragment in job.fragments if is_meant(fragment))
    if not meant:
        known = {f"{f.view_name} --version {f.version}" for job in jobs.values() for f in job.living}
        raise DeployError(
            f"no job runs it{'' if generation is None else f' as generation {generation}'}",
            where=f"view {view} version {version}",
            mend=f"known here: {', '.join(sorted(known)) or 'none'}",
        )
    readers = [
        name
        for name, publication in published.items()
        for served in publication.views
        if (served.view.full_name, served.view.version) == (view, version) and generation in (None, served.generation)
    ]
    if readers:
        raise DeployError(
            f"it is read by {', '.join(readers)}",
            where=f"view {view} version {version}",
            mend="retire those sets first: `millpond retire DOMAIN.SET --version N --set`",
        )
    touched = [job for job in jobs.values() if any(is_meant(fragment) for fragment in job.fragments)]
    stopped = tuple(job for job in touched if all(is_meant(fragment) for fragment in job.living))
    return Retirement(
        label=label,
        fragments=meant,
        stopped=stopped,
        shared=tuple(job for job in touched if job not in stopped),
        topics=tuple(fragment.topic(ns) for job in stopped for fragment in job.fragments),
    )


def retire(settings: Settings, records: Records, plan: Retirement, say: Say) -> None:
    """Take a view away.

    Raises:
        DeployError: a part did not answer; the same command goes on from there.
    """
    marked_at = time.monotonic()
    for job in (*plan.stopped, *plan.shared):
        gone = [fragment for fragment in job.fragments if fragment in {*plan.fragments, *job.retired}]
        records.put(msgspec.structs.replace(job, retired=tuple(gone)))
    cluster = FlinkCluster(settings.flink)
    for job in plan.stopped:
        cluster.end(job.flink_job_ids)
        say(f"job {job.name}: stopped")
    for job in plan.shared:
        say(f"job {job.name}: goes on, for it runs other views; its rows of {plan.label} are not materialized any more")
    time.sleep(max(0.0, LET_GO_S - (time.monotonic() - marked_at)))
    deleted = Topics(settings.kafka).delete(plan.topics)
    say(f"topics: {len(deleted)} deleted")
    for fragment in {(f.domain, f.view, f.version, f.generation): f for f in plan.fragments}.values():
        _remove_keys(records, fragment, say)
    _forget_places(records, plan)
    for job in plan.stopped:
        records.end(job)
    say(f"{plan.label}: retired")


def retire_set(records: Records, full_name: str, version: int) -> None:
    """Serve a set version no more.

    Raises:
        DeployError: it is not published.
    """
    if records.publication(full_name, version) is None:
        raise DeployError(
            "it is not published",
            where=f"set {full_name} version {version}",
            mend=f"known here: {', '.join(records.published()) or 'none'}",
        )
    records.remove_set(full_name, version)


def _remove_keys(records: Records, fragment: Fragment, say: Say) -> None:
    """Passes over the store until one finds nothing: what a materializer wrote meanwhile goes, too."""
    pattern = tile_key_pattern(records.ns, fragment.domain, fragment.view, fragment.version, fragment.generation)
    removed = 0
    while True:
        before = removed
        batch: list[bytes] = []
        for _, client in records.nodes.shards():
            for key in client.scan_iter(match=pattern, count=BATCH):
                batch.append(key)
                if len(batch) == BATCH:
                    removed += _unlink(client, batch)
                    say(f"  {removed:,} keys removed")
                    batch = []
            removed += _unlink(client, batch)
            batch = []
        if removed == before:
            break
    say(f"keys of {fragment.view_version}.g{fragment.generation}: {removed:,} removed")


def _unlink(client: Any, keys: list[bytes]) -> int:
    """Remove keys, one by one, for each may lie in another slot; how many there were."""
    with client.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.unlink(key)
        return sum(map(int, pipe.execute()))


def _forget_places(records: Records, plan: Retirement) -> None:
    """Applied offsets and freshness of what is gone."""
    parts = [
        TopicPart(fragment.topic(records.ns), partition)
        for job in (*plan.stopped, *plan.shared)
        for fragment in job.fragments
        if fragment in plan.fragments
        for partition in range(job.topic_partitions)
    ]
    fresh = [topic_freshness_field(*part) for part in parts]
    fresh += [fragment_freshness_field(fragment.topic(records.ns)) for fragment in plan.fragments]
    for shard, client in records.nodes.shards():
        client.hdel(applied_key(records.ns, shard.tag), *(applied_field(*part) for part in parts))
        client.hdel(freshness_key(records.ns, shard.tag), *fresh)
