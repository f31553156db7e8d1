"""A job on a real Flink: tiles equal to a computation by hand, dead letters byte for byte, each event read once."""

import dataclasses
import math
import random
import re
import struct
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from millpond.control.cluster import ENDED, FlinkCluster
from millpond.control.settings import Settings
from millpond.control.submit import submit_sql, target_of
from millpond.control.topics import Topics
from millpond.plan.deployment import JobRecord
from millpond.plan.model import Column, SourcePlan
from millpond.plan.names import dead_letter_topic, source_group
from millpond.plan.types import INT, STRING
from millpond.plan.windows import DAY, HOUR, MINUTE
from millpond.sql.flink import render_job
from tests.integration.flink_world import (
    Record,
    Row,
    Tiles,
    World,
    consume,
    in_ms,
    payments,
    produce,
    register,
    run_submit,
    tiles,
    wire,
)
from tests.unit.sql.jobs import SCHEMA, SOURCE, job, view

MICROS: Final = {"type": "long", "logicalType": "timestamp-micros"}
# What producers register: the reader schema's fields with their logical types.
WRITER: Final[dict[str, Any]] = {
    **SCHEMA,
    "fields": [
        {**field, "type": ["null", MICROS]} if field["name"] in SOURCE.micros else field for field in SCHEMA["fields"]
    ],
}
# A later producer: another order, a field that nobody reads, a narrower int.
LATER: Final[dict[str, Any]] = {
    **WRITER,
    "fields": [
        {"name": "notes", "type": {"type": "array", "items": ["null", "string"]}},
        *({**field, "type": "int"} if field["name"] == "pieces" else field for field in reversed(WRITER["fields"])),
    ],
}
UNLIKE: Final = {"type": "record", "name": "Payment", "fields": [{"name": "id", "type": "long"}]}
PAIR: Final = (Column("account", STRING), Column("shop", INT))
START: Final = 1_700_000_000_000 // DAY * DAY
WITHIN_S: Final = 90.0


@pytest.fixture(scope="module")
def source(settings: Settings) -> SourcePlan:
    return msgspec.structs.replace(SOURCE, topic=f"{settings.ns}.shop.payment.v1")


@pytest.fixture
def cancelled(settings: Settings) -> Iterator[list[str]]:
    """Ids of jobs that end with the test."""
    ids: list[str] = []
    yield ids
    for job_id in ids:
        FlinkCluster(settings.flink).cancel(job_id)


def of(source: SourcePlan, *, name: str, start_ts: int = 0, offsets: tuple[int, ...] = (0, 0, 0)) -> JobRecord:
    """A job of two views over a source."""
    views = (
        view(source=source, sizes=(MINUTE, 15 * MINUTE, HOUR, DAY)),
        view("pair", keys=PAIR, by=("value", "shop"), sizes=(HOUR,), lifetime=False, source=source),
    )
    # Nothing is backfilled: from the first offset on, events before the start are dead letters.
    bound = offsets if start_ts else None
    return msgspec.structs.replace(
        job(*views, source=source, start_ts=start_ts, offsets=offsets, bound=bound), name=name
    )


