"""From a pool to vectors through every real part: deployed, read, and equal to the Plan's meaning in plain Python."""

import json
import math
import random
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import msgspec
import pytest

from millpond.algebra.replay import accepted, replay
from millpond.control.deploy import Deployed, deploy
from millpond.control.settings import Settings
from millpond.control.status import status
from millpond.control.topics import Topic, Topics
from millpond.plan.compiled import load_compiled
from millpond.plan.deployment import JobRecord
from millpond.plan.errors import DeployError
from millpond.plan.expr import fields_of
from millpond.plan.hashes import hashed_view
from millpond.plan.model import Pool, ViewPlan
from millpond.plan.windows import DAY, HOUR
from millpond.serve import Reader, Vector
from tests.integration.deployed import all_of, drained, materializing
from tests.integration.flink_world import Record, Row, by_path, produce, register, wire
from tests.integration.servers import until
from tests.integration.stacks import AnyStack
from tests.unit.define.sample import RIGHT

EVENTS: Final = 1_500
CUSTOMERS: Final = 12
PARTITIONS: Final = 3
HISTORY: Final = 12 * DAY  # the history is this long


@dataclass(frozen=True, kw_only=True)
class Shop:
    """The sample pool, deployed, with a history in its topics.

    Attributes:
        now: the last instant of the history.
        events: all of it, timestamps in ms.
    """

    settings: Settings
    pool: Pool
    deployed: Deployed
    now: int
    events: list[Row]

    def job(self, source: str) -> JobRecord:
        return next(job for job in self.deployed.started if job.source.name == source)

    def read(self, view: ViewPlan, keys: list[tuple[Any, ...]], as_of: int | None) -> list[Vector]:
        with Reader.connect(self.settings.store, ns=self.settings.ns) as reader:
            opened = reader.open(f"{view.domain}.all_of_{view.name}", version=view.version)
            names = [column.name for column in view.entity.keys]
            requests = [dict(zip(names, key, strict=True)) for key in keys]
            return opened.read_many(requests, as_of=as_of, timeout_ms=5_000)


def sales(now: int) -> list[Row]:
    """A random history of sales up to `now`, in the schema's own units (paid_at in micros)."""
    draw = random.Random(7)
    times = [*sorted(now - draw.randrange(HISTORY) for _ in range(EVENTS - 1)), now]
    return [
        {
            "sale_id": f"sale {number}",
            "sold_at": ts,
            "paid_at": None if number % 4 == 0 else ts * 1000 - draw.randrange(10**9),
            "customer_id": None if number % 19 == 0 else f"c{draw.randrange(CUSTOMERS)}:{{é}}",
            "store_id": draw.randrange(3),
            "article_id": draw.choice((-(2**62), -1, 0, 8, 2**62)),
            "channel": draw.choice(("TILL", "WEB", "UNKNOWN")),
            "returned_by": None if number % 3 else draw.choice(("TILL", "WEB")),
            "amount": Decimal(draw.randrange(-5_000, 1_000_000)).scaleb(-2),
            "discount": None if number % 5 == 0 else Decimal(draw.randrange(99_999)).scaleb(-3),
            "fee": Decimal(draw.randrange(10**6)).scaleb(-4),
            "quantity": draw.randrange(-2, 9),
            "count": None if number % 7 == 0 else draw.randrange(-(2**60), 2**60),
            "weight": None if number % 6 == 0 else draw.uniform(-1e3, 1e3),
            "rating": None if number % 11 == 0 else float(draw.randrange(6)),
            "gift": number % 8 == 0,
            "tags": ["a"],
            "extra": draw.choice(({}, {"other": "x"}, {"campaign": f"n{number}", "other": "x"}, {"campaign": ""})),
            "address": address(draw),
            "billed_to": None if number % 3 == 0 else address(draw),
            "digest": bytes(16),
            "raw": b"",
            "day": 1,
            "either": None,
        }
        for number, ts in enumerate(times)
    ]


def address(draw: random.Random) -> Row:
    place = {"lat": draw.uniform(-90, 90), "lon": float(draw.randrange(-180, 180))}
    return {
        "city": draw.choice(("Oslo", "", "é{:}")),
        "count": draw.choice((None, 0, -(2**31))),
        "lines": ["a", "b"][: draw.randrange(3)],
        "place": draw.choice((None, place)),
    }


def records(schema_id: int, schema: dict[str, Any], events: list[Row]) -> list[Record]:
    """Each event as a record that arrives up to half a day late, every tenth one twice, through another partition."""
    draw = random.Random(8)
    made = []
    for number, event in enumerate(events):
        value = wire(schema_id, schema, event)
        arrival = min(event["sold_at"] + draw.randrange(12 * HOUR), events[-1]["sold_at"])
        copies = range(2 if number % 10 == 0 else 1)
        made += [Record(value=value, partition=(number + copy) % PARTITIONS, arrival=arrival) for copy in copies]
    made.sort(key=lambda record: record.arrival)
    return made


