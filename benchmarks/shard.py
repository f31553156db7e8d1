"""A Valkey alone, filled with what a busy pipeline leaves: reads are measured without Kafka and Flink beside them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import redis

from millpond.local import signals
from millpond.local.child import Child, Guard
from millpond.local.parts.valkey import valkey
from millpond.local.ports import free_ports
from millpond.plan.deployment import Publication, Served
from millpond.plan.errors import StackError
from millpond.plan.model import Pool, ViewPlan
from millpond.serve.flow import ReadFlow
from millpond.store import documents
from millpond.store.keys import EPOCH_FIELD, KeyEncoder, KeyTemplate, freshness_key
from millpond.store.parts import Part, parts_of
from millpond.store.publications import Release, publication_change
from millpond.store.records import Column, RecordLayout
from millpond.store.strip import strip_of

NS: Final = "shard"
ENTITIES: Final = 500  # of each kind


@contextmanager
def shard() -> Iterator[str]:
    """The address of an empty Valkey."""
    with signals.as_exit(), TemporaryDirectory(prefix="millpond-bench-") as folder:
        (port,) = free_ports(1)
        part = valkey(folder=Path(folder), logs=Path(folder), port=port)
        with signals.put_off():
            guard = Guard()
            child = Child(part.argv, env=part.environment(), cwd=part.folder, log=part.log, guard=guard)
        try:
            _await(part.address)
            yield part.address
        finally:
            with signals.put_off():
                child.stop(part.grace_s)
                guard.close()


def _await(address: str) -> None:
    client, deadline = redis.Redis.from_url(address), time.monotonic() + 30
    while True:
        try:
            client.ping()
        except redis.ConnectionError as cause:
            if time.monotonic() > deadline:
                raise StackError("it does not answer", where=address, mend="run it again") from cause
            time.sleep(0.02)
        else:
            client.close()
            return


def fill(client: Any, pool: Pool, *, now: int, seed: int = 1) -> Publication:
    """Publish the pool's set, and give every entity a full ring of tiles at every level.

    Args:
        now: the instant (ms) the newest tile holds; stamps are of it, too.
    """
    (plan,) = pool.sets
    views = {binding.alias: pool.view(binding.view, binding.version) for binding in plan.bindings}
    publication = Publication(
        plan=plan,
        views=tuple(Served(view=view, generation=1, job="bench", covered_since=0) for view in views.values()),
    )
    release = Release(content=publication.content, at_ms=now, action="publish")
    documents.restore(client, NS, publication_change(NS, publication, [], release), end=1)
    stamps: dict[bytes | str, int] = {p.stamp: now for p in ReadFlow(publication, NS).parts}
    client.hset(freshness_key(NS), mapping={**stamps, EPOCH_FIELD: 1})
    draw = np.random.default_rng(seed)
    with client.pipeline(transaction=False) as pipe:
        for view in views.values():
            for kind in view.kinds:
                for part in parts_of(view, kind):
                    _fill_part(pipe, view, part, now, draw)
        pipe.execute()
    return publication


def _fill_part(pipe: Any, view: ViewPlan, part: Part, now: int, draw: np.random.Generator) -> None:
    assert part.slots is not None, "the benchmarks' pool has rings only"
    layout, encoder = RecordLayout.of(view), KeyEncoder(view.entity)
    template = KeyTemplate.of(NS, view, 1, part.name)
    tiles = np.arange(now // part.size_ms - part.slots + 1, now // part.size_ms + 1)
    for number in range(ENTITIES):
        counts = draw.integers(1, 50, len(tiles))
        columns = {
            "tile": Column(tiles, None),
            "n": Column(counts, None),
            "first": Column(np.zeros(len(tiles), np.int64), None),
            "last": Column(np.where(tiles == tiles[-1], 0, part.size_ms - 1), None),
        }
        for partial in view.partials:
            numbers = counts if partial.function == "count" else draw.integers(100, 100_000, len(tiles))
            columns[partial.name] = Column(numbers, None)
        records = layout.pack(columns)
        pipe.set(template.key(encoder.encode([f"{view.entity.name}-{number}"])), strip_of(records))
