"""Evaluates expressions over a JSON file in Flink itself: `flink_select.py QUERY.json`; runs in Flink's environment.

QUERY.json: {"table": DDL, "select": [text, ...]}; prints one JSON array a row, every value as Flink prints it.
"""

import json
import os
import sys
from pathlib import Path

from pyflink.table import EnvironmentSettings, TableEnvironment


def main() -> None:
    """Print the rows."""
    query = json.loads(Path(sys.argv[1]).read_text())
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # Flink's client prints too
    table_env = TableEnvironment.create(EnvironmentSettings.in_batch_mode())
    table_env.get_config().set("table.local-time-zone", "UTC").set("parallelism.default", "1")
    table_env.execute_sql(query["table"])
    # Numbers as text, for text is what crosses from Java to Python unchanged.
    columns = ", ".join(f"CAST({text} AS STRING) AS `c{number}`" for number, text in enumerate(query["select"]))
    with table_env.execute_sql(f"SELECT `i`, {columns} FROM `t`").collect() as rows:
        for row in sorted(rows, key=lambda row: row[0]):
            print(json.dumps(list(row)[1:]), file=out)


if __name__ == "__main__":
    main()
