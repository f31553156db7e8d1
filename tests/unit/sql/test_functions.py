"""The one registry of our Java functions."""

import re
from pathlib import Path

from millpond.sql.functions import FUNCTIONS, functions_in, registration

JAVA = Path(__file__).parents[3] / "jobs" / "java"


def test_every_function_has_its_class_and_every_class_of_a_function_its_name() -> None:
    a_function = re.compile(r"public final class \w+ extends (ScalarFunction|AggregateFunction|Kept)\b")
    classes = [path for path in JAVA.rglob("*.java") if a_function.search(path.read_text("utf-8"))]

    assert sorted(FUNCTIONS.values()) == sorted(f"millpond.{path.stem}" for path in classes)


def test_a_job_registers_what_its_text_calls() -> None:
    assert functions_in(["SELECT TEXT_LENGTH(`a`)", "SELECT `AVRO_DECODE`(`b`), FINITE"]) == [
        "AVRO_DECODE",
        "TEXT_LENGTH",
    ]
    assert registration("MARK") == "CREATE TEMPORARY FUNCTION `MARK` AS 'millpond.Mark' LANGUAGE JAVA"
