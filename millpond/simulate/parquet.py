"""Text as Parquet: DuckDB reads it in far less time than rows one by one."""

from collections.abc import Mapping
from pathlib import Path

import duckdb


def text_to_parquet(text: Path, columns: Mapping[str, str], out: Path, *, select: str = "*") -> None:
    """Write a CSV file's rows, in their order, as a Parquet file; the text is removed.

    Args:
        text: without a header.
        columns: name -> DuckDB type, in order.
        out: the file to write.
        select: what of these, as SQL.
    """
    with duckdb.connect() as db:
        found = db.read_csv(str(text), header=False, columns=dict(columns), auto_detect=False)
        found.project(select).write_parquet(str(out), compression="zstd")
    text.unlink()
