"""One materializer process: rows a second from tile topics that are full already, guard on."""

import time
from typing import Final

from benchmarks.backlog import NS, backlog
from benchmarks.figures import Benchmark, Figures, figure
from benchmarks.world import World
from millpond.store import applied
from millpond.store.applied import TopicPart
from millpond.store.keys import counters_key

ROUNDS: Final = 3


def run(world: World) -> Figures:
    """Empty the store and have everything written again, several times."""
    job = backlog(world).job
    ends = {
        TopicPart(fragment.topic(NS), partition): end
        for fragment in job.fragments
        for partition, end in enumerate(world.topics.ends(fragment.topic(NS)))
    }
    rates, offered = [], []
    for i in range(1, ROUNDS + 1):
        rate, share = _rebuild(world, ends)
        rates.append(rate)
        offered.append(share)
        world.say(f"  round {i} of {ROUNDS}: {rate:>9,.0f} rows/s, {share:.0%} of them offered to the guard")
    return {"rows_per_second": figure(rates, "rows/s"), "share_offered_to_the_guard": figure(offered)}


def _rebuild(world: World, ends: dict[TopicPart, int]) -> tuple[float, float]:
    world.store.flushall()  # the materializer gives it the job's record again
    at, began = 0, 0.0

    def progressed() -> bool:
        nonlocal at, began
        reached = sum(offset or 0 for offset in applied.read(world.store, NS, ends).values())
        if reached and not at:
            at, began = reached, time.monotonic()
        return reached >= sum(ends.values())

    with world.materializer(NS):
        world.until("the materializer has applied every row", progressed)
        took = time.monotonic() - began
    # Counters are written when it leaves.
    counters = {field.decode(): int(count) for field, count in world.store.hgetall(counters_key(NS)).items()}
    counted = {
        name: sum(count for field, count in counters.items() if field.startswith(f"{name}|"))
        for name in ("rows", "records")
    }
    return (sum(ends.values()) - at) / took, counted["records"] / counted["rows"]


BENCHMARK: Final = Benchmark(
    name="materializer",
    what="One materializer process fills an emptied store from the six tile topics that the job wrote, Avro keys and "
    f"values, every write through the guard; {ROUNDS} times. A row that a later row of its key in the same batch "
    "replaces whatever the store holds is read but not offered.",
    run=run,
)
