"""Schemas by which a few bytes could take for ever are refused; those that producers write are not."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from millpond.materialize.writers import check_bounded
from millpond.plan.errors import MillpondError
from tests.unit.define.sample import RIGHT

ROOT: Final = Path(__file__).parents[3]


def record(name: str, *types: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": [{"name": f"f{n}", "type": t} for n, t in enumerate(types)]}


def doubling(depth: int) -> Any:
    """A record of 2**depth nulls, in a few lines."""
    found: Any = record("r0", "null", "null")
    for number in range(1, depth):
        found = record(f"r{number}", found, f"r{number - 1}")
    return found


ENDLESS: Final = {
    "a record in itself": record("node", ["null", "node"]),
    "by its full name": {**record("node", ["null", "shop.node"]), "namespace": "shop"},
    "in a list": record("node", {"type": "array", "items": "node"}),
    "an array of nulls": record("r", {"type": "array", "items": "null"}),
    "an array of empty records": record("r", {"type": "array", "items": record("nothing")}),
    "an array of records of nulls": record("r", {"type": "array", "items": record("nothing", "null")}),
    "an array of no bytes": record("r", {"type": "array", "items": {"type": "fixed", "name": "f", "size": 0}}),
    "far too many values": doubling(20),
}
FINE: Final = {
    "an array of unions": record("r", {"type": "array", "items": ["null", "long"]}),
    "a record twice": record("r", record("inner", "long"), ["null", "inner"], {"type": "map", "values": "inner"}),
    "an array of arrays": record("r", {"type": "array", "items": {"type": "array", "items": "string"}}),
    "a logical type": record("r", {"type": "array", "items": {"type": "long", "logicalType": "timestamp-millis"}}),
    "nothing at all": record("r"),
    "doubling": doubling(10),
}


@pytest.mark.parametrize("schema", ENDLESS.values(), ids=ENDLESS.keys())
def test_what_has_no_end_is_refused(schema: Any) -> None:
    with pytest.raises(MillpondError, match="mend: write events by a schema that is finite"):
        check_bounded(schema)


@pytest.mark.parametrize("schema", FINE.values(), ids=FINE.keys())
def test_what_has_one_is_not(schema: Any) -> None:
    check_bounded(schema)


FILES: Final = [file for root in (RIGHT, ROOT) for file in (root / "schemas").glob("*.avsc")]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_what_producers_write_is_not(file: Path) -> None:
    check_bounded(json.loads(file.read_text("utf-8")))
