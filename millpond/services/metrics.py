"""What an enricher tells Prometheus: counted as it happens, told when it is asked; no label names an entity."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import accumulate
from threading import Lock
from typing import Any, Final

from millpond.plan.errors import MillpondError
from millpond.serve.status import STATUSES, Status

BUCKETS_S: Final = (0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 1.0, 2.5, 5.0, 10.0, 30.0)
LABELS: Final = ("ns", "domain", "set", "version")


class Histogram:
    """How often something took how long."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BUCKETS_S) + 1)
        self.seconds = 0.0

    def add(self, seconds: float) -> None:
        """Once more."""
        self._counts[bisect_left(BUCKETS_S, seconds)] += 1
        self.seconds += seconds

    @property
    def buckets(self) -> list[tuple[str, int]]:
        """The bound of each bucket, and how often it was not exceeded."""
        bounds = [*map(str, BUCKETS_S), "+Inf"]
        return list(zip(bounds, accumulate(self._counts), strict=True))


class Tally:
    """What one process has done since it began, and what it has on its hands."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests = 0
        self._replies: dict[Status, int] = dict.fromkeys(STATUSES, 0)
        self._dead_letters: Counter[str] = Counter()
        self._degraded = 0
        self._model_failures = 0
        self._latency = Histogram()
        self._waits = Histogram()
        self._waiting = 0
        self._lag: dict[int, int] = {}

    def took(self) -> None:
        """A request was taken."""
        with self._lock:
            self._requests += 1

    def answered(self, waited_s: float, *, is_degraded: bool, has_failed: bool) -> None:
        """A request has its vector.

        Args:
            waited_s: since it was taken.
            is_degraded: it is scored otherwise than a whole vector, or not at all.
            has_failed: the model did.
        """
        with self._lock:
            self._waits.add(waited_s)
            self._degraded += is_degraded
            self._model_failures += has_failed

    def replied(self, status: Status, latency_s: float) -> None:
        """The brokers have a reply, so long after its request's record was written."""
        with self._lock:
            self._replies[status] += 1
            self._latency.add(latency_s)

    def buried(self, reason: str) -> None:
        """The brokers have a dead letter."""
        with self._lock:
            self._dead_letters[reason] += 1

    def stands(self, *, waiting: int, lag: Mapping[int, int]) -> None:
        """How things are now.

        Args:
            waiting: requests that were taken and are not answered.
            lag: of each partition of ours, how many requests behind what is answered it holds.
        """
        with self._lock:
            self._waiting, self._lag = waiting, dict(lag)

    def families(self, labels: tuple[str, str, str, str]) -> list[Any]:
        """All of it, as prometheus_client has it."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

        def of(kind: Any, name: str, says: str, by: str = "") -> Any:
            return kind(f"millpond_enricher_{name}", says, labels=[*LABELS, *([by] if by else [])])

        requests = of(CounterMetricFamily, "requests", "Requests taken.")
        replies = of(
            CounterMetricFamily, "replies", "Replies that the brokers have, by their vector's status.", "status"
        )
        letters = of(CounterMetricFamily, "dead_letters", "Dead letters that the brokers have, by reason.", "reason")
        degraded = of(CounterMetricFamily, "degraded", "Vectors that were scored as not whole, or were not scored.")
        failures = of(CounterMetricFamily, "model_failures", "Vectors for which the model failed.")
        latency = of(
            HistogramMetricFamily, "reply_seconds", "From a request's timestamp to when brokers have its reply."
        )
        waits = of(HistogramMetricFamily, "wait_seconds", "From when a request was taken to when it had its vector.")
        waiting = of(GaugeMetricFamily, "waiting", "Requests that were taken and have no answer yet.")
        lag = of(GaugeMetricFamily, "lag", "Requests of a partition that are not answered.", "partition")
        with self._lock:
            requests.add_metric(labels, self._requests)
            for status, count in self._replies.items():
                replies.add_metric([*labels, status], count)
            for reason, count in self._dead_letters.items():
                letters.add_metric([*labels, reason], count)
            degraded.add_metric(labels, self._degraded)
            failures.add_metric(labels, self._model_failures)
            latency.add_metric(labels, self._latency.buckets, self._latency.seconds)
            waits.add_metric(labels, self._waits.buckets, self._waits.seconds)
            waiting.add_metric(labels, self._waiting)
            for partition, behind in self._lag.items():
                lag.add_metric([*labels, str(partition)], behind)
        return [requests, replies, letters, degraded, failures, latency, waits, waiting, lag]


class _Collector:
    """A tally, as Prometheus's registry asks for it."""

    def __init__(self, tally: Tally, labels: tuple[str, str, str, str]) -> None:
        self._tally, self._labels = tally, labels

    def collect(self) -> Iterator[Any]:
        """What was counted."""
        yield from self._tally.families(self._labels)


@contextmanager
def exposed(tally: Tally, *, ns: str, full_name: str, version: int, port: int) -> Iterator[None]:
    """Inside, all that this process counts is at http://<any of its addresses>:<port>/metrics, its Reader's reads too.

    Raises:
        MillpondError: Prometheus's client is not installed, or the port is taken.
    """
    try:
        from prometheus_client import REGISTRY, start_http_server
    except ImportError as cause:
        raise MillpondError(
            "Prometheus's client is not installed", where="--metrics-port", mend="pip install 'millpond[observe]'"
        ) from cause
    domain, _, name = full_name.partition(".")
    collector: Any = _Collector(tally, (ns, domain, name, str(version)))
    try:
        server, thread = start_http_server(port)
    except OSError as cause:
        raise MillpondError(
            f"metrics cannot be told at port {port}: {cause}", where="--metrics-port", mend="name a free port"
        ) from cause
    REGISTRY.register(collector)
    try:
        yield
    finally:
        REGISTRY.unregister(collector)
        server.shutdown()
        server.server_close()
        thread.join()
