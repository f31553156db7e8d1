"""The key grammar: which key of the store holds what.

    <ns>.<domain>:{<entity>=<key>,<key>…}:<view>.<version>.<generation>:<level|lifetime>[.events]

A key value is UTF-8, percent-encoded but for RFC 3986's unreserved characters, so that no value can forge a delimiter;
an integer is written in decimal. The braces make every level of every view of one entity lie on one node of a cluster.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote

import msgspec

from millpond.plan.errors import MillpondError, ReadError
from millpond.plan.model import Column, EntityPlan, ViewPlan

LIFETIME: Final = "lifetime"
_EVENTS: Final = ".events"

_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]*", re.ASCII)
_KEY = re.compile(
    r"(?P<ns>[^.:{}]+)\.(?P<domain>[^.:{}]+)"
    r":\{(?P<entity>[^={}]+)=(?P<values>[A-Za-z0-9._~%,-]*)\}"
    r":(?P<view>[^.:{}]+)\.(?P<version>\d+)\.(?P<generation>\d+)"
    r":(?P<part>[a-z0-9]+)(?P<events>\.events)?",
    re.ASCII,
)


def applied_key(ns: str, tag: str = "") -> str:
    """The hash of what the Materializer has applied: `<topic>:<partition>` -> the next offset.

    Args:
        tag: of the shard, where there are several: each has its own.
    """
    return _of_shard(ns, tag, "applied")


def freshness_key(ns: str, tag: str = "") -> str:
    """The hash of how fresh things are: `topic|<topic>|<partition>` and `fragment|<topic>` -> ms.

    Args:
        tag: of the shard, where there are several: each has its own.
    """
    return _of_shard(ns, tag, "freshness")


def _of_shard(ns: str, tag: str, name: str) -> str:
    return f"{ns}:{{{tag}}}:{name}" if tag else f"{ns}:{name}"


def counters_key(ns: str) -> str:
    """The hash of what the Materializer has counted: `<counter>|<topic>` -> a number."""
    return f"{ns}:counters"


def suspects_key(ns: str) -> str:
    """The hash of rows that a tile topic may end in though better ones stand before them; see suspects.py."""
    return f"{ns}:suspects"


def applied_field(topic: str, partition: int) -> str:
    """The field of a partition in the applied hash."""
    return f"{topic}:{partition}"


EPOCH_FIELD: Final = "epoch"  # of the freshness hash: drawn anew when the store was emptied
SLOTS_FIELD: Final = "slots"  # of a cluster's shard: those that it had when what its hashes say began to be true


def topic_freshness_field(topic: str, partition: int) -> str:
    """The field that says since when every row of a fragment's partition is in the store."""
    return f"topic|{topic}|{partition}"


def fragment_freshness_field(topic: str) -> str:
    """The field that says since when every event of the source is in a fragment's tiles in the store."""
    return f"fragment|{topic}"


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ReadError(f"the key value {value!r} is not text", mend="pass a str")
    if (value.isalnum() and value.isascii()) or _UNRESERVED.fullmatch(value):
        return value
    try:
        return quote(value, safe="")
    except UnicodeEncodeError as cause:
        raise ReadError(
            f"the key value {value!r} holds a lone surrogate, which is no character", mend="pass valid Unicode text"
        ) from cause


def _integer(value: object) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ReadError(f"the key value {value!r} is not an integer", mend="pass an int")
    return str(value)


_ENCODERS: Final[dict[str, Callable[[object], str]]] = {"int": _integer, "string": _text}


class KeyEncoder:
    """Encodes the key values of one entity: the text between the braces, shared by all its views and levels."""

    __slots__ = ("_columns", "_encoders", "entity")

    def __init__(self, entity: EntityPlan) -> None:
        self.entity = entity.name
        self._columns: tuple[Column, ...] = entity.keys
        self._encoders = tuple(_ENCODERS[column.type.kind] for column in entity.keys)

    def encode(self, values: Sequence[object]) -> str:
        """The key values as they stand in a key, in the entity's order.

        Raises:
            ReadError: a value is of another type, holds a lone surrogate, or one is missing.
        """
        if len(values) != len(self._encoders):
            names = ", ".join(column.name for column in self._columns)
            raise ReadError(
                f"{len(values)} key values where there are {len(self._encoders)}",
                where=f"entity {self.entity}",
                mend=f"pass {names}",
            )
        try:
            return ",".join([encode(value) for encode, value in zip(self._encoders, values, strict=True)])
        except ReadError as error:
            error.at(f"entity {self.entity}")
            raise


@dataclass(frozen=True, slots=True)
class KeyTemplate:
    """The keys of one part (a level, or the lifetime) of one view: all but the entity's key is fixed."""

    prefix: str
    suffix: str

    @classmethod
    def of(cls, ns: str, view: ViewPlan, generation: int, part: str) -> "KeyTemplate":
        """The keys of a part, named by its level's duration or `lifetime`."""
        return cls(f"{ns}.{view.domain}:{{{view.entity.name}=", f"}}:{view.name}.{view.version}.{generation}:{part}")

    def key(self, encoded: str) -> str:
        """The key of an entity whose key values were encoded by KeyEncoder."""
        return self.prefix + encoded + self.suffix


def events_key(key: str) -> str:
    """Where the events are kept of the tiles whose records lie under a key."""
    return key + _EVENTS


def tile_key_pattern(ns: str, domain: str, view: str, version: int, generation: int) -> str:
    """A pattern for SCAN that the keys of one generation of a view match, and no others: names hold no wildcards."""
    return f"{ns}.{domain}:{{*}}:{view}.{version}.{generation}:*"


class ParsedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key taken apart; integers among the values come back as their decimal text.

    Args:
        holds_events: it is the key of the events that tiles keep, not of their records.
    """

    ns: str
    domain: str
    entity: str
    values: tuple[str, ...]
    view: str
    version: int
    generation: int
    part: str
    holds_events: bool


def parse_key(key: str) -> ParsedKey:
    """The parts of a tile key.

    Raises:
        MillpondError: not a key of this grammar.
    """
    found = _KEY.fullmatch(key)
    if found is None:
        raise MillpondError(f"{key!r} is not the key of a tile", mend="read keys that Millpond wrote")
    return ParsedKey(
        ns=found["ns"],
        domain=found["domain"],
        entity=found["entity"],
        values=tuple(unquote(value, errors="strict") for value in found["values"].split(",")),
        view=found["view"],
        version=int(found["version"]),
        generation=int(found["generation"]),
        part=found["part"],
        holds_events=found["events"] is not None,
    )
