"""What Prometheus is told of an enricher: scraped from the process as it answers, buries and waits."""

import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from millpond.local.ports import free_ports
from millpond.plan.clock import now_ms
from tests.integration.enriching import World, sale, world
from tests.integration.servers import until
from tests.integration.stacks import AnyStack

MODEL = """
def score(vectors):
    return [1 / (3 - vector["buyer.visits_1h"]) for vector in vectors]
"""


@pytest.fixture
def excludes(stack: AnyStack, ns: str, tmp_path: Path) -> Iterator[World]:
    with world(stack.addresses, ns, tmp_path, "excludes") as made:
        yield made


class Scraped:
    """What one scrape gave."""

    def __init__(self, port: int) -> None:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as page:
            self.text: str = page.read().decode()
        self.samples = [one for family in text_string_to_metric_families(self.text) for one in family.samples]

    def __call__(self, name: str, **labels: str) -> float:
        """The sum of the samples of a name that have these labels."""
        found = [one for one in self.samples if one.name == f"millpond_{name}" and labels.items() <= one.labels.items()]
        return sum(one.value for one in found)


def test_a_scrape_says_what_was_answered_and_how_what_was_not_and_why(excludes: World) -> None:
    (excludes.folder / "project").mkdir()
    (excludes.folder / "project" / "scoring.py").write_text(MODEL, "utf-8")
    now = now_ms()
    excludes.stamp(-2_000)
    excludes.put(*(sale(n, now - 1_000, customer="three") for n in range(3)), sale(3, now - 1_000, customer="one"))
    excludes.ask(sale(10, now, customer="one"), key=b"one", timestamp=now - 7_000)
    excludes.ask(sale(11, now, customer="three"), key=b"three", partition=1, timestamp=now - 7_000)
    excludes.ask(sale(12, now - 5, customer="two"), key=b"first of two", timestamp=now - 7_000)
    excludes.ask(sale(13, now, customer="two"), key=b"second of two", timestamp=now - 7_000)
    excludes.ask(b"{}")
    excludes.ask(None)
    excludes.ask(b"\1")
    excludes.flush()
    (port,) = free_ports(1)
    model = ("--model", "scoring:score", "--model-takes", "vectors")
    process = excludes.start("--metrics-port", str(port), "--wait-ms", "6000", *model)
    excludes.answered(3)
    until(lambda: Scraped(port)("enricher_waiting") == 1, what="what waits is not told")
    until(lambda: Scraped(port)("enricher_lag", partition="0") > 0, what="how far it is behind is not told")
    excludes.answered(4)
    until(lambda: Scraped(port)("enricher_replies_total") == 4)
    until(lambda: Scraped(port)("enricher_waiting") == 0)
    until(lambda: {one.value for one in Scraped(port).samples if one.name == "millpond_enricher_lag"} == {0})
    told = Scraped(port)
    mine = {"ns": excludes.ns, "domain": "shop", "set": "excludes", "version": "1"}
    assert told("enricher_requests_total", **mine) == 7
    assert told("enricher_replies_total", status="behind") == 1
    assert told("enricher_dead_letters_total") == 3
    assert told("enricher_dead_letters_total", reason="bad_magic") == 2
    assert told("enricher_dead_letters_total", reason="null_value") == 1
    assert told("enricher_model_failures_total") == 1, "three visits are one too many for it"
    assert told("enricher_degraded_total") == 1
    assert told("enricher_reply_seconds_count") == told("enricher_reply_seconds_bucket", le="+Inf") == 4
    assert told("enricher_reply_seconds_bucket", le="5.0") == 0, "the records are 7 s old"
    assert 28 <= told("enricher_reply_seconds_sum") < 400
    assert told("enricher_wait_seconds_bucket", le="5.0") == 3
    assert told("enricher_wait_seconds_bucket", le="10.0") == 4
    assert told("vectors_total", **mine) >= 4, "its Reader's reads are told in the same place"
    assert not [line for line in told.text.splitlines() if "millpond" in line and "three" in line], "no entity is named"
    process.leave()


def test_a_port_that_is_taken_is_said(excludes: World) -> None:
    process = excludes.start("--metrics-port", str(excludes.store.port))
    assert process.popen.wait(30) == 2
    assert process.said(f"metrics cannot be told at port {excludes.store.port}")
    assert process.said("mend: name a free port")
