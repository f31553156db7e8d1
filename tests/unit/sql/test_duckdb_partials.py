"""Partials in DuckDB: every function and aggregation has its own, and powers are exact whatever their size."""

import random
from typing import get_args

import duckdb
import pytest

from millpond.offline.states import READ, state_of
from millpond.plan.aggregations import AGGREGATIONS, Operands
from millpond.plan.errors import DefinitionError
from millpond.plan.expr import Field
from millpond.plan.partials import PARTIAL_FUNCTIONS, PartialFunction, sums_of
from millpond.plan.types import INT, TIMESTAMP, Type
from millpond.sql.duckdb_partials import STATES, TAKEN, TALLIED, state, taken
from millpond.sql.quote import double_quoted


def test_every_function_and_every_aggregation_over_a_tally_has_its_sql() -> None:
    assert set(TAKEN) == set(PARTIAL_FUNCTIONS) == set(get_args(PartialFunction))
    assert set(STATES) == set(READ) == set(PARTIAL_FUNCTIONS) - {"tally"}
    assert set(TALLIED) == {kind for kind in AGGREGATIONS if "tally" in functions_of(kind)}


def functions_of(kind: str) -> set[str]:
    """The partials of an aggregation, over the first type that it is not refused over."""
    for type in (INT, Type.parse("string")):
        over = Operands(fields=(Field("x", type),), place=(Field("at", TIMESTAMP),), by=Field("x", type), most=1)
        try:
            return {partial.function for partial in AGGREGATIONS[kind].state(over)}
        except DefinitionError:
            continue
    raise AssertionError(f"{kind} is over nothing")


@pytest.mark.parametrize("power", [1, 2, 3, 4])
@pytest.mark.parametrize("type", ["int", "decimal(1,1)", "decimal(18,2)", "decimal(28,0)", "decimal(38,10)"])
def test_sums_of_powers_are_exact(type: str, power: int) -> None:
    parsed = Type.parse(type)
    digits = 18 if parsed.kind == "int" else parsed.precision
    draw = random.Random(type + str(power))
    most = 10**digits - 1
    numbers = [most, -most, most, 0, *(draw.randrange(-most, most + 1) for _ in range(20))]
    partials = sums_of(Field("x", parsed), power)
    column = "BIGINT" if parsed.kind == "int" else f"DECIMAL({parsed.precision}, {parsed.scale})"
    with duckdb.connect(config={"threads": 1}) as db:
        db.execute(f"CREATE TABLE t (x {column})")
        db.executemany("INSERT INTO t VALUES (CAST(? AS VARCHAR))", [[written(n, parsed.scale)] for n in numbers])
        db.execute("INSERT INTO t VALUES (NULL)")
        (partial, *rest) = partials
        query = f"SELECT {state(partial, 'c')} FROM (SELECT {taken(partial, double_quoted)} AS c FROM t)"
        ((found,),) = db.execute(query).fetchall()
        ((none,),) = db.execute(f"{query} WHERE c IS NULL").fetchall()
    total = state_of(partial, found)
    assert total == sum(n**power for n in numbers)
    assert state_of(partial, none) == 0
    assert all(limb.limb for limb in rest), "only the lowest one is asked for"


def written(number: int, scale: int) -> str:
    """A number without its point as the text of a decimal."""
    digits = str(abs(number)).rjust(scale + 1, "0")
    point = len(digits) - scale
    return ("-" if number < 0 else "") + digits[:point] + ("." + digits[point:] if scale else "")
