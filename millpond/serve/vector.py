"""The typed vector one read returns, and vectors as arrays and tables."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from millpond.algebra.values import Value
from millpond.plan.english.values import instant
from millpond.plan.errors import ReadError
from millpond.plan.html import card, code, pill, value
from millpond.plan.model import Encoding
from millpond.plan.types import Type
from millpond.serve.status import TONES, USABLE, Status, worst

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from millpond.serve.receipts import Receipt

PLAIN: Final = Encoding()


@dataclass(frozen=True, slots=True, eq=False)
class Vector:
    """Features in the set's order, each with its status.

    Attributes:
        names: `alias.feature`, in the set's order.
        types: of the features, in the same order.
        computed: what the tiles gave, also where it is not meant to be used.
        statuses: one a feature.
        as_of: the instant (ms UTC) the windows end at.
        reason: why the store did not answer; empty otherwise.
        encoding: how it becomes numbers.
        receipt: where its numbers came from, where that was asked for.
    """

    names: tuple[str, ...]
    types: tuple[Type, ...]
    computed: tuple[Value, ...]
    statuses: tuple[Status, ...]
    as_of: int
    reason: str = ""
    encoding: Encoding = PLAIN
    receipt: "Receipt | None" = None

    @property
    def values(self) -> tuple[Value, ...]:
        """The values meant to be used; None where the status is not present, empty, no_key or capped."""
        if USABLE.issuperset(self.statuses):
            return self.computed
        return tuple(
            value if status in USABLE else None for value, status in zip(self.computed, self.statuses, strict=True)
        )

    @property
    def status(self) -> Status:
        """The worst of all features' statuses."""
        return worst(self.statuses)

    def __getitem__(self, name: str) -> Value:
        """The value of one feature, by name; KeyError where the set has none of that name."""
        return self.as_dict()[name]

    def __iter__(self) -> Iterator[Value]:
        return iter(self.values)

    def __len__(self) -> int:
        return len(self.names)

    def as_dict(self) -> dict[str, Value]:
        """Name -> value."""
        return dict(zip(self.names, self.values, strict=True))

    def status_of(self) -> Mapping[str, Status]:
        """Name -> status."""
        return dict(zip(self.names, self.statuses, strict=True))

    def _repr_html_(self) -> str:
        rows = zip(self.names, self.types, self.values, self.statuses, strict=True)
        return card(
            f"{len(self)} places as of {instant(self.as_of)} UTC",
            self.reason,
            aside=pill(self.status, TONES[self.status]),
            heads=["place", "value", "type", "status"],
            rows=(
                [code(name), value(computed, type), code(str(type)), pill(status, TONES[status])]
                for name, type, computed, status in rows
            ),
        )

    def to_numpy(self) -> "np.ndarray":
        """Values as float64 of shape (places,), as the set declares it.

        Null is NaN, or the set's `null`; a text is its index among the set's `categories`, any other text their number;
        booleans are 0 and 1, timestamps milliseconds; decimals and integers take the nearest double.

        Raises:
            ReadError: a place is several values, or a text without categories.
        """
        return to_numpy([self]).reshape(-1)


def to_numpy(vectors: "Sequence[Vector]") -> "np.ndarray":
    """Vectors of one set as float64 of shape (vectors, places); see `Vector.to_numpy`.

    Raises:
        ReadError: a place is several values, or a text without categories; or there are no vectors.
    """
    import numpy as np

    if not vectors:
        raise ReadError("there are no vectors", mend="read at least one")
    encoding = vectors[0].encoding
    null = float("nan") if encoding.null is None else encoding.null
    codes: list[dict[str, int] | None] = []
    for name, type in zip(vectors[0].names, vectors[0].types, strict=True):
        categories = encoding.categories.get(name)
        if type.many or (type.kind == "string" and categories is None):
            raise ReadError(
                f"{name} is {type}, which is no number",
                mend="declare categories={…} in its set, derive a number from it, or take as_dict() or to_arrow()",
            )
        codes.append(None if categories is None else {text: code for code, text in enumerate(categories)})
    rows: list[list[Any]] = [
        [
            null if value is None else value if code is None else code.get(str(value), len(code))
            for value, code in zip(vector.values, codes, strict=True)
        ]
        for vector in vectors
    ]
    return np.array(rows, dtype=np.float64)


def to_arrow(vectors: "Sequence[Vector]", *, statuses: bool = False) -> "pa.Table":
    """Vectors of one set as an Arrow table, a row each: exact numbers stay exact.

    Args:
        statuses: a column `<place>:status` beside each.

    `as_of` comes first; `int` is int64, `decimal(p,s)` decimal128, `double` float64, `timestamp` one of milliseconds
    UTC, `list(T)` a list, `counts(T)` a map of int64. `.to_pandas()` gives a data frame.

    Raises:
        ReadError: there are no vectors.
    """
    import pyarrow as pa

    if not vectors:
        raise ReadError("there are no vectors", mend="read at least one")
    columns = {"as_of": pa.array([vector.as_of for vector in vectors], pa.timestamp("ms", tz="UTC"))}
    values = list(zip(*(vector.values for vector in vectors), strict=True))
    says = list(zip(*(vector.statuses for vector in vectors), strict=True))
    for place, (name, type) in enumerate(zip(vectors[0].names, vectors[0].types, strict=True)):
        column = [list(one.items()) if isinstance(one, dict) else one for one in values[place]]
        columns[name] = pa.array(column, arrow_type(type))
        if statuses:
            columns[f"{name}:status"] = pa.array(says[place], pa.string())
    return pa.table(columns)


def arrow_type(type: Type) -> "pa.DataType":
    """What holds values of a type in Arrow; an instant is one of milliseconds UTC."""
    import pyarrow as pa

    if type.many == "list":
        return pa.list_(arrow_type(type.one))
    if type.many == "counts":
        return pa.map_(arrow_type(type.one), pa.int64())
    return {
        "int": pa.int64,
        "decimal": lambda: pa.decimal128(type.precision, type.scale),
        "double": pa.float64,
        "string": pa.string,
        "boolean": pa.bool_,
        "timestamp": lambda: pa.timestamp("ms", tz="UTC"),
    }[type.kind]()
