"""What a run holds in the store and in Flink's state, and how long its vectors take to read."""

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np
import redis

from millpond.control.cluster import FlinkCluster
from millpond.control.settings import Settings
from millpond.plan.deployment import JobRecord
from millpond.serve import OpenSet
from millpond.store.keys import parse_key
from tests.payments.estimating import Held

AT_ONCE: Final = 1_000
WARM_UP: Final = 500
READS: Final = 5_000


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured.

    Attributes:
        held: by MEMORY USAGE, and as Flink tells.
        places: of the vector that was read, from so many entities.
        read_us: percentile -> how long a read took, one after the other in one thread.
    """

    held: Held
    places: int
    entities: int
    read_us: dict[str, float]


def measure(
    settings: Settings, jobs: Sequence[JobRecord], opened: OpenSet, requests: Sequence[dict[str, Any]]
) -> Measured:
    """What everything takes now, and how long one set's vectors take to read."""
    took = _read_us(opened, requests)
    cluster = FlinkCluster(settings.flink)
    return Measured(
        held=Held(
            store=_store_bytes(settings),
            state={job.name.rpartition(".")[0]: _state_bytes(cluster, job) for job in jobs},
        ),
        places=len(opened.names),
        entities=len({binding.request_fields for binding in opened.publication.plan.bindings}),
        read_us={
            f"p{percent:g}": round(float(np.percentile(took, percent, method="inverted_cdf")), 1)
            for percent in (50, 99, 99.9)
        },
    )


def _store_bytes(settings: Settings) -> dict[str, int]:
    client: Any = redis.Redis.from_url(settings.store)
    store: Counter[str] = Counter()
    cursor = None
    while cursor != 0:
        cursor, keys = client.scan(cursor or 0, match=f"{settings.ns}.*", count=AT_ONCE)
        with client.pipeline(transaction=False) as pipeline:
            for key in keys:
                pipeline.memory_usage(key, samples=0)
            for key, size in zip(keys, pipeline.execute(), strict=True):
                parsed = parse_key(key.decode())
                store[f"{parsed.domain}.{parsed.view}"] += size
    client.close()
    return dict(sorted(store.items()))


def _state_bytes(cluster: FlinkCluster, job: JobRecord) -> int:
    return int(cluster.get(f"/jobs/{job.flink_job_id}/checkpoints")["latest"]["completed"]["state_size"])


def _read_us(opened: OpenSet, requests: Sequence[dict[str, Any]]) -> list[float]:
    """How long single reads took, one after the other in one thread, in microseconds, ascending."""
    took = []
    for number in range(WARM_UP + READS):
        began = time.perf_counter_ns()
        opened.read(requests[number % len(requests)])
        if number >= WARM_UP:
            took.append((time.perf_counter_ns() - began) / 1e3)
    return sorted(took)
