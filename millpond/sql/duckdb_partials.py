"""Partials as DuckDB SQL: what each takes from an event, the state of many events, and what tallies come to.

Exact numbers stay exact: what is summed is a whole number of some DIGITS digits, of which 128 bits hold the sum of ten
million. A power of a wider one is multiplied out of pieces, as a polynomial in a power of ten:

    u = a + b P + c P**2
    u**2 = aa + 2ab P + (2ac + bb) P**2 + 2bc P**3 + cc P**4

A mark is a struct, which DuckDB orders as the mark is ordered: what it is ordered by, then each field behind whether it
is there. (A null inside a struct comes after every value, wherever NULLS FIRST is said.)
"""

import math
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from itertools import combinations_with_replacement
from typing import Final, NamedTuple

from millpond.plan.expr import Expr
from millpond.plan.model import FeaturePlan
from millpond.plan.partials import LIMB_DIGITS, Partial, PartialFunction
from millpond.sql.dialects import DUCKDB
from millpond.sql.duckdb_expressions import once
from millpond.sql.expressions import render

DIGITS: Final = LIMB_DIGITS
BUCKET: Final = "millpond_bucket"  # who runs this registers it: of a double the middle of its bucket

Column = Callable[[str], str]


# --- what is taken from an event ------------------------------------------------------------------------------------


def taken(partial: Partial, column: Column) -> str:
    """What a partial takes from one event; null where its condition does not hold."""
    value = TAKEN[partial.function](partial, column)
    if partial.where is None:
        return value
    return f"CASE WHEN {render(partial.where, DUCKDB, column)} THEN {value} END"


def _value(partial: Partial) -> Expr:
    assert partial.value is not None, "it is over an expression"
    return partial.value


def _counted(partial: Partial, column: Column) -> str:
    return "1" if partial.value is None else render(partial.value, DUCKDB, column)


def _number(partial: Partial, column: Column) -> str:
    return render(_value(partial), DUCKDB, column)


def _summed(partial: Partial, column: Column) -> str:
    return _power(partial, column) if partial.power else _number(partial, column)


def piece_digits(partial: Partial) -> int:
    """How many decimal digits lie between one digit of the power that a partial sums and the next."""
    return DIGITS // partial.power


def digits_of(partial: Partial) -> int:
    """How many such digits the power has."""
    return (_pieces(partial) - 1) * partial.power + 1


