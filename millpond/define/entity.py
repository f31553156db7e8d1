"""Entity: whom features are about."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field

from millpond.define import checks
from millpond.define.place import Place, located, place_of_caller, remember
from millpond.plan.errors import DefinitionError
from millpond.plan.names import TILE_COLUMNS, check_name


@dataclass(frozen=True, eq=False)
class Entity:
    """A name and its key columns; their types (int or string) follow from each view's `by`.

    Args:
        name: such as `household`.
        keys: one or several names of key columns, in the order they stand in the store's keys.

    Raises:
        DefinitionError: a bad or repeated name.

    Example:
        >>> Entity("shelf", keys=["store_id", "product_id"]).keys
        ('store_id', 'product_id')
    """

    name: str
    _: KW_ONLY
    keys: Sequence[str]
    place: Place = field(default_factory=place_of_caller, init=False, repr=False)

    def __post_init__(self) -> None:
        check_name(self.name, "the entity")
        with located(f"{self.name}.keys"):
            keys = checks.listed(self.keys, "keys", 'write a list: keys=["household_id"]')
            if not keys:
                raise DefinitionError("there are no keys", mend='name at least one: keys=["household_id"]')
            for key in keys:
                check_name(key, "the key column")
                if key in TILE_COLUMNS:
                    raise DefinitionError(
                        f"{key!r} is a column of every tile",
                        mend=f"name it after what it identifies: {self.name}_{key}",
                    )
            repeated = checks.first_repeated(keys)
            if repeated is not None:
                raise DefinitionError(f"the key column {repeated!r} stands twice", mend="leave one of them out")
        object.__setattr__(self, "keys", keys)
        remember(self)

    def _repr_html_(self) -> str:
        from millpond.define.notebook import entity_card

        return entity_card(self)
