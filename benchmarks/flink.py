"""The Flink job: events a second, beside the same aggregates written by hand."""

from typing import Final

from benchmarks import hand_written
from benchmarks.events import Keys
from benchmarks.figures import Benchmark, Figures, figure
from benchmarks.rates import delete_topics, events_per_second, topics_of
from benchmarks.world import World, reading
from millpond.control.submit import submit_sql
from millpond.plan.deployment import JobRecord

TOPIC: Final = "bench.flink"
EVENTS: Final = 250_000
ROUNDS: Final = 3


def run(world: World) -> Figures:
    """Ours and theirs in turn over the same preloaded topic."""
    world.cancel_all()
    world.preload(TOPIC, EVENTS, Keys())
    ours, theirs = [], []
    for i in range(1, ROUNDS + 1):
        job, rate = _ours(world, f"flink_{i}")
        ours.append(rate)
        world.say(f"  round {i} of {ROUNDS}: the product   {rate:>9,.0f} events/s")
        theirs.append(_theirs(world, f"flink_{i}", job))
        world.say(f"  round {i} of {ROUNDS}: by hand       {theirs[-1]:>9,.0f} events/s")
    return {
        "events_per_second": figure(ours, "events/s"),
        "hand_written_events_per_second": figure(theirs, "events/s"),
        "share_of_hand_written": figure([a / b for a, b in zip(ours, theirs, strict=True)]),
    }


def _ours(world: World, ns: str) -> tuple[JobRecord, float]:
    """Run the product's job over the topic once, and leave nothing of it."""
    job = world.deploy(ns, reading(world.pool, TOPIC))
    rate = events_per_second(world, ns, job, job.flink_job_id)
    world.cancel(job.flink_job_id)
    delete_topics(world, topics_of(ns, job))
    return job, rate


def _theirs(world: World, ns: str, ours: JobRecord) -> float:
    settings = world.settings(ns)
    topics = hand_written.topics(ns)
    world.topics.create(topics)
    ttl = max(view.state_ttl_ms(kind) for view in ours.views for kind in view.kinds)
    job_id = submit_sql(settings, hand_written.job(settings, TOPIC, state_ttl_ms=ttl))
    world.until("the job runs", lambda: world.cluster.is_running(job_id))
    rate = events_per_second(world, ns, ours, job_id)
    world.cancel(job_id)
    delete_topics(world, [topic.name for topic in topics])
    return rate


BENCHMARK: Final = Benchmark(
    name="flink",
    what=f"One job, parallelism 1, RocksDB: 3 entities x 3 levels x 6 aggregates, Avro in and out, over a topic of "
    f"{EVENTS:,} events. From the job's first progress to the checkpoint after its last event; the product and the "
    f"SQL of benchmarks/hand_written.py in turn, {ROUNDS} times each.",
    run=run,
)
