"""Cases for every aggregation over every type: a pool made of the table, and histories drawn to hurt.

Each case is an entity of its own, so that one job computes hundreds of them at once. Its events tie in time, lie on the
edges of tiles and windows, come late and out of order and more than once, and hold nulls and extreme values.
"""

import itertools
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, cast

from millpond.define.aggregations import (
    ALL,
    Aggregation,
    Chosen,
    CountNew,
    FirstK,
    LastK,
    OfOneEvent,
    Quantile,
    TopK,
    Valued,
)
from millpond.define.compiler import compile_pool
from millpond.plan.aggregations import AGGREGATIONS, Operands
from millpond.plan.errors import DefinitionError
from millpond.plan.expr import Field
from millpond.plan.model import Pool
from millpond.plan.types import DOUBLE, INT, INT_MAX, INT_MIN, TIMESTAMP, Type
from millpond.plan.windows import HOUR, MINUTE
from tests.integration.flink_world import Record, Row, wire
from tests.oracles.asked import MEDIAN, Asked, Event, Kind

TOPIC: Final = "cases.event.v1"
LATENESS: Final = 2 * HOUR
SPAN: Final = 5 * HOUR  # a history is so long
PARTITIONS: Final = 3
COLUMNS: Final[dict[str, Type]] = {
    "whole": INT,
    "money": Type.parse("decimal(18,2)"),
    "wide": Type.parse("decimal(28,10)"),
    "widest": Type.parse("decimal(38,4)"),
    "real": DOUBLE,
    "word": Type.parse("string"),
    "yes": Type.parse("boolean"),
    "moment": TIMESTAMP,
}
_AVRO: Final[dict[str, Any]] = {
    "int": "long",
    "double": "double",
    "string": "string",
    "boolean": "boolean",
    "timestamp": {"type": "long", "logicalType": "timestamp-millis"},
}
WINDOWS: Final = {"1h": (HOUR, 0), "2h_delayed_1h": (2 * HOUR, HOUR), "lifetime": (None, 0)}
WORDS: Final = ("", "\0", "a", "a\0", "a\0b", "b", "é", "e\u0301", "\uffff", "\U0001f600", "{a:*}|", "0", "1")


def schema() -> dict[str, Any]:
    """The events' Avro schema: every column may be null."""

    def avro(type: Type) -> Any:
        if type.kind == "decimal":
            return {"type": "bytes", "logicalType": "decimal", "precision": type.precision, "scale": type.scale}
        return _AVRO[type.kind]

    nullable = [{"name": name, "type": ["null", avro(type)], "default": None} for name, type in COLUMNS.items()]
    fixed = [
        {"name": "id", "type": "string"},
        {"name": "at", "type": _AVRO["timestamp"]},
        {"name": "case_id", "type": "string"},
        {"name": "flag", "type": "boolean"},
    ]
    return {"type": "record", "name": "Event", "namespace": "cases", "fields": [*fixed, *nullable]}


# --- the pool -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Given:
    """What an aggregation is given beside its expressions: as it is written, and as the oracle is told."""

    written: str = ""
    k: int = 0
    p: Fraction = MEDIAN
    keep_ms: int = 0
    windows: tuple[str, ...] = tuple(WINDOWS)


GIVEN: Final[dict[type[Aggregation], Given]] = {
    FirstK: Given("k=2", k=2),
    LastK: Given("k=3", k=3),
    CountNew: Given('keep="3h", windows=["1h"]', keep_ms=3 * HOUR, windows=("1h",)),
    TopK: Given("k=2", k=2),
    Quantile: Given('p="0.9"', p=Fraction(9, 10)),
}


@dataclass(frozen=True)
class Cell:
    """An aggregation over a column, in a view of the column's own: what is written, and what is asked of the oracle."""

    view: str
    name: str
    written: str
    kind: Kind
    fields: tuple[str, ...]
    where: str | None
    by: str | None
    given: Given
    is_exact: bool

    def asked(self, window: str, level_ms: int) -> Asked:
        """What the oracle is asked of a feature that is answered from tiles of a level."""
        size, delay = WINDOWS[window]
        return Asked(
            kind=self.kind,
            window_ms=size,
            delay_ms=delay,
            step_ms=1 if self.is_exact else level_ms,
            fields=self.fields,
            where=self.where,
            by=self.by,
            k=self.given.k,
            p=self.given.p,
            keep_ms=self.given.keep_ms,
        )


