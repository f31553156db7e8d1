"""The Reader: one vector after the other in one thread, beside the bare floor that no reader can go below."""

import random
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import redis

from benchmarks.figures import Benchmark, Figures, figure, percentile
from benchmarks.shard import ENTITIES, NS, fill, shard
from benchmarks.timing import times
from benchmarks.world import World
from millpond.plan.clock import now_ms
from millpond.plan.deployment import Publication
from millpond.plan.errors import MillpondError
from millpond.serve import OpenSet, Reader
from millpond.serve.flow import ReadFlow
from millpond.store.strip import HEAD

STALE_AFTER_MS: Final = 3_600_000  # nothing writes meanwhile, and nothing is to grow stale
ROUNDS: Final = 5
READS: Final = 4_000  # a round, of each
CHANGED_READS: Final = 1_000  # a round
MANY: Final = 100
CALLS: Final = 40  # a round
CACHE_BYTES: Final = 64_000_000  # all that is read fits

Request = dict[str, object]


class Floor:
    """The same bytes with redis-py, hiredis and numpy: one round trip, an array a hash, a mask and sums.

    Without statuses, freshness, nulls or types, and exact only where 64 bits suffice.

    Args:
        publication: read by its keys and layouts.
        client: of the store.
    """

    def __init__(self, publication: Publication, client: Any) -> None:
        self._flow = ReadFlow(publication, NS)
        self._connection = client.connection_pool.get_connection()
        plan = publication.plan
        views = {one.alias: publication.served(one.view, one.version).view for one in plan.bindings}
        partials = [views[one.alias].feature(one.feature).partials for one in plan.features]
        self._parts = [
            (
                part.size,
                part.layout.dtype,
                [(span.size or 0, [partials[answer.place] for answer in span.answers]) for span in part.spans],
            )
            for part in self._flow.parts
        ]

    def keys(self, request: Request) -> list[str]:
        """The keys of a request, made beforehand: the floor is not charged for them."""
        return [key for key in self._flow.keys(request) if key is not None]

    def read(self, keys: Sequence[str]) -> list[Any]:
        """The numbers of one request."""
        connection = self._connection
        connection.send_packed_command(connection.pack_commands([("GET", key) for key in keys]))
        replies = [connection.read_response() for _ in keys]
        q = now_ms()
        numbers = []
        for (size, dtype, spans), reply in zip(self._parts, replies, strict=True):
            rows = np.frombuffer(reply, dtype, offset=HEAD)
            tiles = rows["tile"]
            for window, answers in spans:
                chosen = rows[(tiles >= (q - window + 1) // size) & (tiles <= q // size)]
                for partials in answers:
                    for name in partials:
                        column = chosen[name]
                        numbers.append((column["lo"] if column.dtype.names else column).sum())
        return numbers


def run(world: World) -> Figures:
    """Product, with and without a cache, and floor in turn."""
    with (
        shard() as address,
        Reader.connect(address, ns=NS, stale_after_ms=STALE_AFTER_MS) as reader,
        Reader.connect(address, ns=NS, stale_after_ms=STALE_AFTER_MS, cache_bytes=CACHE_BYTES) as caching,
    ):
        client = redis.Redis.from_url(address)
        publication = fill(client, world.pool, now=now_ms())
        fraud, floor = reader.open("payments.fraud", version=1), Floor(publication, client)
        cached = caching.open("payments.fraud", version=1)
        draw = random.Random(2)
        requests: list[Request] = [
            {f"{alias}_id": f"{alias}-{draw.randrange(ENTITIES)}" for alias in ("card", "merchant", "device")}
            for _ in range(1_000)
        ]
        must_be_present(fraud, requests[0])
        keys = [floor.keys(request) for request in requests]
        held: dict[str, Any] = {key: client.get(key) for key in sorted({key for some in keys for key in some})}

        def change(n: int) -> None:
            """Write what the next read is of anew, as it is."""
            with client.pipeline(transaction=False) as pipe:
                for key in keys[n % 1_000]:
                    pipe.set(key, held[key])
                pipe.execute()

        ours, floors, many, recalled, many_recalled, changed = [], [], [], [], [], []
        for i in range(1, ROUNDS + 1):
            ours.append(times(lambda n: fraud.read(requests[n % 1_000]), READS))
            floors.append(times(lambda n: floor.read(keys[n % 1_000]), READS))
            many.append(times(lambda n: fraud.read_many(requests[n * MANY % 1_000 :][:MANY]), CALLS, warm_up=3))
            recalled.append(times(lambda n: cached.read(requests[n % 1_000]), READS, warm_up=1_000))
            many_recalled.append(
                times(lambda n: cached.read_many(requests[n * MANY % 1_000 :][:MANY]), CALLS, warm_up=10)
            )
            changed.append(times(lambda n: cached.read(requests[n % 1_000]), CHANGED_READS, before=change))
            world.say(
                f"  round {i} of {ROUNDS}: read p50 {percentile(ours[-1], 50):,.0f} us, "
                f"p99 {percentile(ours[-1], 99):,.0f} us; floor p50 {percentile(floors[-1], 50):,.0f} us; "
                f"held {percentile(recalled[-1], 50):,.0f} us"
            )
        client.close()
    return {
        "p50_us": figure([percentile(times, 50) for times in ours], "us"),
        "p99_us": figure([percentile(times, 99) for times in ours], "us"),
        "floor_p50_us": figure([percentile(times, 50) for times in floors], "us"),
        "floor_p99_us": figure([percentile(times, 99) for times in floors], "us"),
        "times_the_floor": figure([percentile(a, 50) / percentile(b, 50) for a, b in zip(ours, floors, strict=True)]),
        "vectors_per_second": figure([1e6 * len(times) / sum(times) for times in ours], "vectors/s"),
        f"read_many_{MANY}_p50_ms": figure([percentile(times, 50) / 1e3 for times in many], "ms"),
        "cached_p50_us": figure([percentile(times, 50) for times in recalled], "us"),
        "cached_p99_us": figure([percentile(times, 99) for times in recalled], "us"),
        f"cached_read_many_{MANY}_p50_ms": figure([percentile(times, 50) / 1e3 for times in many_recalled], "ms"),
        "cached_all_changed_p50_us": figure([percentile(times, 50) for times in changed], "us"),
    }


def must_be_present(fraud: OpenSet, request: Request) -> None:
    """MillpondError where a read is not whole: what is measured must be."""
    vector = fraud.read(request)
    if vector.status != "present" or len(vector) != 20:
        raise MillpondError(f"{len(vector)} features are {vector.status}", mend="what is measured must be a whole read")


BENCHMARK: Final = Benchmark(
    name="reader",
    what="20 features of 3 entities in 9 strips whose rings are full (327 records, 20 kB), one thread, Valkey on "
    f"loopback: {ROUNDS} rounds of {READS:,} reads, in turn with the floor: the same bytes with redis-py, hiredis and "
    "numpy, masks and sums, no product code. `cached`: with `cache_bytes`, where nothing of what is read has changed "
    "since it was read last, and where all of it has.",
    run=run,
    of_wheel=True,
)
