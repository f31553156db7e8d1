"""Partials as Flink SQL: what each takes from an event, and how it is aggregated."""

from collections.abc import Callable
from typing import Final

from millpond.plan.partials import MARKED, Partial, PartialFunction
from millpond.sql.dialects import FLINK
from millpond.sql.expressions import render

Aggregate = Callable[[str, Partial], str]


def _count(column: str, _partial: Partial) -> str:
    return f"COUNT({column})"


def _sum(column: str, partial: Partial) -> str:
    # SUM of nothing is null in SQL and 0 here; Flink gives decimal(38,s), of which the plan's type holds every sum.
    zero = FLINK.cast("'0'", partial.type)
    return f"COALESCE({FLINK.cast(f'SUM({column})', partial.type)}, {zero})"


def _extreme(function: str) -> Aggregate:
    return lambda column, _partial: f"{function}({column})"


def _some(function: str) -> Aggregate:
    return lambda column, partial: f"{function}({column}, {partial.most})"


def _tally(column: str, partial: Partial) -> str:
    return f"TALLY({column}, `ts`, {partial.most})"


AGGREGATES: Final[dict[PartialFunction, Aggregate]] = {
    "count": _count,
    "sum": _sum,
    "min": _extreme("MIN"),
    "max": _extreme("MAX"),
    # Flink compares texts by UTF-8 or UTF-16, as it happens to hold them; marks have the same order by either.
    "least": _extreme("MIN"),
    "greatest": _extreme("MAX"),
    "firsts": _some("FIRSTS"),
    "lasts": _some("LASTS"),
    "tally": _tally,
}


def taken(partial: Partial, column: Callable[[str], str]) -> str:
    """What a partial takes from one event: its value where its condition holds, else null; a plain count takes 1.

    Integers are summed as decimals, for a SUM of BIGINT wraps.
    """
    value = _value(partial, column)
    if partial.where is None:
        return value
    return f"CASE WHEN {render(partial.where, FLINK, column)} THEN {value} END"


def _value(partial: Partial, column: Callable[[str], str]) -> str:
    if partial.function in MARKED:
        told = [render(tree, FLINK, column) for tree in (*partial.order, *partial.fields)]
        if partial.bucketed:
            told = [f"BUCKET({value})" for value in told]
        return f"MARK({len(partial.order)}, {', '.join(told)})"
    if partial.value is None:
        return "1"
    value = render(partial.value, FLINK, column)
    if partial.power:
        return f"POWER_LIMB({value}, {partial.power}, {partial.limb})"
    if partial.function == "sum" and partial.value.type.kind == "int":
        return FLINK.cast(value, partial.value.type.as_decimal)
    return value


def aggregated(partial: Partial, column: str) -> str:
    """The partial over the column that holds what it takes."""
    return AGGREGATES[partial.function](column, partial)
