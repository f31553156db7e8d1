"""What a request is answered with: an Avro record of the vector, typed as the set's plan is."""

import io
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import fastavro

from millpond.plan.model import SetFeature, SetPlan
from millpond.plan.types import Kind, ManyKind, Type
from millpond.serve import STATUSES, Vector

Json = Any

_KINDS: Final[Mapping[Kind, Json]] = {
    "int": "long",
    "double": "double",
    "string": "string",
    "boolean": "boolean",
    "timestamp": {"type": "long", "logicalType": "timestamp-millis"},
}

_BRANCHES: Final[Mapping[Kind, str]] = {
    "int": "long",
    "decimal": "bytes",
    "double": "double",
    "string": "string",
    "boolean": "boolean",
    "timestamp": "long",
}


class Scored(NamedTuple):
    """What a model made of a vector.

    Attributes:
        score: None where it was refused, or the model failed.
        is_degraded: something of the vector is not to be used.
        reason: why there is no score; empty where there is one.
        has_failed: the model did.
    """

    score: float | None
    is_degraded: bool
    reason: str = ""
    has_failed: bool = False


def flat_names(plan: SetPlan) -> list[str]:
    """The places of the vector as names of fields: `sender__attempts_1h`, `amount_z`."""
    return [place.flat_name if isinstance(place, SetFeature) else place.name for place in plan.places]


def reply_schema(plan: SetPlan, *, is_scored: bool) -> Json:
    """The Avro schema of a set's replies.

    Readers of today can read what later versions of Millpond write: a status they do not know is `unavailable` to them.
    """
    names = flat_names(plan)
    status = {"type": "enum", "name": "Status", "symbols": list(STATUSES), "default": "unavailable"}
    values = [
        {"name": name, "type": ["null", _avro(place.type, name)], "default": None}
        for name, place in zip(names, plan.places, strict=True)
    ]
    fields: list[Json] = [
        {
            "name": "as_of",
            "type": {"type": "long", "logicalType": "timestamp-millis"},
            "doc": "The instant the vector is of.",
        },
        {"name": "status", "type": status, "doc": "The worst of all statuses."},
        {"name": "reason", "type": ["null", "string"], "default": None, "doc": "Why something is not to be used."},
        {
            "name": "values",
            "type": {"type": "record", "name": "Values", "fields": values},
            "doc": "Null: see statuses.",
        },
        {
            "name": "statuses",
            "type": {"type": "record", "name": "Statuses", "fields": [{"name": n, "type": "Status"} for n in names]},
        },
        {"name": "partition", "type": "int", "doc": "Of the request; with its offset the same for a repeated reply."},
        {"name": "offset", "type": "long", "doc": "Of the request."},
    ]
    if is_scored:
        fields += [
            {"name": "score", "type": ["null", "double"], "default": None, "doc": "The model's; null: see reason."},
            {"name": "degraded", "type": "boolean", "doc": "Something of the vector was not to be used."},
        ]
    return {
        "type": "record",
        "name": f"{plan.name}_v{plan.version}",
        "namespace": f"millpond.{plan.domain}",
        "doc": f"What {plan.full_name} version {plan.version} says of a request.",
        "fields": fields,
    }


def _avro(type: Type, name: str) -> Json:
    match type.many:
        case None:
            if type.kind == "decimal":
                return {"type": "bytes", "logicalType": "decimal", "precision": type.precision, "scale": type.scale}
            return _KINDS[type.kind]
        case "list":
            return {"type": "array", "items": _avro(type.one, name)}
        case "counts":
            fields = [{"name": "value", "type": _avro(type.one, name)}, {"name": "count", "type": "long"}]
            return {"type": "array", "items": {"type": "record", "name": f"{name}_count", "fields": fields}}


def _counted(counts: Mapping[Any, int]) -> list[Json]:
    return [{"value": value, "count": count} for value, count in counts.items()]


def _as_it_is(value: Any) -> Any:
    return value


_SEVERAL: Final[Mapping[ManyKind, Callable[[Any], list[Json]]]] = {"list": list, "counts": _counted}


class Replies:
    """Writes replies.

    Args:
        schema: `reply_schema` of the set.
        schema_id: under which it is registered.
    """

    def __init__(self, plan: SetPlan, schema: Json, schema_id: int) -> None:
        self._names = flat_names(plan)
        self._schema = fastavro.parse_schema(schema)
        self._header = b"\0" + schema_id.to_bytes(4, "big")
        # Told which branch of its union a value is, fastavro need not try: half the time.
        self._branches = [
            ("array", _SEVERAL[place.type.many])
            if place.type.many is not None
            else (_BRANCHES[place.type.kind], _as_it_is)
            for place in plan.places
        ]

    def encode(
        self, vector: Vector, reason: str, *, partition: int, offset: int, scored: Scored | None = None
    ) -> bytes:
        """A reply in the Confluent wire format.

        Args:
            reason: why something of it is not to be used; empty where all is, or its status says it.
            partition, offset: of the request.
            scored: what the model made of it, where the schema has a place for that.
        """
        values = {
            name: None if value is None else (branch, written(value))
            for name, value, (branch, written) in zip(self._names, vector.values, self._branches, strict=True)
        }
        record: dict[str, Any] = {
            "as_of": vector.as_of,
            "status": vector.status,
            "reason": "; ".join(one for one in (reason, "" if scored is None else scored.reason) if one) or None,
            "values": values,
            "statuses": dict(zip(self._names, vector.statuses, strict=True)),
            "partition": partition,
            "offset": offset,
        }
        if scored is not None:
            record |= {"score": scored.score, "degraded": scored.is_degraded}
        buffer = io.BytesIO()
        buffer.write(self._header)
        fastavro.schemaless_writer(buffer, self._schema, record)
        return buffer.getvalue()
