"""A backlog worked off by the whole pipeline, once a run: what `materializer`, `sustained` and `bytes` look at."""

import time
from functools import cache
from typing import Final, NamedTuple

from benchmarks.events import Keys
from benchmarks.rates import drain_of
from benchmarks.world import World
from millpond.demo.drain import Drained
from millpond.plan.deployment import JobRecord

TOPIC: Final = "payments.payment.made.v1"
NS: Final = "backlog"
EVENTS: Final = 250_000
KEYS: Final = Keys()


class Backlog(NamedTuple):
    """A job that has read all there was, its tiles in the store, still running.

    Attributes:
        took_s: from its first progress until everything was in the store.
        read: events it had read when that time began.
    """

    job: JobRecord
    drained: Drained
    took_s: float
    read: int


@cache
def backlog(world: World) -> Backlog:
    """The world's backlog; worked off when it is first asked for."""
    world.cancel_all()
    world.preload(TOPIC, EVENTS, KEYS)
    world.say("  working the backlog off: Kafka, Flink, Kafka, materializer, Valkey")
    job = world.deploy(NS, world.pool)
    drain = drain_of(world, NS, job)
    read, began = 0, 0.0

    def progressed() -> bool:
        nonlocal read, began
        read, began = sum(drain.read_offsets().values()), time.monotonic()
        return read > 0

    with world.materializer(NS):
        world.until("the job has begun to read", progressed)
        drained = drain.wait()
        return Backlog(job, drained, time.monotonic() - began, read)
