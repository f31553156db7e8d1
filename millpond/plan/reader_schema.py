"""The reader schema of a source, walked leaf by leaf: what of it is kept, and what is said of it besides.

A leaf is a value; its shape says where it is (see plan.paths).
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from millpond.plan.model import SourcePlan
from millpond.plan.paths import EACH
from millpond.plan.types import TIMESTAMP

Json = Any
MILLIS: Final = "timestamp-millis"
MICROS: Final = "timestamp-micros"


def of_leaves(source: SourcePlan, kept: Callable[[str], bool]) -> Json:
    """The reader schema less the leaves that are not kept, and less records and maps with none.

    A record that is referred to by name is written out: what is kept of it may differ from place to place.
    """
    schema = msgspec.json.decode(source.schema)
    return _Walk(lambda shape, leaf: leaf if kept(shape) else None, write_out=True).record(schema, "")


def with_units(source: SourcePlan) -> str:
    """The reader schema as the decoder takes it: each timestamp says whether it is in milli- or microseconds.

    In the Plan timestamps are plain longs. Avro resolves a long of milliseconds to one of microseconds without a word.
    """
    instants = {column.name for column in source.columns if column.type == TIMESTAMP}

    def unit(shape: str, leaf: Json) -> Json:
        if shape not in instants:
            return leaf
        return {"type": leaf, "logicalType": MICROS if shape in source.micros else MILLIS}

    schema = msgspec.json.decode(source.schema)
    return msgspec.json.encode(_Walk(unit, write_out=False).record(schema, "")).decode()


class _Walk:
    """One pass over a reader schema, which gives another one.

    Args:
        change: what stands for a leaf of a shape; None leaves it out.
        write_out: records that are referred to are written in full.
    """

    def __init__(self, change: Callable[[str, Json], Json | None], *, write_out: bool) -> None:
        self.change = change
        self.write_out = write_out
        self.records: dict[str, Json] = {}

    def record(self, schema: Json, shape: str) -> Json:
        fields = []
        for field in schema["fields"]:
            found = self.type(field["type"], f"{shape}.{field['name']}" if shape else field["name"])
            if found is not None:
                fields.append({**field, "type": found})
        return {**schema, "fields": fields}

    def type(self, schema: Json, shape: str) -> Json | None:
        match schema:
            case list():
                branches = [branch if branch == "null" else self.type(branch, shape) for branch in schema]
                return None if None in branches else branches
            case {"type": "record", "name": name, "namespace": space}:
                self.records[f"{space}.{name}" if space else name] = schema
                found = self.record(schema, shape)
                return found if found["fields"] else None
            case {"type": "map", "values": values}:
                found = self.type(values, shape + EACH)
                return None if found is None else {**schema, "values": found}
            case str() if schema in self.records:
                return self.type(self.records[schema], shape) if self.write_out else schema
            case _:
                return self.change(shape, schema)
