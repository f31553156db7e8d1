"""Every operation over values at the edges: DuckDB computes what our evaluator does. Flink: `tests/integration`."""

from typing import Any

import duckdb
import pytest

from millpond.algebra.evaluate import evaluate
from millpond.sql.dialects import DUCKDB
from millpond.sql.expressions import render
from tests.unit.sql import expressions_page
from tests.unit.sql.boundary import TYPES, Case, cases, nested, rows


@pytest.fixture(scope="module")
def table() -> "duckdb.DuckDBPyConnection":
    db = duckdb.connect(config={"threads": 1})
    columns = ", ".join(f"{DUCKDB.identifier(name)} {DUCKDB.type_name(type)}" for name, type in TYPES.items())
    db.execute(f"CREATE TABLE t (i INTEGER, {columns})")
    marks = ", ".join("?" for _ in range(len(TYPES) + 1))
    db.executemany(f"INSERT INTO t VALUES ({marks})", [[i, *row.values()] for i, row in enumerate(rows())])
    return db


@pytest.mark.parametrize("case", [*cases(), *nested(250, seed=1)], ids=lambda case: case.spelling)
def test_duckdb_computes_what_we_do(table: "duckdb.DuckDBPyConnection", case: Case) -> None:
    text = render(case.tree, DUCKDB, DUCKDB.identifier)
    (kind,) = table.execute(f"SELECT DISTINCT typeof({text}) FROM t").fetchone() or ("",)
    assert kind.replace(",", ", ") == DUCKDB.type_name(case.tree.type)
    found: list[tuple[Any, ...]] = table.execute(f"SELECT {text} FROM t ORDER BY i").fetchall()
    wrong = [
        (case.told(row), value, wanted)
        for row, (value,) in zip(rows(), found, strict=True)
        if not case.equal(value, wanted := evaluate(case.tree, row))
    ]
    assert not wrong, f"{text}\n{wrong[:5]}"


def test_the_page_is_that_of_the_table() -> None:
    assert {case.operation for case in cases()} == expressions_page.NOTES.keys()
    assert expressions_page.PAGE.read_text("utf-8") == expressions_page.text()
