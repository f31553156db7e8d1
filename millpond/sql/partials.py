"""Partials as Flink SQL: what each takes from an event, and how it is aggregated."""

from collections.abc import Callable
from typing import Final

from millpond.plan.aggregations import Partial, PartialFunction
from millpond.plan.types import Type
from millpond.sql.dialects import FLINK
from millpond.sql.expressions import render

Aggregate = Callable[[str, Type], str]


def _count(column: str, _type: Type) -> str:
    return f"COUNT({column})"


def _sum(column: str, type: Type) -> str:
    # SUM of nothing is null in SQL and 0 here; Flink gives decimal(38,s), of which the plan's type holds every sum.
    zero = FLINK.cast("'0'", type)
    return f"COALESCE({FLINK.cast(f'SUM({column})', type)}, {zero})"


def _extreme(function: str) -> Aggregate:
    return lambda column, _type: f"{function}({column})"


AGGREGATES: Final[dict[PartialFunction, Aggregate]] = {
    "count": _count,
    "sum": _sum,
    "min": _extreme("MIN"),
    "max": _extreme("MAX"),
}


def taken(partial: Partial, column: Callable[[str], str]) -> str:
    """What a partial takes from one event: its value where its condition holds, else null; a plain count takes 1.

    Integers are summed as decimals, for a SUM of BIGINT wraps.
    """
    value = "1" if partial.value is None else render(partial.value, FLINK, column)
    if partial.function == "sum" and partial.value is not None and partial.value.type.kind == "int":
        value = FLINK.cast(value, partial.value.type.as_decimal)
    if partial.where is None:
        return value
    return f"CASE WHEN {render(partial.where, FLINK, column)} THEN {value} END"


def aggregated(partial: Partial, column: str) -> str:
    """The partial over the column that holds what it takes."""
    return AGGREGATES[partial.function](column, partial.type)
