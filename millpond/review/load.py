"""What a pool is asked to bear, as a TOML file says it.

    [sources.transfers]
    events_per_second = 50
    history = "90d"                       # read at once by `deploy --from earliest`; leave it out where there is none
    text_bytes = { event_id = 36, sender_id = 12 }   # mean UTF-8 length of the texts that keys and marks hold, or one
                                                     # number for all of them
    values = { merchant_id = 20 }         # how many different values an entity has of what is tallied, or one number

    [entities.account]
    count = 200_000
    skew = 0.8                            # Zipf: of n entities the i-th has a share ~ 1 / i ** skew; 0 for all alike

Sources and entities are named as in the definitions. `text_bytes` and `values` are asked for only where they matter.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from millpond.plan.errors import DefinitionError
from millpond.plan.names import did_you_mean
from millpond.plan.windows import SECOND, parse_duration

_T = TypeVar("_T")


class SourceLoad(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a source brings.

    Args:
        events_per_second: on average.
        history: the span of a history that is read at once.
        text_bytes: mean length of text fields, UTF-8.
        values: how many different values of a field one entity has.
    """

    events_per_second: float
    history: str | None = None
    text_bytes: int | dict[str, int] | None = None
    values: int | dict[str, int] | None = None

    def __post_init__(self) -> None:
        if not self.events_per_second > 0:
            raise ValueError("events_per_second is a number above 0")

    @property
    def events_per_ms(self) -> float:
        """Its rate in the unit of instants."""
        return self.events_per_second / SECOND

    @property
    def history_ms(self) -> int | None:
        """The span of its history."""
        return None if self.history is None else parse_duration(self.history)


class EntityLoad(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many there are of an entity, and how unlike they are."""

    count: int
    skew: float = 0.0

    def __post_init__(self) -> None:
        if self.count < 1 or not 0 <= self.skew <= 2:
            raise ValueError("count is at least 1, and skew from 0 to 2")


class Load(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sources and entities by name."""

    sources: dict[str, SourceLoad]
    entities: dict[str, EntityLoad]

    def source(self, name: str) -> SourceLoad:
        """DefinitionError where the load does not speak of it."""
        return _of(self.sources, name, "sources")

    def entity(self, name: str) -> EntityLoad:
        """DefinitionError where the load does not speak of it."""
        return _of(self.entities, name, "entities")

    def text_bytes(self, source: str, field: str) -> int:
        """The mean length of a text field; DefinitionError where the load does not speak of it."""
        return _of_field(self.source(source).text_bytes, source, field, "text_bytes")

    def values(self, source: str, field: str) -> int:
        """How many different values of it an entity has; DefinitionError where the load does not speak of it."""
        return _of_field(self.source(source).values, source, field, "values")


def _of(known: Mapping[str, _T], name: str, table: str) -> _T:
    if name not in known:
        raise DefinitionError(
            f"there is no [{table}.{name}], and a view of the pool needs it",
            where="the load",
            mend=f"add [{table}.{name}]; {did_you_mean(name, known)}",
        )
    return known[name]


def _of_field(told: int | dict[str, int] | None, source: str, field: str, setting: str) -> int:
    if isinstance(told, int):
        return told
    if told is None or field not in told:
        raise DefinitionError(
            f"nothing says {setting} of the field {field!r}",
            where=f"the load, [sources.{source}]",
            mend=f"add {setting} = {{ {field} = 16 }}, or one number for all its fields",
        )
    return told[field]


def read_load(path: Path) -> Load:
    """The load that a file says.

    Raises:
        DefinitionError: there is no such file, or it is not as above.
    """
    try:
        load = msgspec.convert(tomllib.loads(path.read_text("utf-8")), Load)
        for source in load.sources.values():
            _ = source.history_ms
    except OSError as cause:
        raise DefinitionError(f"it cannot be read: {cause.strerror}", where=str(path), mend="name a file") from cause
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as cause:
        raise DefinitionError(str(cause), where=str(path), mend="see docs/diff.md for what it may say") from cause
    except DefinitionError as error:
        raise error.at(str(path)) from None
    return load
