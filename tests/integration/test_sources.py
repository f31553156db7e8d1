"""What producers write over the years, through a real registry and Flink: read as the same values, or refused."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import msgspec
import pytest

from millpond.control.deploy import deploy
from millpond.control.settings import Settings
from millpond.control.topics import Topic, Topics
from millpond.plan.model import Pool
from millpond.plan.names import dead_letter_topic
from millpond.serve import Reader, Vector
from tests.integration.deployed import all_of, drained, materializing
from tests.integration.flink_world import Record, Row, consume, produce, register, wire
from tests.integration.order_writers import WRITTEN, Written
from tests.integration.orders import (
    CUSTOMERS,
    NOON,
    ORDER,
    SCHEMA,
    TOPIC,
    VALUES,
    history,
    pool,
    told,
)
from tests.integration.servers import until
from tests.integration.stacks import AnyStack
from tests.oracles.aggregations import answers
from tests.oracles.asked import Asked, Event, Kind

PARTITIONS: Final = 2
ORDERS: Final = 120
KEYS: Final = [{"customer_id": name, "country": country} for name, country in CUSTOMERS]
ASKED: Final = [(key, NOON + 10) for key in CUSTOMERS]


@dataclass(frozen=True, kw_only=True)
class World:
    """The orders' pool, deployed, and all that was written to its topic.

    Attributes:
        events: of customers, of whom there are several.
        letters: case -> reason and detail of its dead letter.
    """

    settings: Settings
    pool: Pool
    events: list[Row]
    letters: dict[str, tuple[str, str]]

    def read(self, view: str, keys: list[Row]) -> list[Vector]:
        with Reader.connect(self.settings.store, ns=self.settings.ns) as reader:
            return reader.open(f"orders.all_of_{view}", version=1).read_many(keys, as_of=NOON + 10, timeout_ms=10_000)


@pytest.fixture(scope="module")
def world(settings: Settings, stack: AnyStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = pool(tmp_path_factory.mktemp("orders"))
    made = msgspec.structs.replace(made, sets=tuple(map(all_of, made.views)))
    Topics(settings.kafka).create([Topic(name=TOPIC, partitions=PARTITIONS, config={"retention.ms": "-1"})])
    ids = {"as the source has it": register(settings, f"{TOPIC}-value", SCHEMA)}
    first = WRITTEN["as the source has it"].wire(ids["as the source has it"], "as the source has it", NOON)
    produce(settings, TOPIC, [Record(value=first, arrival=NOON)])
    deployed = deploy(settings, made, start="earliest", replay=True)
    (job,) = deployed.started
    with materializing(settings, stack):
        drained(settings, job)
        # The job runs, and its producers change their schemas: what is compatible under the topic's own subject.
        sent = {}
        for case, written in WRITTEN.items():
            subject = f"{TOPIC}-value" if not written.differs else f"{TOPIC}.{len(ids)}"
            ids[case] = ids.get(case) or register(settings, subject, written.schema)
            value = written.wire(ids[case], case, NOON)
            sent[value] = case
        events = history(random.Random(3), ORDERS)
        # Of two producers at once.
        values = [
            *sent,
            *(
                wire(ids["an earlier name"], WRITTEN["an earlier name"].schema, {**event, "pieces": event["quantity"]})
                if number % 2
                else wire(ids["as the source has it"], SCHEMA, event)
                for number, event in enumerate(events)
            ),
        ]
        produce(
            settings, TOPIC, [Record(value=v, partition=n % PARTITIONS, arrival=NOON) for n, v in enumerate(values)]
        )
        drained(settings, job)
        letters: dict[str, tuple[str, str]] = {}
        for letter in consume(settings, dead_letter_topic(settings.ns, job.name)):
            headers: dict[str, Any] = dict(letter.headers() or ())
            told = headers["millpond.reason"].decode(), headers["millpond.detail"].decode()
            assert letters.setdefault(sent[letter.value()], told) == told  # type: ignore[index]
        yield World(settings=settings, pool=made, events=events, letters=letters)


READ: Final = {case: written for case, written in WRITTEN.items() if not written.refused}
REFUSED: Final = {case: written for case, written in WRITTEN.items() if written.refused}


def wanted(written: Written) -> Row:
    """The value of each path, timestamps in ms."""
    return told({**ORDER, **written.event}) | written.says


@pytest.mark.parametrize("case", READ)
def test_what_can_be_read_gives_the_values_that_were_written(world: World, case: str) -> None:
    until(lambda: world.read("said", [{"case_id": case}])[0].status != "stale", within_s=30)
    (vector,) = world.read("said", [{"case_id": case}])
    got = dict(zip(vector.names, vector.computed, strict=True))
    assert case not in world.letters, world.letters[case]
    assert got.pop("said.events_lifetime") == 1
    values = wanted(READ[case])
    assert got == {f"said.last_{name}_lifetime": values[path] for name, (_, path, _) in VALUES.items()}
    assert {type(got[f"said.last_{name}_lifetime"]) for name in ("balance", "net")} <= {Decimal, type(None)}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_a_dead_letter_that_says_why(world: World, case: str) -> None:
    reason, detail = world.letters[case]
    assert reason == REFUSED[case].refused
    assert REFUSED[case].detail in detail
    (vector,) = world.read("said", [{"case_id": case}])
    assert vector.as_dict()["said.events_lifetime"] == 0


@pytest.mark.parametrize(
    ("feature", "kind", "by"),
    [
        ("first", "first", None),
        ("last", "last", None),
        ("dearest", "arg_max", "customer.balance"),
        ("lightest", "arg_min", 'parts["left"].weight'),
    ],
)
def test_what_one_event_of_several_says_is_never_torn(world: World, feature: str, kind: Kind, by: str | None) -> None:
    until(lambda: all(vector.status != "stale" for vector in world.read("together", KEYS)), within_s=30)
    paths = tuple(path for _, path, _ in VALUES.values())
    by_hand = answers(Asked(kind=kind, window_ms=None, fields=paths, by=by), seen(world.events), ASKED)
    for vector, exact in zip(world.read("together", KEYS), by_hand, strict=True):
        got = dict(zip(vector.names, vector.computed, strict=True))
        found = tuple(got[f"together.{feature}_{name}_lifetime"] for name in VALUES)
        assert found == (exact or (None,) * len(VALUES))


def test_values_of_records_and_maps_are_conditions_and_summed(world: World) -> None:
    net = Asked(kind="sum", window_ms=None, fields=('amounts["net"]',), where="web")
    at_home = Asked(kind="count", window_ms=None, where="home")
    vectors = world.read("together", KEYS)
    for name, asked in (("net", net), ("at_home", at_home)):
        place = vectors[0].names.index(f"together.{name}_lifetime")
        exact = answers(asked, seen(world.events), ASKED)
        assert [vector.computed[place] for vector in vectors] == exact
        assert any(exact)


def seen(events: list[Row]) -> list[Event]:
    """The events as the oracle takes them."""
    made = []
    for event in events:
        values = told(event)
        home = values["customer.address.country"], values['parts["left"].made_in.country']
        values["web"] = values['attributes["channel"]'] == "web" and values["customer.tier"] is not None
        values["home"] = home[0] == home[1] and None not in home
        if values["customer.id"] is not None and values["customer.address.country"] is not None:
            key = values["customer.id"], values["customer.address.country"]
            made.append(Event(key, values["header.sent_at"], event["header"]["id"], values))
    return made
