"""Expressions in a real Flink: every operation computes what plain Python does, and any text comes back."""

import json
import os
import subprocess
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from millpond.local import setup
from millpond.local.workspace import Workspace
from millpond.plan.types import Kind, Type
from millpond.sql.dialects import FLINK
from millpond.sql.expressions import render
from millpond.sql.functions import functions_in, registration
from millpond.sql.quote import backticked, flink_text
from tests.oracles.expressions import evaluate
from tests.unit.sql.trees import TEXTS, TYPES, rows, trees

CLIENT_OPTIONS: Final = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"  # as jobs/submit.py: it lives for seconds
SCRIPT: Final = Path(__file__).parent / "flink_select.py"


@pytest.mark.parametrize("seed", [101, 102])
def test_flink_computes_what_plain_python_does(seed: int, tmp_path: Path) -> None:
    data, made = rows(40, seed), trees(150, seed)
    texts = [render(tree, FLINK, backticked) for tree in made]
    found = in_flink(tmp_path, TYPES, data, texts)
    for tree, text, column in zip(made, texts, zip(*found, strict=True), strict=True):
        for row, printed in zip(data, column, strict=True):
            wanted = evaluate(tree, row)
            assert parsed(printed, tree.type) == wanted, f"{text}\n{row}\nfound {printed}, wanted {wanted!r}"


def test_any_text_comes_back_from_flink(tmp_path: Path) -> None:
    texts = [*TEXTS, *(f"a{chr(code)}'\\" for code in [*range(0x20), 0x7F, 0xA0, 0xAD, 0x2029, 0xFEFF, 0xE0001])]
    assert in_flink(tmp_path, TYPES, rows(1, seed=1), [flink_text(text) for text in texts]) == [texts]


def in_flink(folder: Path, types: dict[str, Type], data: list[dict[str, Any]], select: list[str]) -> list[list[Any]]:
    """One list a row."""
    (folder / "rows").mkdir()
    lines = [
        json.dumps({"i": i} | {name: _as_json(value) for name, value in row.items()}) for i, row in enumerate(data)
    ]
    (folder / "rows" / "rows.json").write_text("\n".join(lines))
    columns = ", ".join(f"{backticked(name)} {FLINK.type_name(type)}" for name, type in types.items())
    options = f"'connector' = 'filesystem', 'path' = {flink_text(str(folder / 'rows'))}, 'format' = 'json'"
    statements = [registration(name) for name in functions_in(select)]
    statements.append(f"CREATE TABLE `t` (`i` INT, {columns}) WITH ({options})")
    query = {"statements": statements, "select": select, "out": str(folder / "out")}
    (folder / "query.json").write_text(json.dumps(query))
    made = setup.ensure(Workspace.find())
    done = subprocess.run(
        [str(Workspace.find().flink_python), str(SCRIPT), str(folder / "query.json")],
        env={
            **os.environ,
            "FLINK_HOME": str(made.flink_home),
            "FLINK_LOG_DIR": str(folder),
            "JAVA_HOME": str(made.java_home),
            "JVM_ARGS": CLIENT_OPTIONS,
        },
        capture_output=True,
        text=True,
        timeout=420,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    written = [path for path in (folder / "out").iterdir() if path.is_file()]
    found = [json.loads(line) for path in written for line in path.read_text("utf-8").split("\n") if line]
    return [[row[f"c{number}"] for number in range(len(select))] for row in sorted(found, key=lambda row: row["i"])]


def _as_json(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value


def parsed(printed: str | None, type: Type) -> Any:
    """A value from the text Flink prints."""
    return None if printed is None else READ[type.kind](printed)


READ: Final[dict[Kind, Callable[[str], Any]]] = {
    "boolean": lambda printed: {"TRUE": True, "FALSE": False}[printed],
    "int": int,
    "timestamp": int,
    "double": float,
    "decimal": Decimal,
    "string": str,
}
