"""From tile topics to a cluster and out of it: whatever becomes of a node, every record ends as the topics say."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import msgspec
import pytest

from millpond.plan.clock import now_ms
from millpond.plan.deployment import Publication, Served
from millpond.plan.model import Binding, Column, FeaturePlan, SetFeature, SetPlan
from millpond.plan.types import INT, STRING
from millpond.plan.windows import DAY, WindowSpan
from tests.integration.clusters import ClusterStore
from tests.integration.served import KINDS, AnyReader
from tests.integration.servers import OwnStore, until
from tests.integration.stacks import AnyStack
from tests.integration.tile_world import World, world
from tests.unit.materialize.sample import view

ROWS = 600  # a fragment
RATE = 400.0  # a second, all fragments
CARDS = [f"c:{number}" for number in range(15)]
SHOP = 7


@pytest.fixture
def here(stack: AnyStack, ns: str, tmp_path: Path) -> Iterator[World]:
    # What these tests do to a store, a cluster takes as one node does.
    store = cast("OwnStore", ClusterStore(tmp_path / "cluster", replicas=1))
    with world(stack.addresses, ns, tmp_path, store) as made:
        yield made


def publication(job: str) -> Publication:
    """A set of one feature: how often a card was used, ever."""
    ever = FeaturePlan(
        name="sales_lifetime",
        aggregation="count",
        type=INT,
        window=WindowSpan(label="lifetime", size_ms=None),
        partials=("sales_count",),
        level_ms=DAY,
        tail_error_ms=0,
    )
    return Publication(
        plan=SetPlan(
            domain="shop",
            name="used",
            version=1,
            owner="tests",
            description="",
            request=(Column("card", STRING), Column("shop", INT)),
            bindings=(
                Binding(alias="card", view="shop.card_sales", version=3, meaning="", request_fields=("card", "shop")),
            ),
            features=(SetFeature("card", ever.name, INT),),
        ),
        views=(Served(view=msgspec.structs.replace(view(), features=(ever,)), generation=1, job=job, covered_since=0),),
    )


class Watcher(threading.Thread):
    """Reads all cards over and over: what is present never becomes less, for cards are only used more."""

    def __init__(self, kind: str, here: World) -> None:
        super().__init__()
        self._kind, self._here = kind, here
        self.ends = threading.Event()
        self.failures: list[str] = []
        self.statuses: set[str] = set()
        self.last: dict[str, int] = {}

    def run(self) -> None:
        try:
            with AnyReader(self._kind, self._here.store.url, ns=self._here.ns) as reader:
                opened = reader.open("shop.used")
                requests = [{"card": card, "shop": SHOP} for card in CARDS]
                while not self.ends.wait(0.02):
                    for card, vector in zip(CARDS, opened.of(requests, timeout_ms=1_000), strict=True):
                        self.statuses.add(vector.status)
                        if vector.status in ("present", "empty"):
                            count = cast("int", vector["card.sales_lifetime"])
                            if count < self.last.get(card, 0):
                                self.failures.append(f"{card}: {count} after {self.last[card]}")
                            self.last[card] = count
        except BaseException as failure:  # noqa: BLE001  told by the test's own thread
            self.failures.append(repr(failure))


def emptied(cluster: ClusterStore) -> None:
    cluster.servers[1].client.flushall()


def killed(cluster: ClusterStore) -> None:
    cluster.servers[0].kill()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", [emptied, killed], ids=lambda fault: fault.__name__)
def test_every_record_ends_as_the_topics_say(here: World, fault: Callable[[ClusterStore], None], kind: str) -> None:
    process = here.start()
    until(lambda: process.said("continues at"))
    here.records.publish(publication(here.job.name), now_ms=now_ms())
    until(lambda: any(field.startswith("fragment|") for field in here.freshness()), what="nothing is fresh")
    watcher = Watcher(kind, here)
    watcher.start()
    for step in here.stream(seed=ROWS, count=ROWS, rate=RATE):
        if step == ROWS // 3:
            fault(cast("ClusterStore", here.store))
    here.drained()
    expected = here.expected()
    assert here.held() == expected
    used = {
        card: sum(
            record[1]
            for (key, _), record in expected.items()
            if key.endswith(":lifetime") and f"={card.replace(':', '%3A')},{SHOP}}}" in key
        )
        for card in CARDS
    }
    until(lambda: watcher.last == used, what=f"{watcher.last} is not {used}: {watcher.statuses} {watcher.failures}")
    watcher.ends.set()
    watcher.join()
    assert not watcher.failures
    assert watcher.statuses & {"stale", "unavailable"}, "the fault was not seen"
    process.leave()
    assert here.counter("rewinds") > 0 or fault is killed
