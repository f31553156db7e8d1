"""Expressions: every operation has a rule, and DuckDB computes what plain Python does."""

from decimal import Decimal
from typing import Any, get_args

import duckdb
import pytest

from millpond.plan.errors import PlanError
from millpond.plan.expr import CASTS, Call, Constant, Field, constant, decimal_constant
from millpond.plan.operations import OPERATIONS, TRY_CASTS, call, cast_to
from millpond.plan.partials import PARTIAL_FUNCTIONS
from millpond.plan.types import DOUBLE, INT, STRING, Kind, Type
from millpond.sql.dialects import DUCKDB, FLINK
from millpond.sql.expressions import LITERALS, RULES, render
from millpond.sql.partials import AGGREGATES
from tests.oracles.expressions import evaluate
from tests.unit.sql.jobs import CENTS
from tests.unit.sql.trees import FIELDS, TYPES, rows, trees

SUM_OF_CENTS = (
    "CAST((CAST(CAST(`a` AS DECIMAL(11, 2)) AS DECIMAL(10, 2)) + "
    "CAST(CAST(`b` AS DECIMAL(11, 2)) AS DECIMAL(10, 2))) AS DECIMAL(11, 2))"
)


def test_every_operation_cast_and_type_of_the_plan_has_its_sql() -> None:
    assert set(LITERALS) == set(get_args(Kind))
    assert set(AGGREGATES) == set(PARTIAL_FUNCTIONS)
    for dialect in (FLINK, DUCKDB):
        assert set(dialect.types) == set(get_args(Kind))
        assert sorted([*RULES, *dialect.rules]) == sorted(OPERATIONS)  # none twice
        assert set(dialect.casts) == CASTS
        assert set(dialect.try_casts) == TRY_CASTS


def test_an_unknown_operation_is_refused_by_name() -> None:
    with pytest.raises(PlanError, match="'soundex'"):
        render(Call("soundex", STRING, (FIELDS["text"],)), DUCKDB, DUCKDB.identifier)


@pytest.mark.parametrize("seed", range(4))
def test_duckdb_computes_what_plain_python_does(seed: int) -> None:
    data, made = rows(40, seed), trees(150, seed)
    found = in_duckdb(data, [render(tree, DUCKDB, DUCKDB.identifier) for tree in made])
    for tree, column in zip(made, found, strict=True):
        for row, value in zip(data, column, strict=True):
            wanted = evaluate(tree, row)
            assert same(value, wanted), f"{tree}\n{row}\nfound {value!r}, wanted {wanted!r}"


