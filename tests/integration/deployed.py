"""What tests of a deployed pool share: a set of every feature, a materializer, and waiting."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from millpond.control.cluster import FlinkCluster
from millpond.control.settings import Settings
from millpond.control.topics import Topics
from millpond.demo.drain import Drain
from millpond.plan.deployment import JobRecord
from millpond.plan.hashes import hashed_set
from millpond.plan.model import Binding, SetFeature, SetPlan, ViewPlan
from tests.integration.stacks import AnyStack


def all_of(view: ViewPlan) -> SetPlan:
    """A set of every feature of a view."""
    binding = Binding(
        alias=view.name,
        view=view.full_name,
        version=view.version,
        meaning=view.meaning,
        request_fields=tuple(column.name for column in view.entity.keys),
    )
    return hashed_set(
        SetPlan(
            domain=view.domain,
            name=f"all_of_{view.name}",
            version=view.version,
            owner="tests",
            description="",
            request=view.entity.keys,
            bindings=(binding,),
            features=tuple(SetFeature(view.name, feature.name, feature.type) for feature in view.features),
        )
    )


@contextmanager
def materializing(settings: Settings, stack: AnyStack) -> Iterator[None]:
    """A materializer of the environment runs inside."""
    argv = [sys.executable, "-m", "millpond.cli.main", "materialize", "--ns", settings.ns, "--kafka", settings.kafka]
    name = f"materializer-{settings.ns}"
    stack.spawn(name, [*argv, "--registry", settings.registry, "--store", settings.store])
    yield
    stack.stop(name)


def drained(settings: Settings, job: JobRecord, *, within_s: float = 120) -> None:
    """Wait until all that a job was given is in the store, and known to be."""
    drain_of(settings, job, within_s=within_s).wait()


def drain_of(settings: Settings, job: JobRecord, *, within_s: float) -> Drain:
    """What waits for a job."""
    return Drain(
        job,
        topics=Topics(settings.kafka),
        cluster=FlinkCluster(settings.flink),
        store=redis.Redis.from_url(settings.store),
        ns=settings.ns,
        within_s=within_s,
    )
