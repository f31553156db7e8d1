"""The whole pipeline under a backlog: the most events a second that reach the store."""

from typing import Final

from benchmarks.backlog import EVENTS, backlog
from benchmarks.figures import Benchmark, Figures, figure
from benchmarks.world import World


def run(world: World) -> Figures:
    """Events a second, and the rows they made."""
    held = backlog(world)
    return {
        "events_per_second": figure([(held.drained.records - held.read) / held.took_s], "events/s"),
        "rows_per_event": figure([held.drained.rows / held.drained.records]),
    }


BENCHMARK: Final = Benchmark(
    name="sustained",
    what=f"The sustained maximum end to end: a backlog of {EVENTS:,} events goes through Kafka, Flink, Kafka, one "
    "materializer and Valkey, all on this machine's cores, with 9 tile updates an event. From the job's first "
    "progress until every event is in the store and the store knows that it is up to date.",
    run=run,
)
