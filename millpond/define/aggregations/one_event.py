"""Aggregations that say what one event of the window says."""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from millpond.define.aggregations.base import Aggregation
from millpond.define.expressions import check_expression
from millpond.define.place import located
from millpond.plan.errors import DefinitionError
from millpond.plan.names import check_name

if TYPE_CHECKING:
    from ibis.common.deferred import Deferred


@dataclass(frozen=True, eq=False)
class OfOneEvent(Aggregation):
    """What one event of the window says: one expression, or several by name that are never torn apart.

    An event in which every one of them is null is passed over. `Last({"lat": _.lat, "lon": _.lon})` named `place` gives
    the features `place_lat_30d` and `place_lon_30d`.
    """

    value: "Deferred | Mapping[str, Deferred]"
    _: KW_ONLY

    def __post_init__(self) -> None:
        with located(type(self).__name__):
            value: object = self.value  # whatever the author passed
            if isinstance(value, Mapping):
                if not value:
                    raise DefinitionError("it is over no fields", mend='name some: {"lat": _.lat, "lon": _.lon}')
                for name, one in value.items():
                    check_name(name, "the field")
                    with located(repr(name)):
                        check_expression(one)
                object.__setattr__(self, "value", MappingProxyType(dict(value)))
            else:
                check_expression(value)
        super().__post_init__()

    @property
    def expressions(self) -> "tuple[Deferred, ...]":
        """What it is over."""
        return tuple(self.value.values()) if isinstance(self.value, Mapping) else (self.value,)

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of its fields."""
        return tuple(self.value) if isinstance(self.value, Mapping) else ("",)


@dataclass(frozen=True, eq=False)
class First(OfOneEvent):
    """What the window's first event says; the first by event time, then by the bytes of the event id."""

    kind = "first"


@dataclass(frozen=True, eq=False)
class Last(OfOneEvent):
    """What the window's last event says; the last by event time, then by the bytes of the event id."""

    kind = "last"


@dataclass(frozen=True, eq=False)
class Chosen(OfOneEvent):
    """What the event with the greatest or least `by` says; an event whose `by` is null is passed over.

    Args:
        by: a number, timestamp, text (by its UTF-8 bytes) or boolean.
    """

    by: "Deferred"

    def __post_init__(self) -> None:
        with located(type(self).__name__), located("by"):
            check_expression(self.by)
        super().__post_init__()

    @property
    def chosen_by(self) -> "Deferred":
        """What its event is chosen by."""
        return self.by


@dataclass(frozen=True, eq=False)
class ArgMin(Chosen):
    """What the event with the least `by` says; of several the first by event time, then event id."""

    kind = "arg_min"


@dataclass(frozen=True, eq=False)
class ArgMax(Chosen):
    """What the event with the greatest `by` says; of several the last by event time, then event id."""

    kind = "arg_max"