@pytest.mark.parametrize(
    ("tree", "flink", "duckdb_text"),
    [
        (constant(-(2**63), INT), "CAST(-9223372036854775808 AS BIGINT)", "CAST(-9223372036854775808 AS BIGINT)"),
        (constant(5e-324, DOUBLE), "CAST('5e-324' AS DOUBLE)", "CAST('5e-324' AS DOUBLE)"),
        (decimal_constant(Decimal("-9.99")), "CAST('-9.99' AS DECIMAL(3, 2))", "CAST('-9.99' AS DECIMAL(3, 2))"),
        (constant("o'clock", STRING), "'o''clock'", "'o''clock'"),
        (constant("nul\0", STRING), "U&'nul\\0000'", "('nul' || chr(0) || '')"),
        (Field('odd"`', STRING), '`odd"```', '"odd""`"'),
        (
            call("eq", Field("a", CENTS), Field("b", Type.parse("decimal(4,3)"))),
            "(CAST(`a` AS DECIMAL(11, 3)) = CAST(`b` AS DECIMAL(11, 3)))",
            '(CAST("a" AS DECIMAL(11, 3)) = CAST("b" AS DECIMAL(11, 3)))',
        ),
        (
            call("add", Field("a", CENTS), Field("b", CENTS)),
            SUM_OF_CENTS,
            SUM_OF_CENTS.replace("`", '"'),
        ),
        (
            call("mul", Field("a", CENTS), Field("b", CENTS)),
            "CAST((CAST(`a` AS DECIMAL(19, 2)) * `b`) AS DECIMAL(20, 4))",
            'CAST((CAST("a" AS DECIMAL(19, 2)) * "b") AS DECIMAL(20, 4))',
        ),
        # Here Flink is told otherwise, for it would be wrong.
        (
            call("lt", FIELDS["text"], constant("b", STRING)),
            "(TEXT_ORDER(`text`, 'b') < 0)",
            "(\"text\" < 'b')",
        ),
        (
            call("eq", FIELDS["real"], constant(-0.0, DOUBLE)),
            "(UNSIGNED_ZERO(`real`) = CAST('0.0' AS DOUBLE))",
            "(\"real\" = CAST('-0.0' AS DOUBLE))",
        ),
        (
            call("in", FIELDS["real"], constant(0.0, DOUBLE), constant(2.5, DOUBLE)),
            "(UNSIGNED_ZERO(`real`) IN (CAST('0.0' AS DOUBLE), CAST('2.5' AS DOUBLE)))",
            "(\"real\" IN (CAST('0.0' AS DOUBLE), CAST('2.5' AS DOUBLE)))",
        ),
        (cast_to(FIELDS["cents"], DOUBLE), "TO_DOUBLE(`cents`)", 'CAST("cents" AS DOUBLE)'),
        (cast_to(FIELDS["rate"], DOUBLE), "TO_DOUBLE(`rate`)", 'CAST(CAST("rate" AS VARCHAR) AS DOUBLE)'),
        (
            call("case", FIELDS["yes"], constant("a", STRING), constant("abc", STRING)),
            "CASE WHEN `yes` THEN CAST('a' AS STRING) ELSE CAST('abc' AS STRING) END",
            "CASE WHEN \"yes\" THEN CAST('a' AS VARCHAR) ELSE CAST('abc' AS VARCHAR) END",
        ),
        (
            call("div", call("div", FIELDS["real"], FIELDS["other"]), FIELDS["real"]),
            "FINITE((FINITE((`real` / `other`)) / `real`))",
            (
                'list_transform([{\'a0\': (CASE WHEN ABS(("real" / "other")) <= 1.7976931348623157E308 '
                'THEN ("real" / "other") END / "real")}], '
                "lambda once: CASE WHEN ABS(once.a0) <= 1.7976931348623157E308 THEN once.a0 END)[1]"
            ),
        ),
    ],
)
def test_what_people_read(tree: Field | Constant | Call, flink: str, duckdb_text: str) -> None:
    assert render(tree, FLINK, FLINK.identifier) == flink
    assert render(tree, DUCKDB, DUCKDB.identifier) == duckdb_text


def in_duckdb(data: list[dict[str, Any]], texts: list[str]) -> list[list[Any]]:
    """One column an expression."""
    connection = duckdb.connect()
    columns = ", ".join(f"{DUCKDB.identifier(name)} {DUCKDB.type_name(type)}" for name, type in TYPES.items())
    connection.execute(f"CREATE TABLE t (i INTEGER, {columns})")
    marks = ", ".join("?" for _ in range(len(TYPES) + 1))
    connection.executemany(f"INSERT INTO t VALUES ({marks})", [[i, *row.values()] for i, row in enumerate(data)])
    selected = ", ".join(f"{text} AS c{i}" for i, text in enumerate(texts))
    result = connection.execute(f"SELECT {selected} FROM t ORDER BY i").fetchall()
    return [list(column) for column in zip(*result, strict=True)]


def same(found: Any, wanted: Any) -> bool:
    """Equal, and of one sort: a boolean is not a number."""
    return found == wanted and isinstance(found, bool) == isinstance(wanted, bool)


def test_the_helper_tells_values_apart() -> None:
    assert same(None, None)
    assert not same(None, 0)
    assert not same(True, 1)
    assert not same(1.5, Decimal("1.50001"))


def test_a_deep_expression_is_not_written_out_twice_a_level() -> None:
    tree: Field | Constant | Call = FIELDS["real"]
    for _ in range(30):
        tree = call("add", tree, FIELDS["other"])
    for dialect in (FLINK, DUCKDB):
        assert len(render(tree, dialect, dialect.identifier)) < 5000
