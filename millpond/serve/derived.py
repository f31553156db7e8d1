"""From a set's features to its vector: places derived from them and from the request, defaults, and the order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from millpond.algebra.evaluate import Evaluator, evaluate, evaluator
from millpond.algebra.values import Value
from millpond.plan.expr import fields_of
from millpond.plan.model import SetPlan
from millpond.plan.paths import Position, parse
from millpond.plan.types import Type
from millpond.serve.request import Request, RequestFields
from millpond.serve.status import Status, worst

_REQUEST = "request."


@dataclass(frozen=True, slots=True)
class _Place:
    """One derived place, and the indices of the features it is computed from, also by way of others."""

    name: str
    compute: Evaluator
    features: tuple[int, ...]


class Derivation:
    """What a set computes from its features; immutable.

    Attributes:
        names: of the vector's places.
        types: theirs.
        behind: of each feature and derived place the features that it is computed from, also by way of others.
    """

    def __init__(self, plan: SetPlan) -> None:
        self.names = tuple(place.name for place in plan.places)
        self.types = tuple(place.type for place in plan.places)
        at = {feature.name: index for index, feature in enumerate(plan.features)}
        paths = dict.fromkeys(field.name for place in plan.computed for field in fields_of(place.expr))
        taken = {path.removeprefix(_REQUEST) for path in paths if path.startswith(_REQUEST)}
        self._request = RequestFields([column for column in plan.request if column.name in taken])
        reads = {path: at[feature] for path in paths if (feature := _feature(path)) in at}
        self._reads = tuple((path, index, _one(path, plan.features[index].type)) for path, index in reads.items())
        behind: dict[str, frozenset[int]] = {path: frozenset([index]) for path, index in reads.items()}
        for place in plan.computed:
            behind[place.name] = frozenset().union(*(behind.get(f.name, ()) for f in fields_of(place.expr)))
        self._places = tuple(_Place(p.name, evaluator(p.expr), tuple(sorted(behind[p.name]))) for p in plan.computed)
        names = [feature.name for feature in plan.features]
        self.behind: dict[str, tuple[str, ...]] = {name: (name,) for name in names}
        self.behind |= {one.name: tuple(names[index] for index in one.features) for one in self._places}
        defaults = {} if plan.defaults is msgspec.UNSET else plan.defaults
        self._defaults = tuple(
            (index, evaluate(defaults[name], {})) for index, name in enumerate(self.names) if name in defaults
        )
        found = [*(feature.name for feature in plan.features), *(place.name for place in plan.computed)]
        self._order = None if list(self.names) == found else tuple(map(found.index, self.names))
        self._is_plain = not (self._places or self._defaults or self._order)

    def given(self, request: Request) -> dict[str, Value]:
        """What derived places read of a request, by path.

        Raises:
            ReadError: a field is missing, or is not of its type.
        """
        return {f"{_REQUEST}{name}": value for name, value in self._request.of(request).items()}

    def places(
        self, given: Mapping[str, Value], computed: Sequence[Value], statuses: Sequence[Status]
    ) -> tuple[tuple[Value, ...], tuple[Status, ...]]:
        """The vector's values and statuses from those of the set's features."""
        if self._is_plain:
            return tuple(computed), tuple(statuses)
        event: dict[str, Any] = dict(given)
        for path, index, one in self._reads:
            event[path] = one(computed[index])
        values, says = list(computed), list(statuses)
        for place in self._places:
            value = event[place.name] = place.compute(event)
            values.append(value)
            says.append(worst([statuses[index] for index in place.features]))
        if self._order is not None:
            values, says = [values[at] for at in self._order], [says[at] for at in self._order]
        for index, default in self._defaults:
            if values[index] is None:
                values[index] = default
        return tuple(values), tuple(says)


def _feature(path: str) -> str:
    """The name of the feature that a path begins with."""
    return ".".join(parse(path)[:2])


def _one(path: str, type: Type) -> Callable[[Any], Any]:
    """What a path takes of its feature's value: all of it, a place of a list, or how often a value was counted."""
    *_, last = parse(path)
    if type.many is None:
        return lambda value: value
    if type.many == "list":
        place = int(last)
        return lambda value: value[place] if value is not None and place < len(value) else None
    key: Any = int(last) if isinstance(last, Position) else str(last)
    return lambda value: None if value is None else value.get(key)