def scale_of(asked: Asked) -> int | None:
    """Of the column it is over; None where that is no decimal."""
    type = COLUMNS[asked.fields[0]]
    return type.scale if type.kind == "decimal" else None


def refusal(kind: str, type: Type) -> str:
    """Why an aggregation is refused over a type; empty where it is not."""
    rule = AGGREGATIONS[kind]
    over = Operands(fields=(Field("x", type),), place=(Field("at", TIMESTAMP),), by=Field("x", type), most=1)
    try:
        rule.result(type)
        rule.state(over)
    except DefinitionError as error:
        return error.what
    return ""


_ALL: Final[tuple[type[Aggregation], ...]] = ALL


def cells() -> Iterator[Cell]:
    """Every aggregation over every column that it is not refused over, with and without a condition, exact and not."""
    for kind, where, is_exact in itertools.product(_ALL, (None, "flag"), (False, True)):
        short, name, given = kind.__name__, cast(Kind, kind.kind), GIVEN.get(kind, Given())
        called = f"{short.lower()}_if" if where else short.lower()
        condition = "where=_.flag" if where else ""
        end = "_exactly" if is_exact else ""
        if issubclass(kind, Valued | OfOneEvent):
            for column, type in COLUMNS.items():
                if refusal(kind.kind, type):
                    continue
                by = column if issubclass(kind, Chosen) else None
                listed = ", ".join(filter(None, (f"_.{column}", f"by=_.{by}" if by else "", given.written, condition)))
                view, written = f"of_{column}{end}", f"{short}({listed})"
                yield Cell(view, called, written, name, (column,), where, by, given, is_exact)
        else:
            yield Cell(f"of_whole{end}", called, f"{short}({condition})", name, (), where, None, given, is_exact)


def pool(root: Path) -> Pool:
    """The pool of all cells, compiled in a folder."""
    (root / "schemas").mkdir()
    (root / "features" / "cases").mkdir(parents=True)
    (root / "millpond.toml").touch()
    (root / "schemas" / f"{TOPIC}.avsc").write_text(json.dumps(schema()))
    (root / "features" / "cases" / "sources.py").write_text(_SOURCES)
    by_view: dict[str, list[Cell]] = {}
    for cell in cells():
        by_view.setdefault(cell.view, []).append(cell)
    for view, some in by_view.items():
        features = "".join(f'        "{cell.name}": {cell.written},\n' for cell in some)
        (root / "features" / "cases" / f"{view}.py").write_text(
            _VIEW.format(view=view, features=features, precision="exact" if some[0].is_exact else "5%")
        )
    (root / "features" / "cases" / "capped.py").write_text(_CAPPED)
    return compile_pool(root)


_SOURCES: Final = f"""
from millpond import Entity, EventSource

case = Entity("case", keys=["case_id"])
events = EventSource(
    "events", topic="{TOPIC}", schema="schemas/{TOPIC}.avsc", event_time="at", event_id="id", lateness="2h",
    owner="tests", full_history=True,
)
"""
_VIEW: Final = """
from features.cases import sources
from millpond import *
from millpond import _

{view} = FeatureView(
    "{view}", version=1, owner="tests", entity=sources.case, source=sources.events, by={{"case_id": _.case_id}},
    windows=["1h", Window("2h", delay="1h"), LIFETIME],
    features={{
{features}    }},
    precision="{precision}",
)
"""

