"""The algebra's states out of what DuckDB aggregated: see sql/duckdb_partials.py."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from millpond.algebra.marks import mark
from millpond.algebra.partials import State, unscaled, zero
from millpond.plan.partials import Partial, PartialFunction
from millpond.sql.duckdb_partials import piece_digits


def state_of(partial: Partial, found: Any) -> State:
    """The state of a partial; None is nothing found. A tally has none here: it is answered in DuckDB."""
    return zero(partial) if found is None else READ[partial.function](partial, found)


def _count(_partial: Partial, found: Any) -> State:
    return int(found)


def _sum(partial: Partial, found: Any) -> State:
    if not partial.power:
        return unscaled(found, partial.type)
    size = piece_digits(partial)
    # All of the power stands in its lowest limb, whose state is any whole number: there is nothing in the others.
    total: int = sum((digit or 0) * 10 ** (size * place) for place, digit in enumerate(found))
    return total


def _extreme(partial: Partial, found: Any) -> State:
    return unscaled(found, partial.type)


def _mark(partial: Partial, found: Any) -> State:
    order = [(found[f"o{place}"], tree.type) for place, tree in enumerate(partial.order)]
    return mark(order, [(found[f"f{place}"], tree.type) for place, tree in enumerate(partial.fields)])


def _marks(partial: Partial, found: Any) -> State:
    return tuple(str(_mark(partial, one)) for one in found)


READ: Final[Mapping[PartialFunction, Callable[[Partial, Any], State]]] = {
    "count": _count,
    "sum": _sum,
    "min": _extreme,
    "max": _extreme,
    "least": _mark,
    "greatest": _mark,
    "firsts": _marks,
    "lasts": _marks,
}
