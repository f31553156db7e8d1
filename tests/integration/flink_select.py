"""Evaluates expressions over a JSON file in Flink itself: `flink_select.py QUERY.json`; runs in Flink's environment.

QUERY.json: {"statements": [DDL, ...], "select": [text, ...], "out": FOLDER}. Files in the folder get one JSON object a
row: the row's `i`, and every value as Flink prints it, `c0`, `c1`, …
"""

import json
import sys
from pathlib import Path

from pyflink.table import EnvironmentSettings, TableEnvironment


def main() -> None:
    """Write the rows."""
    query = json.loads(Path(sys.argv[1]).read_text())
    table_env = TableEnvironment.create(EnvironmentSettings.in_batch_mode())
    table_env.get_config().set("table.local-time-zone", "UTC").set("parallelism.default", "1")
    for statement in query["statements"]:
        table_env.execute_sql(statement)
    names = [f"`c{number}`" for number in range(len(query["select"]))]
    # Into a file: a row that is collected crosses to Python value by value, which takes minutes for a quarter million.
    table_env.execute_sql(
        f"CREATE TABLE `out` (`i` INT, {', '.join(f'{name} STRING' for name in names)}) WITH "
        f"('connector' = 'filesystem', 'path' = '{query['out']}', 'format' = 'json')"
    )
    # Numbers as text, for text is what comes back unchanged.
    columns = ", ".join(f"CAST({text} AS STRING)" for text in query["select"])
    table_env.execute_sql(f"INSERT INTO `out` SELECT `i`, {columns} FROM `t`").wait()


if __name__ == "__main__":
    main()
