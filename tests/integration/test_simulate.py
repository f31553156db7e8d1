"""A simulated bank in a real Kafka: event by event what the simulation says; and a newcomer's first evening with it."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import duckdb
import fastavro
import pytest
from confluent_kafka import TIMESTAMP_CREATE_TIME, Message
from confluent_kafka.schema_registry import ConfigCompatibilityLevel, SchemaRegistryClient, ServerConfig

from millpond.control.deploy import deploy
from millpond.control.settings import Settings
from millpond.control.topics import Topics
from millpond.define.scaffold import new_set, new_source, new_view
from millpond.plan.clock import now_ms
from millpond.plan.compiled import load_compiled
from millpond.plan.errors import DeployError, MillpondError
from millpond.plan.windows import DAY, HOUR, MINUTE
from millpond.serve import Reader
from millpond.simulate import Simulation, pace
from millpond.simulate.publish import Published, open_topics, publish
from millpond.simulate.topics import TOPICS, TRANSFERS
from tests.integration.deployed import drained, materializing
from tests.integration.flink_world import ROOT, consume
from tests.integration.own_topics import absent
from tests.integration.servers import until
from tests.integration.stacks import AnyStack

SCHEMAS: Final = ROOT / "schemas"
NAMES: Final = [topic.name for topic in TOPICS]
TRANSFER_SCHEMA: Final = f"schemas/{TRANSFERS.name}.avsc"
SIMULATION: Final = Simulation(seed=5, customers=600, days=6)
Arrived = tuple[int, dict[str, Any]]


@pytest.fixture
def clean(settings: Settings) -> Iterator[None]:
    """The simulation's topics are not there, before and after: their names are those of every environment."""
    with absent(settings.kafka, NAMES):
        yield


def published(settings: Settings, truth: dict[str, str], *, stopped: Callable[[], bool] = lambda: False) -> Published:
    encoders = open_topics(settings, SCHEMAS, append=False)
    return publish(SIMULATION, settings.kafka, encoders, due=pace.at_once, truth=truth, clock=now_ms, stopped=stopped)


def arrived(settings: Settings, message: Message) -> tuple[str, Arrived]:
    """A record's key, and its stamp and event, read with the very schema that its header names."""
    kind, stamp = message.timestamp()
    key, value = message.key(), message.value()
    assert kind == TIMESTAMP_CREATE_TIME
    assert isinstance(key, bytes) and isinstance(value, bytes)
    event: Any = fastavro.schemaless_reader(io.BytesIO(value[5:]), schema(settings, value[:5]), None)
    return key.decode(), (stamp, {**event, "occurred_at": round(event["occurred_at"].timestamp() * 1000)})


def schema(settings: Settings, header: bytes) -> Any:
    assert header[:1] == b"\0"
    number = int.from_bytes(header[1:], "big")
    if number not in _schemas:
        with SchemaRegistryClient({"url": settings.registry}) as registry:
            text = registry.get_schema(number).schema_str
        assert text is not None
        _schemas[number] = fastavro.parse_schema(json.loads(text))
    return _schemas[number]


_schemas: dict[int, Any] = {}


@pytest.mark.usefixtures("clean")
def test_a_history_is_in_the_topics_event_by_event_each_key_in_its_order(settings: Settings) -> None:
    truth: dict[str, str] = {}
    done = published(settings, truth)
    wanted: dict[str, dict[str, list[Arrived]]] = defaultdict(lambda: defaultdict(list))
    for topic, arrival, key, event in SIMULATION:
        wanted[topic][key].append((arrival, event))
    for name in NAMES:
        found: dict[str, list[Arrived]] = defaultdict(list)
        for message in consume(settings, name):
            key, event_ = arrived(settings, message)
            found[key].append(event_)
        assert found == wanted[name]
        assert done.rows[name] == sum(map(len, found.values()))
    assert min(done.rows[name] for name in NAMES[:2]) > 1_000
    assert truth == SIMULATION.truth != {}


