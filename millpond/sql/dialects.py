"""The two engines' ways of writing."""

from typing import Final

from millpond.sql.expressions import Dialect
from millpond.sql.quote import backticked, double_quoted, duckdb_text, flink_text

FLINK: Final = Dialect(
    identifier=backticked,
    text=flink_text,
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
    types={
        "int": "BIGINT",
        "timestamp": "BIGINT",  # milliseconds UTC
        "decimal": "DECIMAL",
        "double": "DOUBLE",
        "string": "VARCHAR",
        "boolean": "BOOLEAN",
    },
)
