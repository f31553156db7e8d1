"""What every aggregation has, and those over the values of an expression."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, ClassVar

from millpond.define import checks
from millpond.define.expressions import check_expression
from millpond.define.place import Place, located, place_of_caller
from millpond.define.windows import Window, spans
from millpond.plan.aggregations import Parameters
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

    def _repr_html_(self) -> str:
        from millpond.define.notebook import aggregation_card

        return aggregation_card(self)

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
