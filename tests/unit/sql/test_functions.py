"""The one registry of our Java functions."""

from pathlib import Path

from millpond.sql.functions import FUNCTIONS, functions_in, registration

JAVA = Path(__file__).parents[3] / "jobs" / "java"


def test_every_function_has_its_class_and_every_scalar_function_its_name() -> None:
    scalar = [path for path in JAVA.rglob("*.java") if "extends ScalarFunction" in path.read_text("utf-8")]

    assert sorted(FUNCTIONS.values()) == sorted(f"millpond.{path.stem}" for path in scalar)


def test_a_job_registers_what_its_text_calls() -> None:
    assert functions_in(["SELECT TEXT_LENGTH(`a`)", "SELECT `AVRO_DECODE`(`b`), FINITE"]) == [
        "AVRO_DECODE",
        "TEXT_LENGTH",
    ]
    assert registration("MARK") == "CREATE TEMPORARY FUNCTION `MARK` AS 'millpond.Mark' LANGUAGE JAVA"
