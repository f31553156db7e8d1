"""Bytes of single strips and hashes in a Valkey alone, beside what review/store_bytes.py says of them."""

from typing import Any, Final

import numpy as np
import redis

from benchmarks.figures import Benchmark, Figures, figure
from benchmarks.shard import shard
from benchmarks.world import World
from millpond.review.held import Hashes
from millpond.review.store_bytes import LISTPACK_VALUE, PLACES, hash_bytes, strip_bytes
from millpond.store.strip import strip_of

FIELDS: Final = (1, 2, 4, 7, 8, 12, 16, 24, 32, 48, 64, 100, 128, 200, 300, 380)
RECORDS: Final = (20, 32, 45, 64, 65, 72, 90, 125, 160, 250, 500, 2_000)
KEY: Final = 40  # bytes
KEYS: Final = 10_000
TTL_MS: Final = 10**9


def run(world: World) -> Figures:
    """Of each number and length of records a strip and a hash; of one hash many, for what a key costs besides."""
    world.say("  filling a Valkey alone")
    with shard() as address:
        client = redis.Redis.from_url(address)
        off = {
            (number, size): _measured(client, number, size) / (_estimated(number, size) - PLACES) - 1
            for number in FIELDS
            for size in RECORDS
        }
        places = _places(client)
        strips = [abs(_strip_off(client, number, size)) for number in FIELDS for size in RECORDS]
        client.close()
    listpacks = [abs(share) for (_, size), share in off.items() if size <= LISTPACK_VALUE]
    tables = [abs(share) for (_, size), share in off.items() if size > LISTPACK_VALUE]
    return {
        "strip_off_by_at_most": figure([max(strips)]),
        "strip_off_by": figure([float(np.mean(strips))]),
        "listpack_off_by_at_most": figure([max(listpacks)]),
        "listpack_off_by": figure([float(np.mean(listpacks))]),
        "table_off_by_at_most": figure([max(tables)]),
        "table_off_by": figure([float(np.mean(tables))]),
        "bytes_of_a_keys_places": figure([places], "bytes"),
    }


def _put(client: Any, key: str, number: int, size: int) -> None:
    with client.pipeline(transaction=False) as pipe:
        for slot in range(number):
            pipe.hset(key, str(slot), b"\1" * size)
        pipe.pexpire(key, TTL_MS)
        pipe.execute()


def _measured(client: Any, number: int, size: int) -> int:
    key = "k" * KEY
    _put(client, key, number, size)
    found = int(client.memory_usage(key, samples=0))
    client.delete(key)
    return found


def _estimated(number: int, size: int) -> float:
    return float(hash_bytes(KEY, sum(len(str(slot)) for slot in range(number)) / number, _of(number, size))[0])


def _of(number: int, size: int) -> Hashes:
    return Hashes(
        count=np.ones(1), entries=np.full(1, float(number)), record=np.full(1, float(size)), events=None, key_bytes=0.0
    )


def _strip_off(client: Any, number: int, size: int) -> float:
    key = "k" * KEY
    client.set(key, strip_of([b"\1" * size] * number), px=TTL_MS)
    found = int(client.memory_usage(key))
    client.delete(key)
    return found / (float(strip_bytes(KEY, _of(number, size))[0]) - PLACES) - 1


def _places(client: Any) -> float:
    """What used_memory grows by with a key, beside what MEMORY USAGE says of it."""
    before = int(client.info("memory")["used_memory"])
    keys = [f"{number:0{KEY}d}" for number in range(KEYS)]
    for key in keys:
        _put(client, key, 2, 32)
    grown = int(client.info("memory")["used_memory"]) - before
    return (grown - sum(int(client.memory_usage(key, samples=0)) for key in keys)) / KEYS


BENCHMARK: Final = Benchmark(
    name="hashes",
    what=f"Single strips and hashes of {FIELDS[0]} to {FIELDS[-1]} records of {RECORDS[0]} to {RECORDS[-1]:,} bytes in "
    "a Valkey alone, by MEMORY USAGE, beside what `millpond diff` takes them to weigh; and what a key adds to "
    f"`used_memory` besides, over {KEYS:,} keys.",
    run=run,
)
