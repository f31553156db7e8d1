"""What partials take from an event, where only Flink would tell the difference."""

from millpond.sql.partials import aggregated, taken
from tests.unit.sql.jobs import PARTIALS

BY_NAME = {partial.name: partial for partial in PARTIALS}


def test_integers_are_summed_as_decimals_for_a_sum_of_bigint_wraps() -> None:
    """DuckDB's sum of BIGINT does not wrap: there is nothing to be seen by running it there."""
    one = BY_NAME["pieces_sum"]
    assert "THEN CAST(`pieces` AS DECIMAL(19, 0)) END" in taken(one, lambda name: f"`{name}`")
    assert aggregated(one, "`x`") == "COALESCE(CAST(SUM(`x`) AS DECIMAL(29, 0)), CAST('0' AS DECIMAL(29, 0)))"