@pytest.mark.usefixtures("clean")
def test_stopped_it_leaves_what_it_says_and_the_truth_of_that(settings: Settings) -> None:
    whole = list(SIMULATION)
    # Stopped at the first event of a fraud: it was made, and is not sent.
    (first, *_) = SIMULATION.truth
    place = next(number for number, sent in enumerate(whole) if sent.event["event_id"] == first)
    asked = iter(range(2 * len(whole)))
    truth: dict[str, str] = {}
    done = published(settings, truth, stopped=lambda: next(asked) >= 2 * place)
    assert sum(done.rows.values()) == place > 0
    assert done.rows == {name: len(consume(settings, name)) for name in NAMES}
    assert done.arrivals == (whole[0].arrival_ms, whole[place - 1].arrival_ms)
    assert truth == {}


@pytest.mark.usefixtures("clean")
def test_topics_that_hold_events_are_refused_unless_it_is_said(settings: Settings) -> None:
    open_topics(settings, SCHEMAS, append=False)
    encoders = open_topics(settings, SCHEMAS, append=False)  # made and empty: an earlier run came no further
    few = Simulation(seed=5, customers=200, events=100)
    publish(few, settings.kafka, encoders, due=pace.at_once, truth={}, clock=now_ms)
    with pytest.raises(MillpondError, match=r"there are events already[\s\S]*--append") as refused:
        open_topics(settings, SCHEMAS, append=False)
    assert TRANSFERS.name in (refused.value.where or "")
    encoders = open_topics(settings, SCHEMAS, append=True)
    publish(few, settings.kafka, encoders, due=pace.at_once, truth={}, clock=now_ms)
    assert sum(len(consume(settings, name)) for name in NAMES) == 200


@pytest.mark.usefixtures("clean")
def test_what_the_broker_refuses_is_an_error(settings: Settings) -> None:
    ahead = Simulation(seed=5, customers=200, events=100, start_ms=now_ms() + HOUR)
    encoders = open_topics(settings, SCHEMAS, append=False)
    with pytest.raises(MillpondError, match=r"a record was not delivered: .*failed to validate"):
        publish(ahead, settings.kafka, encoders, due=pace.at_once, truth={}, clock=now_ms)


def test_a_schema_that_breaks_with_the_registered_one_is_refused(
    settings: Settings, tmp_path: Path, clean: None
) -> None:
    open_topics(settings, SCHEMAS, append=False)
    for name in NAMES:
        shutil.copy(SCHEMAS / f"{name}.avsc", tmp_path)
    written = json.loads((tmp_path / f"{TRANSFERS.name}.avsc").read_text())
    written["fields"][0]["type"] = "long"
    (tmp_path / f"{TRANSFERS.name}.avsc").write_text(json.dumps(written))
    with SchemaRegistryClient({"url": settings.registry}) as registry:
        registry.set_config(f"{TRANSFERS.name}-value", ServerConfig(compatibility=ConfigCompatibilityLevel.BACKWARD))
        try:
            with pytest.raises(MillpondError, match=r"the registry refuses the schema[\s\S]*must be compatible"):
                open_topics(settings, tmp_path, append=False)
        finally:
            registry.delete_subject(f"{TRANSFERS.name}-value")


