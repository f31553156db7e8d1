"""Cost as work grows: the Flink job with 1, 4 and 16 times the keys, and with 1, 4 and 16 views."""

from typing import Final

import msgspec

from benchmarks.events import Keys
from benchmarks.figures import Benchmark, Figures, figure
from benchmarks.rates import delete_topics, events_per_second, topics_of
from benchmarks.world import World, reading
from millpond.plan.model import Pool

FACTORS: Final = (1, 4, 16)
KEYS: Final = Keys(cards=5_000, merchants=125, devices=500)
EVENTS: Final = {"keys": {1: 150_000, 4: 150_000, 16: 150_000}, "views": {1: 400_000, 4: 200_000, 16: 120_000}}


def run(world: World) -> Figures:
    """One job a point."""
    world.cancel_all()
    figures: Figures = {}
    for kind, counts in EVENTS.items():
        for factor in FACTORS:
            pool = world.pool if kind == "keys" else with_views(world.pool, factor)
            keys = KEYS.times(factor) if kind == "keys" else KEYS
            rate = _rate(world, f"growth_{kind}_{factor}", pool, counts[factor], keys)
            figures[f"us_per_event_{factor}x_{kind}"] = figure([1e6 / rate], "us")
            world.say(f"  {factor:>2} x {kind}: {rate:>9,.0f} events/s, {1e6 / rate:,.0f} us an event")
    return figures


def _rate(world: World, ns: str, pool: Pool, events: int, keys: Keys) -> float:
    topic = f"bench.{ns.replace('_', '.')}"
    world.preload(topic, events, keys)
    job = world.deploy(ns, msgspec.structs.replace(reading(pool, topic), sets=()))
    rate = events_per_second(world, ns, job, job.flink_job_id)
    world.cancel(job.flink_job_id)
    delete_topics(world, [topic, *topics_of(ns, job)])
    return rate


def with_views(pool: Pool, count: int) -> Pool:
    """A pool of `count` views, each like the first but for its name."""
    first = pool.views[0]
    views = tuple(msgspec.structs.replace(first, name=f"{first.name}_{i}") for i in range(1, count + 1))
    return Pool(views=views, sets=())


BENCHMARK: Final = Benchmark(
    name="growth",
    what=f"The Flink job's time an event, parallelism 1: three views over {sum(KEYS):,} keys and 4 and 16 times as "
    "many; and 1, 4 and 16 views of one entity, each with three levels and six aggregates.",
    run=run,
)
