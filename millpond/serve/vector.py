"""The typed vector one read returns."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from millpond.algebra.values import Value
from millpond.plan.types import Type
from millpond.serve.status import SEVERITY, STATUSES, USABLE, Status

if TYPE_CHECKING:
    import numpy as np


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
    """

    names: tuple[str, ...]
    types: tuple[Type, ...]
    computed: tuple[Value, ...]
    statuses: tuple[Status, ...]
    as_of: int
    reason: str = ""

    @property
    def values(self) -> tuple[Value, ...]:
        """The values meant to be used; None where the status is not present, empty, no_key or capped."""
        return tuple(
            value if status in USABLE else None for value, status in zip(self.computed, self.statuses, strict=True)
        )

    @property
    def status(self) -> Status:
        """The worst of all features' statuses."""
        return STATUSES[max((SEVERITY[status] for status in self.statuses), default=0)]

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

    def to_numpy(self) -> "np.ndarray":
        """Values as float64 of shape (features,); null is NaN, decimals and integers take the nearest double.

        Raises:
            TypeError: the set has a feature that is a text or several values.
        """
        import numpy as np

        for name, type in zip(self.names, self.types, strict=True):
            if type.kind == "string" or type.many:
                raise TypeError(f"{name} is {type}, which is no number: leave it out, or take as_dict()")
        numbers: list[Any] = [float("nan") if value is None else value for value in self.values]
        return np.array(numbers, dtype=np.float64)
