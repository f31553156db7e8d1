"""The Reader under load: requests come by the clock, however long those before them take."""

import random
from typing import Final

import redis

from benchmarks.figures import Benchmark, Figures, figure
from benchmarks.open_loop import Answered, one_by_one, poisson
from benchmarks.reader import STALE_AFTER_MS, Request, must_be_present
from benchmarks.shard import ENTITIES, NS, fill, shard
from benchmarks.timing import set_up
from benchmarks.world import World
from millpond.plan.clock import now_ms
from millpond.plan.errors import MillpondError
from millpond.serve import OpenSet, Reader

RATES: Final = (200, 1_000, 2_000)
PERCENTS: Final = (50, 90, 99, 99.9)
ROUNDS: Final = 3
SECONDS: Final = 10  # a round of a rate
WARM_UP: Final = 500
TIMEOUT_MS: Final = 5_000  # what is slow is to be seen, not given up


def run(world: World) -> Figures:
    """Each rate in turn, several times."""
    with shard() as address, Reader.connect(address, ns=NS, stale_after_ms=STALE_AFTER_MS) as reader:
        client = redis.Redis.from_url(address)
        fill(client, world.pool, now=now_ms())
        client.close()
        fraud = reader.open("payments.fraud", version=1)
        draw = random.Random(3)
        requests: list[Request] = [
            {f"{alias}_id": f"{alias}-{draw.randrange(ENTITIES)}" for alias in ("card", "merchant", "device")}
            for _ in range(1_000)
        ]
        for request in requests[:WARM_UP]:
            must_be_present(fraud, request)
        found: dict[int, list[Answered]] = {rate: [] for rate in RATES}
        with set_up():
            for i in range(1, ROUNDS + 1):
                for rate, rounds in found.items():
                    rounds.append(_round(fraud, requests, rate, seed=i))
                    told = ", ".join(f"p{percent} {rounds[-1].latencies.us(percent):,.0f} us" for percent in PERCENTS)
                    world.say(f"  round {i} of {ROUNDS}, {rate:,} requests/s: {told}")
    return {
        name: one
        for rate, rounds in found.items()
        for name, one in {
            **{f"p{p}_us_at_{rate}": figure([r.latencies.us(p) for r in rounds], "us") for p in PERCENTS},
            **{f"begun_late_p{p}_us_at_{rate}": figure([r.lateness.us(p) for r in rounds], "us") for p in (50, 99)},
            f"slowest_ms_at_{rate}": figure([r.latencies.us(100) / 1e3 for r in rounds], "ms"),
            f"kept_up_with_share_at_{rate}": figure([r.kept_up for r in rounds]),
        }.items()
    }


def _round(fraud: OpenSet, requests: list[Request], rate: int, *, seed: int) -> Answered:
    def work(number: int) -> None:
        vector = fraud.read(requests[number % len(requests)], timeout_ms=TIMEOUT_MS)
        if vector.status != "present":
            raise MillpondError(f"a vector is {vector.status}", mend="what is measured must be a whole read")

    return one_by_one(work, poisson(rate, SECONDS, seed=seed))


BENCHMARK: Final = Benchmark(
    name="load",
    what="The Reader of `reader` in an open loop: requests are due at random instants (Poisson), as many a second as a "
    "figure says, one thread answers them one after the other, and each is timed from the instant it was due until its "
    "values and statuses are there. So waiting counts, and so does waking up late: both are in what was begun late. "
    f"{ROUNDS} rounds of {SECONDS} s of each rate, in turn. It kept up with as much as was answered in the time.",
    run=run,
    of_wheel=True,
)
