"""The aggregations, one class each, over an expression of the event and an optional condition."""

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final

from millpond.define import checks
from millpond.define.expressions import check_expression
from millpond.define.place import Place, located, place_of_caller
from millpond.define.windows import Window, spans
from millpond.plan.aggregations import Parameters
from millpond.plan.errors import DefinitionError
from millpond.plan.names import check_name
from millpond.plan.windows import WindowSpan, format_duration, parse_duration, remembered

MOST_EVENTS: Final = 1_000
MOST_VALUES: Final = 10_000

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

    @property
    def most(self) -> int:
        """How many marks its state keeps, of those that keep any."""
        return 0

    @property
    def parameters(self) -> Parameters:
        """What it was given beside its expressions."""
        return Parameters()

    def reach(self, span: WindowSpan) -> WindowSpan:
        """What it looks at to answer one of its windows."""
        return span

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


# --- of several events or values -------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Several(Valued):
    """The values of several events.

    Args:
        k: how many at most, up to 1000.
    """

    k: int

    def __post_init__(self) -> None:
        with located(type(self).__name__):
            checks.whole(self.k, "k", 1, MOST_EVENTS)
        super().__post_init__()

    @property
    def most(self) -> int:
        """As many as are wanted."""
        return self.k

    @property
    def parameters(self) -> Parameters:
        """How many are wanted."""
        return Parameters(k=self.k)


@dataclass(frozen=True, eq=False)
class FirstK(Several):
    """The values of the window's first k events, the first one first; by event time, then event id; null of none."""

    kind = "first_k"


@dataclass(frozen=True, eq=False)
class LastK(Several):
    """The values of the window's last k events, the last one first; by event time, then event id; null of none."""

    kind = "last_k"


@dataclass(frozen=True, eq=False)
class Tallied(Valued):
    """Over how often each value occurs; every tile counts its values.

    Args:
        cap: how many different values a tile counts, up to 10,000; where there were more, those that come first by
            their order are counted, and the feature says `capped`.
    """

    cap: int = 1_000

    def __post_init__(self) -> None:
        with located(type(self).__name__):
            checks.whole(self.cap, "cap", 1, MOST_VALUES)
        super().__post_init__()

    @property
    def most(self) -> int:
        """How many different values a tile counts."""
        return self.cap


@dataclass(frozen=True, eq=False)
class CountDistinct(Tallied):
    """How many different values; of an undelayed window exact to the millisecond, at least so many where `capped`."""

    kind = "count_distinct"


@dataclass(frozen=True, eq=False)
class CountNew(Tallied):
    """How many different values that did not occur in `keep` before the window; exact to the millisecond.

    Args:
        keep: how long before the instant read a value is remembered: at least twice the window.
    """

    keep: str = field(kw_only=True)
    kind = "count_new"

    def __post_init__(self) -> None:
        with located(type(self).__name__), located("keep"):
            parse_duration(self.keep)
        super().__post_init__()

    @property
    def parameters(self) -> Parameters:
        """How long a value is remembered."""
        return Parameters(keep_ms=parse_duration(self.keep))

    def reach(self, span: WindowSpan) -> WindowSpan:
        """All that is remembered."""
        return remembered(span, self.parameters.keep_ms)

    def spans(self, default: tuple[WindowSpan, ...]) -> tuple[WindowSpan, ...]:
        """Its windows.

        Raises:
            DefinitionError: one before which nothing is remembered.
        """
        found = super().spans(default)
        for span in found:
            if span.size_ms is None or span.delay_ms:
                raise DefinitionError(
                    f"before the window {span.label!r} there is nothing a value could be new since",
                    mend='give it windows of its own, not delayed: windows=["24h"]',
                )
            if 2 * span.size_ms > self.parameters.keep_ms:
                raise DefinitionError(
                    f"keep={self.keep!r} is less than twice the window {span.label!r}",
                    mend=f'remember longer: keep="{format_duration(2 * span.size_ms)}"',
                )
        return found


@dataclass(frozen=True, eq=False)
class TopK(Tallied):
    """The k most frequent values, the most frequent one first, of equally frequent ones the lesser; null of none.

    Args:
        k: how many at most, up to 1000.
    """

    k: int = field(kw_only=True)
    kind = "top_k"

    def __post_init__(self) -> None:
        with located(type(self).__name__):
            checks.whole(self.k, "k", 1, MOST_EVENTS)
        super().__post_init__()

    @property
    def parameters(self) -> Parameters:
        """How many are wanted."""
        return Parameters(k=self.k)


@dataclass(frozen=True, eq=False)
class ValueCounts(Tallied):
    """How often each value occurs, as a mapping in the order of the values; null of none."""

    kind = "value_counts"


@dataclass(frozen=True, eq=False)
class Quantile(Tallied):
    """The value of rank floor(p (n - 1)), from 0, of the sorted ones, off by at most 1 %; null of none.

    Args:
        p: from 0 to 1, as a text or a Decimal so that 0.95 is 0.95: p="0.95".
        cap: how many buckets a tile counts; there are 64 between a number and its double.
    """

    p: "str | Decimal" = field(kw_only=True)
    kind = "quantile"

    def __post_init__(self) -> None:
        with located(type(self).__name__):
            given: object = self.p  # whatever the author passed
            try:
                share = Decimal(given) if isinstance(given, str | Decimal) else None
            except InvalidOperation:
                share = None
            if share is None or not share.is_finite() or not 0 <= share <= 1:
                raise DefinitionError(
                    f"p={given!r} is not a share from 0 to 1 written as a text", mend='write a text: p="0.95"'
                )
        super().__post_init__()

    @property
    def parameters(self) -> Parameters:
        """The share."""
        return Parameters(p=format(Decimal(self.p).normalize(), "f"))


@dataclass(frozen=True, eq=False)
class Median(Quantile):
    """The value of rank floor((n - 1) / 2), from 0, of the sorted ones, off by at most 1 %; null of none."""

    p: "str | Decimal" = field(default="0.5", init=False, repr=False)


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
    FirstK,
    LastK,
    CountDistinct,
    CountNew,
    TopK,
    ValueCounts,
    Quantile,
    Median,
    SecondsSinceFirst,
    SecondsSinceLast,
)
