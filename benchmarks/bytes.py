"""What is held: bytes of the store an entity, and of Flink's state a key."""

from typing import Any, Final

import redis

from benchmarks.backlog import EVENTS, KEYS, NS, backlog
from benchmarks.events import payments
from benchmarks.figures import Benchmark, Figures, figure
from benchmarks.shard import NS as FULL
from benchmarks.shard import fill, shard
from benchmarks.world import World
from millpond.plan.clock import now_ms
from millpond.plan.deployment import JobRecord
from millpond.store.keys import parse_key

ENTITIES: Final = 2_000  # of each kind at most, whose keys are measured


def run(world: World) -> Figures:
    """Of what the backlog left behind."""
    job = backlog(world).job
    figures = {
        f"store_bytes_a_{entity}": figure([size], "bytes") for entity, size in _bytes_by_entity(world.store, NS).items()
    }
    with shard() as address:
        client = redis.Redis.from_url(address)
        fill(client, world.pool, now=now_ms())
        figures["store_bytes_a_card_of_full_rings"] = figure([_bytes_by_entity(client, FULL)["card"]], "bytes")
        client.close()
    return figures | _state(world, job)


def _bytes_by_entity(client: Any, ns: str) -> dict[str, float]:
    """Mean over entities of what their hashes take, keys and all, by MEMORY USAGE."""
    taken: dict[str, dict[str, int]] = {}
    for key in client.scan_iter(match=f"{ns}.*", count=1000):
        parsed = parse_key(key.decode())
        entities = taken.setdefault(parsed.entity, {})
        who = ",".join(parsed.values)
        if who in entities or len(entities) < ENTITIES:
            entities[who] = entities.get(who, 0) + client.memory_usage(key, samples=0)
    return {entity: sum(sizes.values()) / len(sizes) for entity, sizes in sorted(taken.items())}


def _state(world: World, job: JobRecord) -> Figures:
    """Of the newest checkpoint: what the aggregations hold a tile, and what the dedupe holds an event."""
    path = f"/jobs/{job.flink_job_id}"
    details = world.cluster.get(f"{path}/checkpoints/details/{_newest(world, path)}")
    tiles = dedupe = 0
    for vertex in world.cluster.get(path)["vertices"]:
        size = int(details["tasks"][vertex["id"]]["state_size"])
        if "OverAggregate" in vertex["name"]:
            dedupe += size
        elif "GroupAggregate" in vertex["name"]:
            tiles += size
    return {
        "flink_bytes_a_tile": figure([tiles / _open_tiles(world)], "bytes"),
        "flink_bytes_an_event_deduped": figure([dedupe / EVENTS], "bytes"),
    }


def _newest(world: World, path: str) -> int:
    latest: dict[str, Any] = world.cluster.get(f"{path}/checkpoints")["latest"]
    return int(latest["completed"]["id"])


def _open_tiles(world: World) -> int:
    """Different keys of the aggregations: entity, level and tile of every event."""
    sizes = [level.size_ms for level in world.pool.views[0].levels]
    seen: set[tuple[str, int, int]] = set()
    for payment in payments(EVENTS, keys=KEYS, start=world.began - EVENTS):
        for size in sizes:
            tile = payment.made_at // size
            seen.update((who, size, tile) for who in (payment.card_id, payment.merchant_id, payment.device_id))
    return len(seen)


BENCHMARK: Final = Benchmark(
    name="bytes",
    what=f"After that backlog, whose events span {EVENTS / 60_000:.0f} minutes: the memory of an entity's three hashes "
    f"as Valkey counts it, over up to {ENTITIES:,} entities of each kind, and of one whose "
    "rings are full; and the size of Flink's newest checkpoint, by operator, over the number of its keys.",
    run=run,
)
