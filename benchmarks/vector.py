"""The big fraud vector: read for transfers of a simulated bank, drawn by event, so that busy accounts are read most."""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import redis

from benchmarks.figures import Benchmark, Figures, figure, percentile
from benchmarks.reader import Request
from benchmarks.shard import NS, shard
from benchmarks.timing import times
from benchmarks.world import World
from millpond.algebra.evaluate import Event, evaluate
from millpond.plan.compiled import load_compiled
from millpond.plan.deployment import Publication, Served
from millpond.plan.errors import MillpondError
from millpond.plan.model import OwnEvent, Pool, SetPlan, ViewPlan
from millpond.plan.windows import DAY, HOUR
from millpond.serve import OpenSet, Reader
from millpond.serve.flow import ReadFlow
from millpond.serve.status import USABLE
from millpond.simulate import Simulation
from millpond.store import documents
from millpond.store.keys import EPOCH_FIELD, KeyEncoder, KeyTemplate, events_key, freshness_key
from millpond.store.parts import parts_of
from millpond.store.publications import Release, publication_change
from millpond.store.records import RecordLayout
from millpond.store.strip import strip_of
from tests.unit.serve.as_stored import stored

ROOT: Final = Path(__file__).parents[1]
SET: Final = "payments.transfer_fraud"
CUSTOMERS: Final = 1_000
DAYS: Final = 91  # the longest memory is of 90
REQUESTS: Final = 100
ROUNDS: Final = 5
READS: Final = 2_000  # a round

Events = dict[str, list[Event]]
"""By topic, in the order of their time."""


def run(world: World) -> Figures:
    """One vector after the other in one thread."""
    pool = load_compiled(ROOT).part(["payments"])
    plan = next(one for one in pool.sets if one.full_name == SET)
    events, requests, now = _bank(plan)
    with shard() as address:
        client = redis.Redis.from_url(address)
        world.say("  filling the store")
        _fill(client, pool, plan, events, requests, now)
        reader = Reader.connect(address, ns=NS, stale_after_ms=HOUR, clock=lambda: now)
        opened = reader.open(SET, version=plan.version)
        for request in requests:
            _must_be_usable(opened, request)
        took = []
        for i in range(1, ROUNDS + 1):
            took.append(times(lambda n: opened.read(requests[n % REQUESTS]), READS))
            p50, p99 = (percentile(took[-1], share) for share in (50, 99))
            world.say(f"  round {i} of {ROUNDS}: p50 {p50:,.0f} us, p99 {p99:,.0f} us")
        client.close()
    return {f"p{share}_us": figure([percentile(one, share) for one in took], "us") for share in (50, 90, 99)}


def _bank(plan: SetPlan) -> tuple[Events, list[Request], int]:
    """What happened until noon of the last day, and transfers of the day before that are asked about once more then.

    Each of them has just arrived, as it has when a model is asked about it.
    """
    events: Events = defaultdict(list)
    seen: set[object] = set()
    for where, arrival, _, event in Simulation(seed=1, customers=CUSTOMERS, days=DAYS):
        if event["event_id"] not in seen and arrival - _at(event) <= DAY:
            seen.add(event["event_id"])
            events[where].append(event)
    assert isinstance(plan.own_event, OwnEvent), "its request is a transfer"
    topic = plan.own_event.topic
    noon = max(map(_at, events[topic])) // DAY * DAY + 12 * HOUR
    events = {where: [event for event in found if _at(event) < noon] for where, found in events.items()}
    day = [event for event in events[topic] if _at(event) >= noon - DAY]
    drawn = random.Random(1).sample(day, REQUESTS)
    asked = [{**event, "event_id": f"asked-{at}", "occurred_at": noon + at} for at, event in enumerate(drawn)]
    events[topic] += asked
    return events, [dict(event) for event in asked], noon + REQUESTS


def _at(event: Event) -> int:
    ts = event["occurred_at"]
    assert isinstance(ts, int), "an event has its time"
    return ts


def _fill(
    client: Any, pool: Pool, plan: SetPlan, events: Mapping[str, list[Event]], requests: list[Request], now: int
) -> None:
    """Publish the set, and store every tile of whom the requests ask about."""
    views = {binding.alias: pool.view(binding.view, binding.version) for binding in plan.bindings}
    different = {view.full_name: view for view in views.values()}.values()
    served = tuple(Served(view=view, generation=1, job="bench", covered_since=0, deployed_at=now) for view in different)
    publication = Publication(plan=plan, views=served)
    release = Release(content=publication.content, at_ms=now, action="publish")
    documents.restore(client, NS, publication_change(NS, publication, [], release), end=1)
    stamps: dict[bytes | str, int] = {part.stamp: now for part in ReadFlow(publication, NS).parts}
    client.hset(freshness_key(NS), mapping={**stamps, EPOCH_FIELD: 1})
    for view in different:
        asked = {
            tuple(request[field] for field in binding.request_fields)
            for binding in plan.bindings
            if views[binding.alias] == view
            for request in requests
        }
        for key, mine in _by_key(view, events[view.source.topic], asked):
            _fill_entity(client, view, key, mine)


def _by_key(
    view: ViewPlan, events: list[Event], asked: set[tuple[Any, ...]]
) -> Iterator[tuple[tuple[Any, ...], list[Event]]]:
    held: dict[tuple[Any, ...], list[Event]] = defaultdict(list)
    for event in events:
        key = tuple(evaluate(tree, event) for tree in view.by)
        if key in asked and None not in key:
            held[key].append(event)
    yield from held.items()


def _fill_entity(client: Any, view: ViewPlan, key: tuple[Any, ...], events: list[Event]) -> None:
    encoded = KeyEncoder(view.entity).encode(key)
    with client.pipeline(transaction=False) as pipe:
        for kind in view.kinds:
            for part in parts_of(view, kind):
                where = KeyTemplate.of(NS, view, 1, part.name).key(encoded)
                rows = stored(view, events, part)
                if RecordLayout.of(view).is_strip and rows:
                    pipe.set(where, strip_of([row.record for row in rows]))
                for row in rows:
                    if not RecordLayout.of(view).is_strip:
                        pipe.hset(where, row.field, row.record)
                    if row.events is not None:
                        pipe.hset(events_key(where), row.field, row.events)
        pipe.execute()


def _must_be_usable(opened: OpenSet, request: Request) -> None:
    vector = opened.read(request)
    if vector.status not in USABLE:
        raise MillpondError(f"the vector is {vector.status}", mend="what is measured must be a whole read")


BENCHMARK: Final = Benchmark(
    name="vector",
    what=f"{SET}, 47 places of 11 bindings, for {REQUESTS} transfers of a simulated bank ({CUSTOMERS:,} customers, "
    f"{DAYS} days), drawn by event, each the newest event of its accounts; one thread, Valkey on loopback, {ROUNDS} "
    f"rounds of {READS:,} reads.",
    run=run,
    of_wheel=True,
)
