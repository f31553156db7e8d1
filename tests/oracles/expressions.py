"""Expression trees computed in plain Python: exact for exact numbers, IEEE for doubles, three-valued for booleans.

A tree has `op` and `args`, or `value`, or `name`, and a `type` with its `kind`; nothing of millpond is imported.
Exact values are Decimals or ints, a missing value is None.
"""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from decimal import Context, Decimal
from typing import Any

_WIDE = Context(prec=200)


def evaluate(tree: Any, row: Mapping[str, Any]) -> Any:
    """The value of a tree over one event."""
    if hasattr(tree, "op"):
        if tree.op in _LAZY:
            return _LAZY[tree.op]([evaluate(arg, row) for arg in tree.args])
        args = [evaluate(arg, row) for arg in tree.args]
        return None if any(arg is None for arg in args) else _STRICT[tree.op](args, tree.type)
    if hasattr(tree, "name"):
        return row[tree.name]
    return Decimal(tree.value) if tree.type.kind == "decimal" else tree.value


def _and(args: Sequence[Any]) -> Any:
    return False if False in args else None if None in args else True


def _or(args: Sequence[Any]) -> Any:
    return True if True in args else None if None in args else False


def _is_null(args: Sequence[Any]) -> Any:
    return args[0] is None


def _in(args: Sequence[Any]) -> Any:
    return None if args[0] is None else args[0] in args[1:]


_LAZY: dict[str, Callable[[Sequence[Any]], Any]] = {"and": _and, "or": _or, "is_null": _is_null, "in": _in}


def _compare(relation: Callable[[Any, Any], bool]) -> Callable[[Sequence[Any], Any], Any]:
    def compute(args: Sequence[Any], _type: Any) -> Any:
        left, right = (arg.encode() if isinstance(arg, str) else arg for arg in args)  # by bytes of UTF-8
        return relation(left, right)

    return compute


def _arithmetic(
    exact: Callable[[Decimal, Decimal], Decimal], double: Callable[[float, float], float]
) -> Callable[[Sequence[Any], Any], Any]:
    def compute(args: Sequence[Any], type: Any) -> Any:
        if type.kind == "double":
            return _finite(double(args[0], args[1]))
        return exact(Decimal(args[0]), Decimal(args[1]))

    return compute


def _div(args: Sequence[Any], _type: Any) -> Any:
    return None if args[1] == 0 else _finite(args[0] / args[1])


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _neg(args: Sequence[Any], _type: Any) -> Any:
    return -args[0] if isinstance(args[0], float) else _WIDE.minus(Decimal(args[0]))


def _cast(args: Sequence[Any], type: Any) -> Any:
    return float(args[0]) if type.kind == "double" else Decimal(args[0])


_STRICT: dict[str, Callable[[Sequence[Any], Any], Any]] = {
    "eq": _compare(operator.eq),
    "ne": _compare(operator.ne),
    "lt": _compare(operator.lt),
    "le": _compare(operator.le),
    "gt": _compare(operator.gt),
    "ge": _compare(operator.ge),
    "not": lambda args, _type: not args[0],
    "add": _arithmetic(_WIDE.add, operator.add),
    "sub": _arithmetic(_WIDE.subtract, operator.sub),
    "mul": _arithmetic(_WIDE.multiply, operator.mul),
    "div": _div,
    "neg": _neg,
    "cast": _cast,
}