def test_a_job_makes_exactly_the_tiles_and_dead_letters_of_its_events(
    settings: Settings, source: SourcePlan, cancelled: list[str]
) -> None:
    record = of(source, name="shop.payments.exact", start_ts=START + HOUR)
    world = World(settings=settings, job=record)
    world.create_topics()
    own = register(settings, f"{source.topic}-value", WRITER)
    later = register(settings, f"{source.topic}.later", LATER)
    unlike = register(settings, f"{source.topic}.unlike", UNLIKE)
    events = payments(3_000, since=START, seed=7)
    good = _as_records(events, own, later)
    bad = _poison(own, later, unlike, events[1_000])
    sent = produce(settings, source.topic, _mixed(good, [poison for poison, _ in bad]))
    cancelled.append(submit_sql(settings, render_job(record, target_of(settings, schema_id=own))))

    # By the rules: once each, never before the start.
    accepted = [in_ms(event) for event in events if event["made_at"] // 1000 >= record.start_ts]
    assert 0 < len(accepted) < len(events)
    wanted = {f: tiles(record.view_of(f), f, accepted) for f in record.fragments}
    ends: dict[int, int] = {}
    for one, offset in sent:
        ends[one.partition] = max(offset + 1, ends.get(one.partition, 0))

    # Committed once a checkpoint is complete, so every row has been written by then: that is what freshness rests on.
    _await(lambda: _committed(world) == ends)
    for fragment in record.fragments:
        assert _differences(world.tiles(fragment), wanted[fragment]) == []
    # What is wrongly counted twice, or dead-lettered late, would come in the next mini-batches.
    time.sleep(1)
    for fragment in record.fragments:
        assert _differences(world.tiles(fragment), wanted[fragment]) == []

    reasons = {id(poison): reason for poison, reason in bad}
    early = {event["id"] for event in events if event["made_at"] // 1000 < record.start_ts}
    expected = {}
    for one, offset in sent:
        if id(one) in reasons:
            expected[one.partition, offset] = (one, reasons[id(one)])
        elif one.key is not None and one.key.decode() in early:
            expected[one.partition, offset] = (one, "before_start")
    assert _dead_letters(world) == {
        place: (one.key, one.value, {**dict(one.headers), **_added(source.topic, place, reason)})
        for place, (one, reason) in expected.items()
    }
    assert {reason for _, reason in expected.values()} == {
        "null_value", "bad_magic", "unknown_schema", "truncated", "undecodable", "incompatible", "non_finite",
        "null_event_time", "event_time_out_of_range", "late", "future", "before_start",
    }  # fmt: skip


def test_a_registry_that_lost_its_schemas_stops_the_job_and_makes_no_dead_letters(
    settings: Settings, source: SourcePlan, cancelled: list[str]
) -> None:
    lost = msgspec.structs.replace(source, topic=f"{settings.ns}.shop.lost.v1")
    record = of(lost, name="shop.payments.lost", offsets=(0,))
    world = World(settings=settings, job=record)
    world.create_topics()
    produce(settings, lost.topic, [Record(value=struct.pack(">bI", 0, 999_999) + b"good once", arrival=START)])
    job_id = submit_sql(settings, render_job(record, target_of(settings, schema_id=888_888)))
    cancelled.append(job_id)
    cluster = FlinkCluster(settings.flink)
    _await(lambda: "it has lost its schemas" in str(cluster.get(f"/jobs/{job_id}/exceptions")))
    assert cluster.jobs()[job_id] not in ENDED
    assert consume(settings, dead_letter_topic(settings.ns, record.name)) == []
    assert _committed(world) in ({}, {0: 0})


def test_however_many_fragments_an_event_is_read_decoded_judged_and_deduplicated_once(
    settings: Settings, source: SourcePlan, tmp_path: Path
) -> None:
    views = [view(f"view_{i}", by=(("value", "shop")[i % 2],), keys=(PAIR[i % 2],), source=source) for i in range(5)]
    record = job(*views, source=source)
    target = target_of(settings, schema_id=1)
    done = run_submit(settings, render_job(record, target), tmp_path, "--explain")
    assert done.returncode == 0, done.stderr
    logical, plan = done.stdout.split("== Optimized Execution Plan ==")
    counted = {part: plan.count(part) for part in ("TableSourceScan(", "AVRO_DECODE(", "'future'", "OverAggregate(")}
    assert counted == dict.fromkeys(counted, 1)
    assert plan.count("Sink(") == len(record.fragments) + 1 == 16
    assert plan.count("LocalGroupAggregate(") == plan.count("GlobalGroupAggregate(") == len(record.fragments) == 15
    assert re.findall(r"MiniBatchAssigner\(.*?mode=\[(\w+)\]", plan) == ["ProcTime"]
    for state in ("Join(", "Materializer", "ChangelogNormalize", "DropUpdateBefore", "Rank("):
        assert state not in plan
    ttl = [int(ms) // HOUR for ms in re.findall(r"stateTtlHints=\[\[\[STATE_TTL options:\[(\d+) ms\]", logical)]
    assert len(ttl) == len(record.fragments)
    assert set(ttl) == {one.state_ttl_ms(kind) // HOUR for one in views for kind in one.kinds}


def test_a_job_that_flink_refuses_says_why_in_short(settings: Settings, source: SourcePlan, tmp_path: Path) -> None:
    target = target_of(settings, schema_id=1)
    rendered = render_job(of(source, name="refused"), target)
    wrong = msgspec.structs.replace(rendered, inserts=("INSERT INTO `dead_letters` SELECT `colour` FROM `judged`",))
    done = run_submit(settings, wrong, tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.strip().endswith("Column 'colour' not found in any table")
    assert done.stderr.count("\n") == 1


def test_a_cluster_that_is_not_there_is_said(settings: Settings, source: SourcePlan, tmp_path: Path) -> None:
    target = target_of(settings, schema_id=1)
    nowhere = msgspec.structs.replace(settings, flink="http://127.0.0.1:9")
    done = run_submit(nowhere, render_job(of(source, name="nowhere"), target), tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Connection refused" in done.stderr


# --- records --------------------------------------------------------------------------------------------------------


def _as_records(events: list[Row], own: int, later: int) -> list[Record]:
    """Good records of two writers, out of order and over all partitions; every tenth twice, the copy elsewhere."""
    draw = random.Random(11)
    records = []
    for number, event in enumerate(events):
        made_at = event["made_at"] // 1000
        arrival = made_at + draw.choice((0, draw.randrange(HOUR), SOURCE.lateness_ms, -SOURCE.skew_ms))
        if number % 2:
            value = wire(own, WRITER, event)
        else:
            value = wire(later, LATER, {**event, "notes": [None, "read by nobody"][: number % 3]})
        record = Record(key=event["id"].encode(), value=value, partition=draw.randrange(3), arrival=arrival)
        records.append(record)
        if number % 10 == 0:
            copied = draw.randrange(made_at - SOURCE.skew_ms, made_at + SOURCE.lateness_ms + 1)
            records.append(dataclasses.replace(record, partition=draw.randrange(3), arrival=copied))
    return sorted(records, key=lambda record: record.arrival)


def _poison(own: int, later: int, unlike: int, event: Row) -> list[tuple[Record, str]]:
    """Records that must be refused, each with its reason."""
    made_at = event["made_at"] // 1000
    good = wire(own, WRITER, event)
    header, body = good[:5], good[5:]

    def but(**changed: Any) -> bytes:
        return wire(own, WRITER, {**event, **changed})

    long_id = b"\xfe\xff\xff\xff\x0f"  # a length of 2 GiB
    refused: list[tuple[bytes | None, str]] = [
        (None, "null_value"),
        (b"", "bad_magic"),
        (b'{"id": "json"}', "bad_magic"),
        (struct.pack(">bI", 0, 777_777) + body, "unknown_schema"),
        (b"\0\0\0", "truncated"),
        (good[:-1], "truncated"),
        (header + long_id, "truncated"),
        (struct.pack(">bI", 0, later) + long_id, "truncated"),
        (good + b"!", "undecodable"),
        (header + b"\x04\xc3\x28" + body, "undecodable"),
        (header + b"\x01" + body, "undecodable"),
        (good[:-1] + b"\x07", "undecodable"),
        (
            wire(
                own,
                _with("status", {"type": "enum", "name": "Status", "symbols": ["OK", "FAILED", "LOST"]}),
                {**event, "status": "LOST"},
            ),
            "undecodable",
        ),
        (
            wire(
                own,
                _with("amount", {"type": "bytes", "logicalType": "decimal", "precision": 11, "scale": 2}),
                {**event, "amount": Decimal("100000000.00")},
            ),
            "undecodable",
        ),
        (wire(unlike, UNLIKE, {"id": 5}), "incompatible"),
        (but(distance=math.nan), "non_finite"),
        (but(distance=-math.inf), "non_finite"),
        (but(made_at=None), "null_event_time"),
        (but(made_at=-1), "event_time_out_of_range"),
        (but(made_at=-(2**63)), "event_time_out_of_range"),
        (but(made_at=253_402_300_800_000_000), "event_time_out_of_range"),
        (but(made_at=2**63 - 1), "event_time_out_of_range"),
    ]
    records = [
        (Record(value=value, key=None if number % 2 else b"\xff\0", partition=number % 3, arrival=made_at,
                headers=(("trace", bytes([number, 0, 255])),) if number % 3 else ()), reason)
        for number, (value, reason) in enumerate(refused)
    ]  # fmt: skip
    late = Record(value=good, partition=1, arrival=made_at + SOURCE.lateness_ms + 1)
    future = Record(value=good, partition=2, arrival=made_at - SOURCE.skew_ms - 1)
    return [*records, (late, "late"), (future, "future")]


def _with(name: str, type: Any) -> dict[str, Any]:
    """What a producer thinks it writes."""
    fields = [{**field, "type": type} if field["name"] == name else field for field in WRITER["fields"]]
    return {**WRITER, "fields": fields}


def _mixed(good: list[Record], bad: list[Record]) -> list[Record]:
    """The bad ones spread among the good ones."""
    step = len(good) // len(bad)
    mixed = []
    for number, record in enumerate(bad):
        mixed += [*good[number * step : (number + 1) * step], record]
    return [*mixed, *good[len(bad) * step :]]


# --- what came of them ----------------------------------------------------------------------------------------------


def _await(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < deadline, f"it does not come to hold within {WITHIN_S:.0f} s"
        time.sleep(0.5)


def _committed(world: World) -> dict[int, int]:
    """Partition -> the next offset that the job has committed."""
    group = source_group(world.settings.ns, world.job.name)
    return Topics(world.settings.kafka).committed(group, world.job.source.topic)


def _dead_letters(world: World) -> dict[tuple[int, int], tuple[Any, Any, dict[str, Any]]]:
    """By the place in the source: they are at least once, and each tells something of its reason."""
    found: dict[tuple[int, int], tuple[Any, Any, dict[str, Any]]] = {}
    for message in consume(world.settings, dead_letter_topic(world.settings.ns, world.job.name)):
        headers: dict[str, Any] = dict(message.headers() or ())
        assert headers.pop("millpond.detail"), headers
        place = int(headers["millpond.partition"]), int(headers["millpond.offset"])
        letter = (message.key(), message.value(), headers)
        assert found.setdefault(place, letter) == letter
    return found


def _added(topic: str, place: tuple[int, int], reason: str) -> dict[str, bytes]:
    partition, offset = place
    added = {"reason": reason, "topic": topic, "partition": str(partition), "offset": str(offset)}
    return {f"millpond.{name}": text.encode() for name, text in added.items()}


def _differences(found: Tiles, wanted: Tiles) -> list[str]:
    """Rows that differ; a sum of doubles may be off by 1e-9 of its largest part."""
    wrong = [f"{key}: {found.get(key)} is not {wanted.get(key)}" for key in found.keys() ^ wanted.keys()]
    for key in found.keys() & wanted.keys():
        one, other = found[key], wanted[key]
        exact = {name for name in other if name != "way_sum"}
        if one.keys() != other.keys() or any(one[name] != other[name] for name in exact):
            wrong.append(f"{key}: {one} is not {other}")
        elif not math.isclose(one["way_sum"], other["way_sum"], rel_tol=1e-9, abs_tol=1e-3):
            wrong.append(f"{key}: {one['way_sum']} is not {other['way_sum']}")
    return wrong