@pytest.mark.usefixtures("clean")
def test_live_each_event_comes_when_it_arrives_and_ctrl_c_says_what_there_is(
    settings: Settings, tmp_path: Path
) -> None:
    began = now_ms()
    truth = tmp_path / "truth.parquet"
    options = ["--live", "--rate", "2", "--days", "0", "--truth", str(truth), "--json"]
    running = subprocess.Popen(
        [sys.executable, "-m", "millpond.cli.main", "simulate", "--publish", *options],
        cwd=ROOT, env=os.environ | addresses(settings), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        topics = Topics(settings.kafka)
        deadline, seen = time.monotonic() + 120, 0
        while seen < 3:
            assert time.monotonic() < deadline, "nothing comes live"
            time.sleep(0.5)
            if not any(topics.ends(name) for name in NAMES[:2]):
                continue
            stamps = [message.timestamp()[1] for name in NAMES[:2] for message in consume(settings, name)]
            # Nothing is there before it has arrived.
            assert max(stamps, default=0) <= now_ms()
            seen = sum(stamp > began + 5_000 for stamp in stamps)
        running.send_signal(signal.SIGINT)
        said, _ = running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == 130
    told = json.loads(said)
    assert told["stopped"] is True
    assert told["rows"] == {name: len(consume(settings, name)) for name in NAMES}
    assert told["customers"] == 34_560
    assert told["arrivals"][1] > began
    (rows,) = duckdb.execute("SELECT count(*) FROM read_parquet(?)", [str(truth)]).fetchall()
    assert rows == (sum(told["patterns"].values()),)


def addresses(settings: Settings) -> dict[str, str]:
    return {f"MILLPOND_{name.upper()}": getattr(settings, name) for name in ("kafka", "registry", "flink", "store")}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the simulation's schemas, and nothing else."""
    (tmp_path / "millpond.toml").touch()
    shutil.copytree(SCHEMAS, tmp_path / "schemas")
    return tmp_path


@pytest.mark.usefixtures("clean")
def test_a_newcomer_s_first_evening(settings: Settings, stack: AnyStack, project: Path) -> None:
    published(settings, {})
    new_source(project, "trial.sent", schema=TRANSFER_SCHEMA)
    new_view(project, "trial.sender", source="sent", by=["account_id=sender_id"])
    new_set(project, "trial.first", views=["trial.sender"])
    # Somebody else's domain, whose topic this environment does not have.
    new_source(project, "other.unsent", schema=TRANSFER_SCHEMA, topic="nobody.writes.this")
    new_view(project, "other.unseen", source="unsent", by=["account_id=sender_id"])
    pool = load_compiled(project)

    with pytest.raises(DeployError, match=r"'nobody\.writes\.this' does not exist[\s\S]*millpond deploy DOMAIN"):
        deploy(settings, pool, start="earliest")
    deployed = deploy(settings, pool, domains=["trial"], start="earliest")

    (job,) = deployed.started
    assert deployed.published == ("trial.first.v1",)
    at = SIMULATION.end_ms
    accounts = sorted({sent.key for sent in SIMULATION if sent.topic == TRANSFERS.name})
    with materializing(settings, stack):
        drained(settings, job)
        with Reader.connect(settings.store, ns=settings.ns) as reader:
            opened = reader.open("trial.first", version=1)
            until(
                lambda: opened.read({"account_id": accounts[0]}, as_of=at, timeout_ms=5_000).status != "stale",
                within_s=30,
            )
            vectors = opened.read_many([{"account_id": one} for one in accounts], as_of=at, timeout_ms=5_000)
    day, hour = sent_within(at, DAY, tile=HOUR), sent_within(at, HOUR, tile=MINUTE)
    assert sum(len(amounts) for amounts in day.values()) > 100
    assert [tuple(vector.values) for vector in vectors] == [
        (len(hour[one]), len(day[one]), sum(hour[one], Decimal("0.00")), sum(day[one], Decimal("0.00")))
        for one in accounts
    ]


def sent_within(at: int, window: int, *, tile: int) -> dict[str, list[Decimal]]:
    """Account -> the amounts it sent within a window, each accepted transfer once; the tail is rounded to a tile."""
    since = (at - window + 1) // tile * tile
    found: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for topic, arrival, key, event in SIMULATION:
        in_time = arrival - event["occurred_at"] <= DAY
        if topic == TRANSFERS.name and in_time and since <= event["occurred_at"] <= at:
            found[key][event["event_id"]] = event["amount"]
    return defaultdict(list, {key: list(amounts.values()) for key, amounts in found.items()})
