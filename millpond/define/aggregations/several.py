"""Aggregations over several events or values at once: kept, or counted by value."""

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Final

from millpond.define import checks
from millpond.define.aggregations.base import Valued
from millpond.define.place import located
from millpond.plan.aggregations import Parameters
from millpond.plan.errors import DefinitionError
from millpond.plan.windows import WindowSpan, format_duration, parse_duration, remembered

MOST_EVENTS: Final = 1_000
MOST_VALUES: Final = 10_000


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
