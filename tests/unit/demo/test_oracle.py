"""The oracle itself, against lines small enough to reckon in the head."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.oracles.retail import RetailOracle

LINES = """
    (7, 406, 11, 501, 1,   3.00, 1.00, 0.50, '2017-01-05 09:00:00'),
    (7,  31, 12, 501, 2,   8.00, 0.00, 0.00, '2017-02-08 23:59:59'),
    (7, 406, 13, 502, 6,   0.10, 0.00, 0.25, '2017-02-09 00:00:00'),
    (8, 406, 14, 501, 1,   0.00, 0.00, 0.00, '2017-03-10 19:05:59'),
    (7, 406, 15, 502, 7,   0.20, 0.00, 0.00, '2017-03-10 19:06:00'),
    (8, 406, 16, 501, 1,  99.00, 0.00, 0.00, '2017-03-10 20:05:30')
"""


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.fixture
def oracle(tmp_path: Path) -> RetailOracle:
    path = tmp_path / "transactions.parquet"
    duckdb.execute(f"""
        COPY (
            SELECT household_id, store_id, basket_id, product_id, quantity, sales_value::DOUBLE AS sales_value,
                   retail_disc::DOUBLE AS retail_disc, coupon_disc::DOUBLE AS coupon_disc,
                   stamp::TIMESTAMP AS transaction_timestamp
            FROM (VALUES {LINES}) AS line(household_id, store_id, basket_id, product_id, quantity, sales_value,
                                          retail_disc, coupon_disc, stamp)
        ) TO '{path}' (FORMAT parquet)
    """)
    return RetailOracle(path)


def test_the_head_is_current_to_the_millisecond(oracle: RetailOracle) -> None:
    last = at("2017-03-10 20:05:30")
    before = oracle.answers("store", [(406,)], at=last - 1, lines=6)[406,]
    exactly = oracle.answers("store", [(406,)], at=last, lines=6)[406,]
    assert (before["revenue_1h"], exactly["revenue_1h"]) == (
        (Decimal("0.20"), "present"),
        (Decimal("99.20"), "present"),
    )


def test_the_tail_is_rounded_down_to_the_tile(oracle: RetailOracle) -> None:
    # lo = floor(19:06:30.000 + 1 ms) to the minute = 19:06:00: the line of 19:05:59 is out, that of 19:06:00 is in.
    found = oracle.answers("store", [(406,)], at=at("2017-03-10 20:06:29"), lines=6)[406,]
    assert found["lines_1h"] == (2, "present")
    # A day tile: a 30-day window at any time of March 10th begins with February 8th.
    found = oracle.answers("household", [(7,)], at=at("2017-03-10 20:06:29"), lines=6)[7,]
    assert found["lines_30d"] == (3, "present")
    assert found["mean_line_30d"] == (2.7666666666666666, "present")
    assert found["saved_30d"] == (Decimal("0.25"), "present")


def test_a_delayed_window_ends_with_a_tile(oracle: RetailOracle) -> None:
    # At March 10th, 30 days delayed by 30: January 9th to February 8th, days that are over by then.
    found = oracle.answers("household", [(7,)], at=at("2017-03-10 20:06:29"), lines=6)[7,]
    assert found["spend_30d_delayed_30d"] == (Decimal("0.00"), "empty")
    found = oracle.answers("household", [(7,)], at=at("2017-03-11 00:00:00"), lines=6)[7,]
    assert found["spend_30d_delayed_30d"] == (Decimal("8.00"), "present")


def test_later_lines_have_not_happened(oracle: RetailOracle) -> None:
    found = oracle.answers("household", [(8,)], at=at("2017-03-11 00:00:00"), lines=5)[8,]
    assert found["lines_lifetime"] == (1, "present")
    assert found["dearest_line_90d"] == (Decimal("0.00"), "present")


def test_a_window_is_empty_when_no_event_lies_in_it_whatever_the_condition(oracle: RetailOracle) -> None:
    found = oracle.answers("store", [(406,), (999,)], at=at("2017-03-10 19:06:30"), lines=6)
    assert found[406,]["free_lines_7d"] == (1, "present")
    assert found[406,]["revenue_7d_delayed_7d"] == (Decimal("0.00"), "empty")
    assert set(found[999,].values()) == {(0, "empty"), (Decimal("0.00"), "empty"), (None, "empty")}


def test_keys_of_several_columns_are_kept_apart(oracle: RetailOracle) -> None:
    found = oracle.answers("household_store", [(7, 406), (7, 31), (8, 31)], at=at("2017-03-10 23:00:00"), lines=6)
    assert [found[key]["lines_lifetime"][0] for key in ((7, 406), (7, 31), (8, 31))] == [3, 1, 0]


def test_text_keys_and_quantities(oracle: RetailOracle) -> None:
    found = oracle.answers("product", [("502",), ("no such",)], at=at("2017-03-10 23:00:00"), lines=6)
    assert found["502",]["units_30d"] == (13, "present")
    assert found["502",]["multi_buys_30d"] == (1, "present")
    assert found["no such",]["units_30d"] == (0, "empty")
