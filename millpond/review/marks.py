"""How long marks are; see algebra/marks.py for their form."""

from collections.abc import Callable

from millpond.plan.errors import PlanError
from millpond.plan.expr import Expr
from millpond.plan.partials import MARKED, Partial
from millpond.plan.types import Type

_HEXADECIMAL = {"int": 16, "timestamp": 16, "double": 16, "decimal": 32, "boolean": 1}
_END = 2  # of a text


def fixed_bytes(type: Type) -> int:
    """Of a value in a mark, without what a text itself is long.

    Raises:
        PlanError: no mark holds such a value.
    """
    if type.kind == "string":
        return _END
    if type.kind not in _HEXADECIMAL:
        raise PlanError(f"no mark holds a {type}")
    return _HEXADECIMAL[type.kind]


def mark_bytes(partial: Partial, text: Callable[[Expr], float]) -> float:
    """Of one mark of a partial; each field has a 0 or 1 before it.

    Args:
        text: the length of an expression that is a text, bytes of UTF-8.
    """
    trees = (*partial.order, *partial.fields)
    told = sum(fixed_bytes(tree.type) + (text(tree) if tree.type.kind == "string" else 0.0) for tree in trees)
    return told + len(partial.fields)


def marked(partials: tuple[Partial, ...]) -> tuple[Partial, ...]:
    """Those that keep marks."""
    return tuple(partial for partial in partials if partial.function in MARKED)
