"""A simulated week of a small bank: as files that are counted, and as events for the algebra."""

import shutil
from collections import defaultdict
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from millpond.algebra.evaluate import Event, Value, evaluate
from millpond.algebra.replay import accepted
from millpond.define.compiler import compile_pool
from millpond.plan.model import Pool, ViewPlan
from millpond.plan.windows import DAY
from millpond.simulate import Simulation
from millpond.simulate.folder import write

TESTS = Path(__file__).parents[2]
START = 19_723 * DAY


def simulation() -> Simulation:
    """Some 5,000 events, late ones and copies among them."""
    return Simulation(seed=11, customers=150, days=7, start_ms=START)


def files(folder: Path) -> Path:
    """The events as Parquet files, below a folder."""
    write(simulation(), folder / "events")
    return folder / "events"


@cache
def pool() -> Pool:
    """Ten views of the simulated bank: tests/sample_pool/bank, over the schemas of this repository."""
    with TemporaryDirectory(prefix="millpond-bank-") as folder:
        root = Path(folder) / "bank"
        shutil.copytree(TESTS / "sample_pool" / "bank", root)
        shutil.copytree(TESTS.parent / "schemas", root / "schemas")
        return compile_pool(root)


@cache
def came() -> dict[str, list[tuple[int, Event]]]:
    """Topic -> arrival and event."""
    found: dict[str, list[tuple[int, Event]]] = defaultdict(list)
    for topic, arrival, _key, event in simulation():
        found[topic].append((arrival, event))
    return found


@cache
def counted(view: ViewPlan) -> list[Event]:
    """The events of a view's source that count, in the order of their arrival."""
    source = view.source
    arrived = [
        event
        for arrival, event in came()[source.topic]
        if -source.skew_ms <= arrival - _instant(event[source.event_time]) <= source.lateness_ms
    ]
    return accepted(view, arrived)


@cache
def by_key(view: ViewPlan) -> dict[tuple[Value, ...], list[Event]]:
    """The events of each entity."""
    found: dict[tuple[Value, ...], list[Event]] = defaultdict(list)
    for event in counted(view):
        key = tuple(evaluate(expr, event) for expr in view.by)
        if None not in key:
            found[tuple(value for value in key if value is not None)].append(event)
    return found


def _instant(value: Value | None) -> int:
    assert isinstance(value, int), "an event has its time"
    return value
