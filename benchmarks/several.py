"""Jobs whose tiles keep more than sums: events a second, one view at a time."""

from typing import Final

from benchmarks.events import Keys
from benchmarks.figures import Benchmark, Figures, figure
from benchmarks.rates import delete_topics, events_per_second, topics_of
from benchmarks.world import World, reading
from millpond.plan.model import Pool

TOPIC: Final = "bench.several"
EVENTS: Final = 250_000
ROUNDS: Final = 3
UNITS: Final = "events/s"


def run(world: World) -> Figures:
    """Every view of the domain `several` by itself over the same preloaded topic."""
    world.cancel_all()
    world.preload(TOPIC, EVENTS, Keys())
    rates: dict[str, list[float]] = {view.name: [] for view in world.several.views}
    for i in range(1, ROUNDS + 1):
        for view in world.several.views:
            rates[view.name].append(_rate(world, f"{view.name}_{i}", Pool(views=(view,), sets=())))
            world.say(f"  round {i} of {ROUNDS}: {view.name:<10} {rates[view.name][-1]:>9,.0f} {UNITS}")
    return {f"{name}_events_per_second": figure(found, UNITS) for name, found in rates.items()}


def _rate(world: World, ns: str, pool: Pool) -> float:
    job = world.deploy(ns, reading(pool, TOPIC))
    rate = events_per_second(world, ns, job, job.flink_job_id)
    world.cancel(job.flink_job_id)
    delete_topics(world, topics_of(ns, job))
    return rate


BENCHMARK: Final = Benchmark(
    name="several",
    what=f"One view a job (benchmarks/pool/features/several), parallelism 1, over a topic of {EVENTS:,} events "
    f"of {sum(Keys()):,} keys, half of them of an eighth of the keys: `distinct` counts a card's merchants and devices "
    "over 24h and 7d, `exact` is a card's count and sum over 10m and 24h to the millisecond, `tallies` are ValueCounts "
    f", TopK and a Quantile of a device over 24h and 7d. {ROUNDS} times each.",
    run=run,
)