_CAPPED: Final = """
from features.cases import sources
from millpond import *
from millpond import _

capped = FeatureView(
    "capped", version=1, owner="tests", entity=sources.case, source=sources.events, by={"case_id": _.case_id},
    windows=["1h", Window("2h", delay="1h"), LIFETIME],
    features={
        "words": CountDistinct(_.word, cap=2), "counts": ValueCounts(_.word, cap=2),
        "total": Sum(_.money), "seen": Count(),
        "new": CountNew(_.word, cap=2, keep="3h", windows=["1h"]), "middle": Median(_.real, cap=1),
    },
    precision="exact",
    cap=2,
)
"""


# --- the histories --------------------------------------------------------------------------------------------------


def history(draw: random.Random, cases: int, end: int) -> list[Row]:
    """Events of some cases, each accepted once, up to the instant `end`."""
    made: list[Row] = []
    for case in range(cases):
        values = {name: _pool(draw, type) for name, type in COLUMNS.items()}
        times = [_time(draw, end) for _ in range(draw.choice((1, 2, 3, 5, 8, 20)))]
        for at in times:
            row: Row = {"id": f"{draw.choice(WORDS)}-{len(made)}", "at": at, "case_id": f"case {case}"}
            row["flag"] = draw.random() < 0.6
            row |= {name: None if draw.random() < 0.2 else draw.choice(some) for name, some in values.items()}
            made.append(row)
    return made


def shuffled(seed: int, cases: int, end: int) -> list[Row]:
    """What happened to some cases, in any order."""
    draw = random.Random(seed)
    events = history(draw, cases, end)
    return draw.sample(events, len(events))


def _time(draw: random.Random, end: int) -> int:
    """Somewhere in the history, rather often at the edge of a tile or of a window read at `end`."""
    edges = (end, end - HOUR, end - 3 * HOUR, end - end % MINUTE, (end - HOUR) // (5 * MINUTE) * 5 * MINUTE)
    if draw.random() < 0.5:
        return min(end, draw.choice(edges) + draw.choice((-1, 0, 0, 0, 1)))
    return end - draw.randrange(SPAN)


def _pool(draw: random.Random, type: Type) -> list[Any]:
    """A few values of a type: of one scale, or extreme ones among them."""
    match type.kind:
        case "int":
            some = [draw.randrange(-5, 6) for _ in range(4)]
            return draw.choice((some, [*some, INT_MIN, INT_MAX], [INT_MAX]))
        case "decimal":
            most = 10**type.precision - 1
            cents = [draw.randrange(-999, 1_000) for _ in range(4)]
            whole = draw.choice((cents, [*cents, most, -most], [most], [draw.randrange(-most, most) for _ in range(6)]))
            return [_scaled(one, type.scale) for one in whole]
        case "double":
            near = [draw.uniform(-1e3, 1e3) for _ in range(4)]
            return draw.choice((near, [-0.0, 0.0, 1.5], [5e-324, -5e-324, 1e300], [draw.uniform(1e9, 1e9 + 1)]))
        case "string":
            return draw.sample(WORDS, 4)
        case "boolean":
            return [True, False]
        case "timestamp":
            return [0, 1, 253_402_300_799_999, draw.randrange(1_700_000_000_000)]


def _scaled(unscaled: int, scale: int) -> Decimal:
    sign, digits, _ = Decimal(unscaled).as_tuple()
    return Decimal((sign, digits, -scale))  # scaleb would round to 28 digits


def records(draw: random.Random, schema_id: int, events: list[Row]) -> list[Record]:
    """The events in an order of arrival of its own, some of them twice."""
    made = []
    for event in events:
        value = wire(schema_id, schema(), event)
        first = event["at"] + draw.randrange(LATENESS)
        made.append(Record(value=value, partition=draw.randrange(PARTITIONS), arrival=first))
        if draw.random() < 0.2:
            made.append(
                Record(value=value, partition=draw.randrange(PARTITIONS), arrival=first + draw.randrange(MINUTE))
            )
    made.sort(key=lambda record: record.arrival)
    return made


def told(events: list[Row]) -> list[Event]:
    """The events as the oracles take them."""
    names = ("flag", *COLUMNS)
    return [
        Event((event["case_id"],), event["at"], event["id"], {name: event[name] for name in names}) for event in events
    ]
