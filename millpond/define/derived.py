"""Derived: a place of a vector that is computed from the others, and from the request."""

from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING

from millpond.define import checks
from millpond.define.expressions import check_expression
from millpond.define.fields import is_method
from millpond.define.place import Place, located, place_of_caller
from millpond.plan.errors import DefinitionError
from millpond.plan.names import check_name

if TYPE_CHECKING:
    from ibis.common.deferred import Deferred


@dataclass(frozen=True, eq=False)
class Derived:
    """A formula of what the vector's request and its views say, computed when it is read.

        Derived("amount_z", (_.request.amount - _.sender.mean_90d) / _.sender.std_90d)

    Args:
        name: such as `amount_z`.
        value: written with `_`: `_.request.<field>`, `_.<alias>.<feature>` of any feature of a view that the set binds,
            `_.<alias>.<list>[0]` of one that is a list, `_.<name>` of a derived place that stands before it.
        description: prose.

    Its status is the worst of those it reads; null meets null as in SQL, and x / 0 is null.

    Raises:
        DefinitionError: a value that cannot be right.
    """

    name: str
    value: "Deferred"
    _: KW_ONLY
    description: str = ""
    place: Place = field(default_factory=place_of_caller, init=False, repr=False)

    def __post_init__(self) -> None:
        check_name(self.name, "the derived feature")
        with located(self.name):
            if is_method(self.name):
                raise DefinitionError(
                    f"the name {self.name!r} is a method of ibis's _", mend=f'choose another: "my_{self.name}"'
                )
            check_expression(self.value)
            checks.description(self.description)

    def _repr_html_(self) -> str:
        from millpond.define.notebook import derived_card

        return derived_card(self)