def told(events: list[Row], views: Iterable[ViewPlan]) -> list[Row]:
    """Sales as a job reads them for some views: timestamps in ms, a column a path."""
    read = [field.name for view in views for p in view.partials for tree in p.trees for field in fields_of(tree)]
    in_ms = [{**e, "paid_at": None if e["paid_at"] is None else e["paid_at"] // 1000} for e in events]
    return [by_path(event, dict.fromkeys(read)) for event in in_ms]


@pytest.fixture(scope="module")
def shop(settings: Settings, stack: AnyStack) -> Iterator[Shop]:
    schema = json.loads((RIGHT / "schemas" / "shop.sale.v1.avsc").read_text())
    compiled = load_compiled(RIGHT)
    pool = msgspec.structs.replace(compiled, sets=(*compiled.sets, *map(all_of, compiled.views)))
    now = time.time_ns() // 1_000_000
    events = sales(now)
    for topic in sorted({view.source.topic for view in pool.views}):
        Topics(settings.kafka).create([Topic(name=topic, partitions=PARTITIONS, config={"retention.ms": "-1"})])
        produce(settings, topic, records(register(settings, f"{topic}-value", schema), schema, events))
    with pytest.raises(DeployError, match=r"takes timestamps up to[\s\S]*--replay"):
        deploy(settings, pool, start="earliest")
    deployed = deploy(settings, pool, start="earliest", replay=True)
    made = Shop(settings=settings, pool=pool, deployed=deployed, now=now, events=told(events, pool.views))
    with materializing(settings, stack):
        for job in deployed.started:
            drained(settings, job)
        yield made


def expected(shop: Shop, view: ViewPlan, key: tuple[Any, ...], q: int) -> dict[str, Any]:
    events = accepted(view, shop.events) if view.source.event_id else twice_every_tenth(shop.events)
    return {f"{view.name}.{name}": value for name, value in replay(view, events, key, q).items()}


def twice_every_tenth(events: list[Row]) -> list[Row]:
    """Without an event id every record is an event of its own."""
    return [event for number, event in enumerate(events) for _ in range(2 if number % 10 == 0 else 1)]


@pytest.mark.parametrize("view", load_compiled(RIGHT).views, ids=lambda view: view.name)
def test_every_feature_of_every_key_equals_the_plans_meaning(shop: Shop, view: ViewPlan) -> None:
    customers = [f"c{number}:{{é}}" for number in range(CUSTOMERS)] + ["nobody"]
    keys: dict[str, list[tuple[Any, ...]]] = {
        "customer": [(name,) for name in customers],
        "customer_store": [(name, store) for name in customers for store in range(3)],
        "article": [(number,) for number in (-(2**62), -1, 0, 8, 2**62, 1)],
    }
    covered_since = shop.job(view.source.name).covered_since
    present = 0
    until(
        lambda: all(vector.status != "stale" for vector in shop.read(view, keys[view.entity.name], shop.now)),
        within_s=30,
    )
    for key, vector in zip(keys[view.entity.name], shop.read(view, keys[view.entity.name], shop.now), strict=True):
        wanted = expected(shop, view, key, shop.now)
        for feature, name, got, state in zip(
            view.features, vector.names, vector.computed, vector.statuses, strict=True
        ):
            if isinstance(wanted[name], float):
                assert got == pytest.approx(wanted[name], rel=1e-9), (key, name)
            else:
                assert (got, type(got)) == (wanted[name], type(wanted[name])), (key, name)
            lo, _ = feature.reach.bounds(shop.now, feature.level_ms)
            if lo < covered_since:
                assert state == "incomplete", (key, name)
            else:
                assert state in ("present", "empty"), (key, name)
            present += state == "present"
    assert present > 0


def test_a_set_with_a_request_gives_its_derived_places_from_the_same_numbers(shop: Shop) -> None:
    customers = [f"c{number}:{{é}}" for number in range(CUSTOMERS)] + ["nobody"]
    amount, lat, lon = Decimal("250.00"), 10.0, 20.0
    place = {"lat": lat, "lon": lon}
    asked = {"giver_id": customers[0], "amount": amount, "address": {"place": place}, "extra": {}, "sold_at": shop.now}
    with Reader.connect(shop.settings.store, ns=shop.settings.ns) as reader:
        till = reader.open("risk.till", version=1)
        vectors = till.read_many([{**asked, "customer_id": one} for one in customers], as_of=shop.now, timeout_ms=5_000)
    views = [shop.pool.view(name) for name in ("shop.customer", "shop.habits", "shop.profile")]
    far = 0
    for customer, vector in zip(customers, vectors, strict=True):
        of: dict[str, Any] = {}
        for view in views:
            of |= expected(shop, view, (customer,), shop.now)
        mean, lasts, home = of["customer.mean_spend_30d"], of["habits.last_amounts_1h"], of["profile.home_lat_7d"]
        web = (of["habits.channel_counts_1h"] or {}).get("WEB", 0)
        over = (float(amount) - mean) / mean if mean else None
        km = None if home is None else 6371.0088 * math.radians(abs(lat - home))
        wanted = {
            "paid": amount,
            "buyer.visits_1h": of["customer.visits_1h"],
            "over_mean": None if over is None else pytest.approx(over, rel=1e-9),
            "more_than_last": amount - lasts[0] if lasts else None,
            "before_last": lasts[1] if lasts and len(lasts) > 1 else 0,
            "by_web": web,
            "km_north": None if km is None else pytest.approx(km, rel=1e-9),
            "is_far": sql_and(None if km is None else km > 100, None if over is None else over > 1),
            "from_campaign": None,
            "night": time.gmtime(shop.now // 1000).tm_hour < 6,
            "giver.spend_30d": expected(shop, views[0], (customers[0],), shop.now)["customer.spend_30d"],
        }
        assert dict(zip(vector.names, vector.computed, strict=True)) == wanted
        far += km is not None
    assert far > 0, "some customer has a home"


@pytest.mark.parametrize("name", ["before", "with_it"])
def test_a_request_that_is_an_event_is_left_out_or_counted(shop: Shop, name: str) -> None:
    (plan,) = (one for one in shop.pool.sets if one.name == name)
    habits, customer = shop.pool.view("shop.habits"), shop.pool.view("shop.customer")
    last = {event["customer_id"]: event for event in shop.events if event["customer_id"] is not None}
    with Reader.connect(shop.settings.store, ns=shop.settings.ns) as reader:
        vectors = reader.open(f"risk.{name}", version=1).read_many(list(last.values()), timeout_ms=5_000)
    assert len(vectors) == CUSTOMERS
    for event, vector in zip(last.values(), vectors, strict=True):
        q = event["sold_at"]
        assert vector.as_of == q
        known = [one for one in shop.events if name == "with_it" or one["sale_id"] != event["sale_id"]]
        of = {f"habits.{k}": v for k, v in replay(habits, accepted(habits, known), (event["customer_id"],), q).items()}
        by_tiles = replay(customer, accepted(customer, known), (event["customer_id"],), q)
        of |= {f"customer.{k}": v for k, v in by_tiles.items()}
        spend: Any = of["habits.spend_1h"]
        of["share"] = float(event["amount"]) / float(spend) if spend else None
        for place, got, state in zip(plan.places, vector.computed, vector.statuses, strict=True):
            value = of[place.name]
            wanted = pytest.approx(value, rel=1e-9) if isinstance(value, float) else value
            assert got == wanted, (event["sale_id"], place.name)
            assert state in ("present", "empty", "incomplete"), (event["sale_id"], place.name, state)


def sql_and(a: bool | None, b: bool | None) -> bool | None:
    if a is False or b is False:
        return False
    return None if a is None or b is None else True


def test_a_topic_read_from_its_first_record_is_covered_from_then_on_or_for_ever(shop: Shop) -> None:
    first = min(event["sold_at"] for event in shop.events)
    assert shop.job("replayed_sales").covered_since == 0  # full_history
    # the first record of each partition, which arrived within half a day of its time
    assert first < shop.job("sales").covered_since < first + DAY


def test_deploying_again_starts_and_publishes_nothing(shop: Shop) -> None:
    again = deploy(shop.settings, shop.pool, start="earliest", replay=True)
    assert (again.started, again.published) == ((), ())
    assert set(again.kept) == {job.name for job in shop.deployed.started}


def test_another_meaning_under_a_version_that_runs_is_refused_and_nothing_changes(shop: Shop) -> None:
    view = shop.pool.view("shop.customer")
    changed = hashed_view(
        msgspec.structs.replace(view, by=shop.pool.view("shop.customer_store").by[:1], precision="6%")
    )
    pool = msgspec.structs.replace(shop.pool, views=tuple(changed if v is view else v for v in shop.pool.views))
    before = status(shop.settings)
    with pytest.raises(DeployError, match=r"view shop\.customer: its meaning differs[\s\S]*version=2"):
        deploy(shop.settings, pool, start="earliest", replay=True)
    after = status(shop.settings)
    assert after.sets == before.sets
    assert {job.name for job in after.jobs} == {job.name for job in before.jobs}


def test_status_says_what_runs_how_far_behind_it_is_and_how_fresh(shop: Shop) -> None:
    until(lambda: all(f.age_ms is not None for job in status(shop.settings).jobs for f in job.fragments), within_s=30)
    found = status(shop.settings)
    assert {job.state for job in found.jobs} == {"RUNNING"}
    assert {job.lag for job in found.jobs} == {0}
    assert {job.dead_letters for job in found.jobs} == {0}
    assert all(f.age_ms is not None and f.age_ms < 30_000 for job in found.jobs for f in job.fragments)
    assert "shop.basket.v1" in found.sets


def test_a_view_whose_source_topic_does_not_exist_is_refused(shop: Shop) -> None:
    view = shop.pool.view("shop.customer")
    source = msgspec.structs.replace(view.source, topic="shop.nothing.v1")
    changed = hashed_view(msgspec.structs.replace(view, version=6, source=source))
    with pytest.raises(DeployError, match=r"shop\.nothing\.v1' does not exist[\s\S]*create it"):
        deploy(shop.settings, Pool(views=(changed,), sets=()), start="earliest", replay=True)