def _pieces(partial: Partial) -> int:
    return -(-_value(partial).type.as_decimal.precision // piece_digits(partial))


def _power(partial: Partial, column: Column) -> str:
    """The list of its digits, the lowest first; their signs are the number's."""
    size, places = piece_digits(partial), range(_pieces(partial))
    products: list[list[str]] = [[] for _ in range(digits_of(partial))]
    for chosen in combinations_with_replacement(places, partial.power):
        # Of so many orders of the pieces that are multiplied one is written.
        orders = math.factorial(partial.power) // math.prod(math.factorial(chosen.count(place)) for place in places)
        factors = [f"{{0}}[{place + 1}]" for place in chosen]
        products[sum(chosen)].append(" * ".join([*factors, *([str(orders)] if orders > 1 else [])]))
    whole = f"CAST(replace(CAST({_number(partial, column)} AS VARCHAR), '.', '') AS HUGEINT)"
    cut = once(lambda u: _listed(f"{u} // {10 ** (size * place)} % {10**size}" for place in places), whole)
    digits = once(lambda pieces: _listed(" + ".join(some).format(pieces) for some in products), cut)
    return f"CASE WHEN {_number(partial, column)} IS NOT NULL THEN {digits} END"


def _listed(texts: Iterable[str]) -> str:
    return f"[{', '.join(texts)}]"


def _mark(partial: Partial, column: Column) -> str:
    order, fields = ([_ordered(tree, column) for tree in trees] for trees in (partial.order, partial.fields))
    parts = [f"o{place}: {value}" for place, value in enumerate(order)]
    parts += [f"h{place}: {value} IS NOT NULL, f{place}: {value}" for place, value in enumerate(fields)]
    known = [f"{value} IS NOT NULL" for value in order]
    if fields:
        known.append(f"COALESCE({', '.join(f'CAST({value} AS VARCHAR)' for value in fields)}) IS NOT NULL")
    return f"CASE WHEN {' AND '.join(known)} THEN {{{', '.join(parts)}}} END"


def _tallied(partial: Partial, column: Column) -> str:
    (tree,) = partial.order
    value = _ordered(tree, column)
    return f"{BUCKET}({value})" if partial.bucketed else value


def _ordered(tree: Expr, column: Column) -> str:
    """A value; of a double -0.0 is 0.0."""
    value = render(tree, DUCKDB, column)
    return f"({value} + CAST(0 AS DOUBLE))" if tree.type.kind == "double" else value


TAKEN: Final[Mapping[PartialFunction, Callable[[Partial, Column], str]]] = {
    "count": _counted,
    "sum": _summed,
    "min": _number,
    "max": _number,
    "least": _mark,
    "greatest": _mark,
    "firsts": _mark,
    "lasts": _mark,
    "tally": _tallied,
}


# --- the state of many events ---------------------------------------------------------------------------------------


def state(partial: Partial, column: str) -> str:
    """The aggregate over the column that holds what a partial takes; null over nothing. A tally has none."""
    return STATES[partial.function](column, partial)


def _sum(column: str, partial: Partial) -> str:
    if partial.power:
        return _listed(f"sum({column}[{place + 1}])" for place in range(digits_of(partial)))
    # Kahan's: of doubles that cancel a plain sum is further off.
    return f"fsum({column})" if partial.type.kind == "double" else f"sum({column})"


def _called(name: str) -> Callable[[str, Partial], str]:
    return lambda column, _partial: f"{name}({column})"


def _some(name: str) -> Callable[[str, Partial], str]:
    return lambda column, partial: f"{name}({column}, {partial.most})"


STATES: Final[Mapping[PartialFunction, Callable[[str, Partial], str]]] = {
    "count": _called("count"),
    "sum": _sum,
    "min": _called("min"),
    "max": _called("max"),
    "least": _called("min"),
    "greatest": _called("max"),
    "firsts": _some("min"),
    "lasts": _some("max"),
}


# --- tallies --------------------------------------------------------------------------------------------------------


class Finish(NamedTuple):
    """How a feature is answered from a tally.

    Attributes:
        told: of a value, over the tiles that met it: whether it is one that counts.
        answer: over the values: x, n, told, and of all values up to it and all there are upto and total.
    """

    told: Callable[[FeaturePlan], str]
    answer: Callable[[FeaturePlan], str]


def tallied(feature: FeaturePlan, partial: Partial, picked: str, column: str) -> str:
    """The query of (ask, answer, capped) of a feature over a tally; no row for who has none.

    As in tiles, of each those values are kept that come first, and capped says that there were more.

    Args:
        picked: a query with a row for each of the asked and event of its window: ask, q, ts, and the column.
        column: holds what the partial takes.
    """
    finish = TALLIED[feature.aggregation]
    return f"""
        WITH picked AS ({picked}), met AS (
            SELECT ask, q, ts // {feature.level_ms} AS tile, {column} AS x,
                count(*) AS n, min(ts) AS earliest, max(ts) AS latest
            FROM picked WHERE {column} IS NOT NULL GROUP BY ALL
        ), kept AS (
            SELECT *, count(*) OVER (PARTITION BY ask, tile) > {partial.most} AS capped
            FROM met QUALIFY row_number() OVER (PARTITION BY ask, tile ORDER BY x) <= {partial.most}
        ), counted AS (
            SELECT ask, x, sum(n) AS n, {finish.told(feature)} AS told, bool_or(capped) AS capped
            FROM kept GROUP BY ask, x
        ), ranked AS (
            SELECT *, sum(n) OVER (PARTITION BY ask ORDER BY x) AS upto, sum(n) OVER (PARTITION BY ask) AS total
            FROM counted
        )
        SELECT ask, {finish.answer(feature)} AS answer, bool_or(capped) FROM ranked GROUP BY ask
    """


def _every(_feature: FeaturePlan) -> str:
    return "TRUE"


def _of_window(feature: FeaturePlan) -> str:
    """Of an undelayed window what was met in (q - W, q], whatever the tiles: each tells when it was met last."""
    if feature.window.size_ms is None or feature.window.delay_ms:
        return "TRUE"
    return f"bool_or(latest > q - {feature.window.size_ms})"


def _new(feature: FeaturePlan) -> str:
    """Met in (q - W, q] and not in [q - keep, q - W]."""
    before = f"earliest <= q - {feature.window.size_ms} AND latest >= q - {feature.parameters.keep_ms}"
    return f"{_of_window(feature)} AND NOT bool_or({before})"


def _told(_feature: FeaturePlan) -> str:
    return "count(*) FILTER (WHERE told)"


def _top(feature: FeaturePlan) -> str:
    return f"list(x ORDER BY n DESC, x)[1:{feature.parameters.k}]"


def _counts(_feature: FeaturePlan) -> str:
    return "list({x: x, n: n} ORDER BY x)"


def _at_rank(feature: FeaturePlan) -> str:
    """The value of rank floor(p (n - 1)), from 0."""
    p = Fraction(feature.parameters.p)
    return f"min(x) FILTER (WHERE upto > {p.numerator} * (total - 1) // {p.denominator})"


TALLIED: Final[Mapping[str, Finish]] = {
    "count_distinct": Finish(_of_window, _told),
    "count_new": Finish(_new, _told),
    "top_k": Finish(_every, _top),
    "value_counts": Finish(_every, _counts),
    "quantile": Finish(_every, _at_rank),
}
