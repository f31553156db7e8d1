"""What a Reader tells of itself: counts for Prometheus and spans for OpenTelemetry, of real reads."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import REGISTRY, generate_latest

from millpond.plan.errors import ReadError
from tests.integration.served import KINDS, NOW, AnyReader, publish, put, spent, stamp
from tests.integration.servers import OwnStore


@pytest.fixture
def store(tmp_path: Path, ns: str) -> Iterator[OwnStore]:
    own = OwnStore(tmp_path / "store")
    try:
        publish(own.client, ns)
        stamp(own.client, ns, NOW)
        put(own.client, ns, "a", spent(NOW, "1.50"))
        yield own
    finally:
        own.client.close()
        own.kill()


@pytest.fixture(scope="module")
def exporter() -> InMemorySpanExporter:
    taken = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(taken))
    trace.set_tracer_provider(provider)
    return taken


def counted(name: str, ns: str, **labels: str) -> float:
    found = REGISTRY.get_sample_value(name, {"ns": ns, "domain": "shop", "set": "risk", "version": "1", **labels})
    assert found is not None, name
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_reads_are_counted_by_set_and_vectors_by_status(kind: str, store: OwnStore, ns: str) -> None:
    with AnyReader(kind, store.url, ns=ns, clock=lambda: NOW) as reader:
        opened = reader.open()
        opened.many(["a", None, "b"], timeout_ms=5_000)
        opened.read("a", timeout_ms=5_000)
        store.kill()
        opened.read("a", timeout_ms=5_000)
    statuses = {status: counted("millpond_vectors_total", ns, status=status) for status in ("empty", "no_key", "stale")}
    assert statuses == {"empty": 3, "no_key": 1, "stale": 0}
    assert counted("millpond_vectors_total", ns, status="unavailable") == 1
    assert counted("millpond_read_seconds_count", ns) == 3
    assert counted("millpond_read_seconds_bucket", ns, le="+Inf") == 3
    assert 0 < counted("millpond_read_seconds_sum", ns) < 15
    assert counted("millpond_read_trips_total", ns) == 4, "the last was tried twice"
    parts = 2  # of one card, and none has changed
    assert counted("millpond_read_recalled_total", ns) == (parts if kind.endswith("cached") else 0)
    told = generate_latest().decode()
    assert not [line for line in told.splitlines() if "millpond" in line and "card" in line], "no entity is named"


@pytest.mark.parametrize("kind", KINDS)
def test_each_read_is_a_span_that_names_no_entity(
    kind: str, store: OwnStore, ns: str, exporter: InMemorySpanExporter
) -> None:
    exporter.clear()
    with AnyReader(kind, store.url, ns=ns, clock=lambda: NOW) as reader:
        opened = reader.open()
        with trace.get_tracer("tests").start_as_current_span("request") as request:
            opened.many(["a", None], timeout_ms=5_000)
        store.kill()
        opened.read("a", timeout_ms=5_000)
        with pytest.raises(ReadError):
            opened.many([17])
    whole, _, failed, refused = exporter.get_finished_spans()
    assert (whole.name, failed.name) == ("millpond.read", "millpond.read")
    assert whole.parent is not None
    assert whole.parent.span_id == request.get_span_context().span_id
    assert (refused.status.description, refused.events) == ("ReadError", ()), "what is said of it names the entity"
    common = {"millpond.ns": ns, "millpond.set": "shop.risk", "millpond.version": 1}
    assert dict(whole.attributes or {}) == {**common, "millpond.vectors": 2, "millpond.status": "no_key"}
    assert dict(failed.attributes or {}) == {**common, "millpond.vectors": 1, "millpond.status": "unavailable"}
    assert whole.status.is_unset
    assert not failed.status.is_ok
    assert "ConnectionError" in (failed.status.description or "")
