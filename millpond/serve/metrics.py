"""What Readers count, by set: told to Prometheus where its client is installed; labels never name an entity."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate
from threading import Lock
from typing import Any, Final

from millpond.serve.status import STATUSES, Status

BUCKETS_S: Final = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
LABELS: Final = ("ns", "domain", "set", "version")

Labels = tuple[str, str, str, str]


class Tally:
    """The reads of one version of a set, in this process: counted in a microsecond, put into words when it is asked."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.vectors: dict[Status, int] = dict.fromkeys(STATUSES, 0)
        self.reads = [0] * (len(BUCKETS_S) + 1)
        self.seconds = 0.0
        self.trips = 0
        self.recalled = 0
        self.plans = 0

    def read(self, seconds: float, statuses: Sequence[Status], trips: int, recalled: int) -> None:
        """Count a read: how long it took, what its vectors were, how many trips that was, and what a cache spared."""
        with self._lock:
            self.reads[bisect_left(BUCKETS_S, seconds)] += 1
            self.seconds += seconds
            self.trips += trips
            self.recalled += recalled
            for status in statuses:
                self.vectors[status] += 1

    def followed(self) -> None:
        """Count a change of plan."""
        with self._lock:
            self.plans += 1


class Collector:
    """Every tally of the process, as Prometheus asks for it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._tallies: dict[Labels, Tally] = {}

    def tally(self, ns: str, full_name: str, version: int) -> Tally:
        """Of one version of a set, whichever Reader reads it."""
        domain, _, name = full_name.partition(".")
        with self._lock:
            return self._tallies.setdefault((ns, domain, name, str(version)), Tally())

    def collect(self) -> Iterator[Any]:
        """What was counted."""
        from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily

        vectors = CounterMetricFamily("millpond_vectors", "Vectors read, by their status.", labels=[*LABELS, "status"])
        reads = HistogramMetricFamily("millpond_read_seconds", "How long reads took.", labels=LABELS)
        trips = CounterMetricFamily(
            "millpond_read_trips",
            "Round trips of reads, also those that asked again.",
            labels=LABELS,
        )
        recalled = CounterMetricFamily(
            "millpond_read_recalled", "Strips and hashes of tiles that a read found in its cache.", labels=LABELS
        )
        plans = CounterMetricFamily("millpond_plans_followed", "Changes of plan that were followed.", labels=LABELS)
        with self._lock:
            tallies = list(self._tallies.items())
        for labels, tally in tallies:
            for status, count in tally.vectors.items():
                vectors.add_metric([*labels, status], count)
            bounds = [*map(str, BUCKETS_S), "+Inf"]
            counts = list(accumulate(tally.reads))
            reads.add_metric(labels, list(zip(bounds, counts, strict=True)), tally.seconds)
            trips.add_metric(labels, tally.trips)
            recalled.add_metric(labels, tally.recalled)
            plans.add_metric(labels, tally.plans)
        yield from (vectors, reads, trips, recalled, plans)


_collector: Collector | None = None
_registering = Lock()


def tally_of(ns: str, full_name: str, version: int) -> Tally | None:
    """Where the reads of a set are counted; None where nobody can ask."""
    global _collector  # noqa: PLW0603  Prometheus's registry is the process's, too
    try:
        from prometheus_client import REGISTRY
    except ImportError:
        return None
    with _registering:
        if _collector is None:
            _collector = Collector()
            REGISTRY.register(_collector)
    return _collector.tally(ns, full_name, version)
