"""The two engines' ways of writing."""

from typing import Final

from millpond.sql import duckdb_expressions, flink_expressions
from millpond.sql.expressions import Dialect
from millpond.sql.quote import backticked, double_quoted, duckdb_text, flink_text

FLINK: Final = Dialect(
    identifier=backticked,
    text=flink_text,
    finite=flink_expressions.finite,
    rules=flink_expressions.RULES,
    casts=flink_expressions.CASTS,
    try_casts=flink_expressions.TRY_CASTS,
    types={
        "int": "BIGINT",
        "timestamp": "BIGINT",  # milliseconds UTC
        "decimal": "DECIMAL",
        "double": "DOUBLE",
        "string": "STRING",
        "boolean": "BOOLEAN",
    },
)

DUCKDB: Final = Dialect(
    identifier=double_quoted,
    text=duckdb_text,
    finite=duckdb_expressions.finite,
    rules=duckdb_expressions.RULES,
    casts=duckdb_expressions.CASTS,
    try_casts=duckdb_expressions.TRY_CASTS,
    types={
        "int": "BIGINT",
        "timestamp": "BIGINT",  # milliseconds UTC
        "decimal": "DECIMAL",
        "double": "DOUBLE",
        "string": "VARCHAR",
        "boolean": "BOOLEAN",
    },
)
