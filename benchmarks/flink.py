"""The Flink job: events a second, beside the same aggregates written by hand."""

from collections.abc import Iterable
from typing import Final, NamedTuple

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
    ours: list[_Ran] = []
    theirs: list[_Ran] = []
    for i in range(1, ROUNDS + 1):
        job, ran = _ours(world, f"flink_{i}")
        ours.append(ran)
        world.say(f"  round {i} of {ROUNDS}: the product   {ran.rate:>9,.0f} events/s")
        theirs.append(_theirs(world, f"flink_{i}", job))
        world.say(f"  round {i} of {ROUNDS}: by hand       {theirs[-1].rate:>9,.0f} events/s")
    return {
        "events_per_second": figure([ran.rate for ran in ours], "events/s"),
        "hand_written_events_per_second": figure([ran.rate for ran in theirs], "events/s"),
        "share_of_hand_written": figure([a.rate / b.rate for a, b in zip(ours, theirs, strict=True)]),
        "rows_per_event": figure([ran.rows / EVENTS for ran in ours]),
        "hand_written_rows_per_event": figure([ran.rows / EVENTS for ran in theirs]),
    }


class _Ran(NamedTuple):
    """One run: events a second, and how many rows of tiles it wrote."""

    rate: float
    rows: int


def _rows(world: World, topics: Iterable[str]) -> int:
    return sum(sum(world.topics.ends(topic)) for topic in topics)


def _ours(world: World, ns: str) -> tuple[JobRecord, _Ran]:
    job = world.deploy(ns, reading(world.pool, TOPIC))
    rate = events_per_second(world, ns, job, job.flink_job_id)
    rows = _rows(world, (fragment.topic(ns) for fragment in job.fragments))
    world.cancel(job.flink_job_id)
    delete_topics(world, topics_of(ns, job))
    return job, _Ran(rate, rows)


def _theirs(world: World, ns: str, ours: JobRecord) -> _Ran:
    settings = world.settings(ns)
    topics = hand_written.topics(ns)
    world.topics.create(topics)
    ttl = max(view.state_ttl_ms(kind) for view in ours.views for kind in view.kinds)
    job_id = submit_sql(settings, hand_written.job(settings, TOPIC, state_ttl_ms=ttl))
    world.until("the job runs", lambda: world.cluster.is_running(job_id))
    rate = events_per_second(world, ns, ours, job_id)
    rows = _rows(world, (topic.name for topic in topics))
    world.cancel(job_id)
    delete_topics(world, [topic.name for topic in topics])
    return _Ran(rate, rows)


BENCHMARK: Final = Benchmark(
    name="flink",
    what=f"One job, parallelism 1, RocksDB: 3 entities x 3 levels x 6 aggregates, Avro in and out, over a topic of "
    f"{EVENTS:,} events of {sum(Keys()):,} keys, half of them of an eighth of the keys. From the job's first progress "
    "to the checkpoint after its last event; the product and the SQL of benchmarks/hand_written.py in turn, "
    f"{ROUNDS} times each.",
    run=run,
)
