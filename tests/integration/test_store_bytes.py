"""What a review takes the store to hold, against a real one that the real writer has filled with the same events."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from millpond.algebra.evaluate import Value
from millpond.plan.model import ViewPlan
from millpond.review.counted import Data
from millpond.review.store_bytes import PLACES, store_bytes
from millpond.store.guard import GuardedWrite
from millpond.store.keys import KeyEncoder, KeyTemplate
from millpond.store.nodes import Nodes
from millpond.store.parts import Part, parts_of
from millpond.store.records import RecordLayout
from millpond.store.writer import Writer
from tests.integration.store_alone import StoreAlone
from tests.unit.review import events
from tests.unit.serve.as_stored import stored

VIEWS = [view for view in events.pool().views if view.name != "document"]  # too few to be measured


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    # Of its own: in the one that all tests share, others' keys make the tables of all keys grow in between.
    with StoreAlone.start(tmp_path_factory.mktemp("store")) as alone:
        yield alone.addresses.store


def test_the_stores_memory_is_told_within_a_quarter(store: str, ns: str, tmp_path: Path) -> None:
    nodes = Nodes.connect(store)
    client = nodes.client_of("")
    before = int(client.info("memory")["used_memory"])
    all_told = 0.0
    with Data.open(events.files(tmp_path), VIEWS) as data:
        for view in VIEWS:
            _fill(nodes, ns, view)
            keys = list(client.scan_iter(match=f"{ns}.*}}:{view.name}.*"))
            weighed = sum(int(client.memory_usage(key, samples=0)) for key in keys)
            held = data.held_view(view, history=True)
            told = sum(
                store_bytes(ns, view, part, held.parts[part.name].hashes)
                for kind in view.kinds
                for part in parts_of(view, kind)
            )
            assert told - PLACES * len(keys) == pytest.approx(weighed, rel=0.1), view.name
            all_told += told
    # Beside the keys themselves the store's own tables grow, in steps.
    assert all_told == pytest.approx(int(client.info("memory")["used_memory"]) - before, rel=0.25)
    nodes.close()


def _fill(nodes: Nodes, ns: str, view: ViewPlan) -> None:
    for kind in view.kinds:
        for part in parts_of(view, kind):
            Writer(nodes, ns).write([_write(ns, view, part, key) for key in events.by_key(view)], ())


def _write(ns: str, view: ViewPlan, part: Part, key: tuple[Value, ...]) -> GuardedWrite:
    """A whole ring, as it is after all events of an entity."""
    mine = events.by_key(view)[key]
    where = KeyTemplate.of(ns, view, 1, part.name).key(KeyEncoder(view.entity).encode(key))
    layout = RecordLayout.of(view)
    return GuardedWrite(
        "t", where, part.ttl_ms, stored(view, mine, part), layout.size if layout.is_strip else None, part.slots
    )
