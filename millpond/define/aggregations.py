"""The aggregations, one class each, over an expression of the event and an optional condition."""

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final

from millpond.define import checks
from millpond.define.expressions import check_expression
from millpond.define.place import Place, located, place_of_caller
from millpond.define.windows import Window, spans
from millpond.plan.errors import DefinitionError
from millpond.plan.names import check_name
from millpond.plan.windows import WindowSpan

if TYPE_CHECKING:
    from ibis.common.deferred import Deferred


@dataclass(frozen=True, eq=False, kw_only=True)
class Aggregation:
    """What every aggregation may have; written as one of its subclasses.

    Args:
        where: count only the events for which this is true: `where=_.quantity > 0`.
        windows: its own windows, in place of the view's.
        description: prose.

    Raises:
        DefinitionError: a value that cannot be right.
    """

    kind: ClassVar[str]  # its line in plan.aggregations.AGGREGATIONS
    where: "Deferred | None" = None
    windows: Sequence[str | Window] | None = None
    description: str = ""
    place: Place = field(default_factory=place_of_caller, init=False, repr=False)

    def __post_init__(self) -> None:
        with located(type(self).__name__):
            checks.description(self.description)
            if self.where is not None:
                with located("where"):
                    check_expression(self.where)
            if self.windows is not None:
                object.__setattr__(
                    self, "windows", checks.listed(self.windows, "windows", 'write a list: windows=["1h"]')
                )
                spans(self.windows)

    @property
    def expressions(self) -> "tuple[Deferred, ...]":
        """What it is over; none where it is over whole events."""
        return ()

    @property
    def parts(self) -> tuple[str, ...]:
        """What each of its features is called beside its name; one without a name where it is one feature a window."""
        return ("",)

    @property
    def chosen_by(self) -> "Deferred | None":
        """What its event is chosen by, beside its time."""
        return None

    def spans(self, default: tuple[WindowSpan, ...]) -> tuple[WindowSpan, ...]:
        """Its windows, the view's where it has none of its own."""
        return default if self.windows is None else spans(self.windows)


@dataclass(frozen=True, eq=False)
class Count(Aggregation):
    """How many events; 0 where there are none."""

    kind = "count"


@dataclass(frozen=True, eq=False)
class SecondsSinceFirst(Aggregation):
    """Seconds from the window's first event to the instant read, as a double; null where there is none."""

    kind = "seconds_since_first"


@dataclass(frozen=True, eq=False)
class SecondsSinceLast(Aggregation):
    """Seconds from the window's last event to the instant read, as a double; null where there is none."""

    kind = "seconds_since_last"


# --- over values ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Valued(Aggregation):
    """An aggregation over the values of an expression; nulls are skipped."""

    value: "Deferred"
    _: KW_ONLY

    def __post_init__(self) -> None:
        with located(type(self).__name__):
            check_expression(self.value)
        super().__post_init__()

    @property
    def expressions(self) -> "tuple[Deferred, ...]":
        """What it is over."""
        return (self.value,)


@dataclass(frozen=True, eq=False)
class Sum(Valued):
    """The sum, exact for integers and decimals; 0 where there is nothing to sum."""

    kind = "sum"


@dataclass(frozen=True, eq=False)
class Mean(Valued):
    """The arithmetic mean as a double, rounded once from the exact sum; null where there is nothing."""

    kind = "mean"


@dataclass(frozen=True, eq=False)
class Min(Valued):
    """The smallest number, earliest timestamp or first text by its UTF-8 bytes; null where there is nothing."""

    kind = "min"


@dataclass(frozen=True, eq=False)
class Max(Valued):
    """The greatest number, latest timestamp or last text by its UTF-8 bytes; null where there is nothing."""

    kind = "max"


@dataclass(frozen=True, eq=False)
class Var(Valued):
    """The sample variance (n - 1) of integers or decimals as a double, rounded once; null of fewer than two."""

    kind = "var"


@dataclass(frozen=True, eq=False)
class Std(Valued):
    """The sample standard deviation, the root of Var, rounded once; null of fewer than two."""

    kind = "std"


@dataclass(frozen=True, eq=False)
class Skew(Valued):
    """The sample skewness G1, bias corrected, as pandas' `skew()`; null of fewer than three, or where all are equal."""

    kind = "skew"


@dataclass(frozen=True, eq=False)
class Kurtosis(Valued):
    """The sample excess kurtosis G2, bias corrected, as pandas' `kurt()`; null of fewer than four or of equal ones."""

    kind = "kurtosis"


# --- of one event ---------------------------------------------------------------------------------------------------


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


ALL: Final = (
    Count,
    Sum,
    Mean,
    Min,
    Max,
    Var,
    Std,
    Skew,
    Kurtosis,
    First,
    Last,
    ArgMin,
    ArgMax,
    SecondsSinceFirst,
    SecondsSinceLast,
)
