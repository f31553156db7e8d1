"""The table: what each aggregation holds and gives."""

import pytest
from hypothesis import given

from millpond.plan.aggregations import AGGREGATIONS, FRAGMENT_KINDS, Operands
from millpond.plan.errors import DefinitionError
from millpond.plan.expr import Field
from millpond.plan.partials import LIMB, sums_of
from millpond.plan.types import BOOLEAN, DOUBLE, INT, MAX_DIGITS, STRING, SUM_HEADROOM, TIMESTAMP, Type
from tests.unit.plan.test_types import TYPES

MONEY = Type.parse("decimal(18,2)")


@pytest.mark.parametrize(
    ("name", "over", "result"),
    [
        ("count", None, INT),
        ("sum", INT, INT),
        ("sum", MONEY, Type.parse("decimal(38,2)")),
        ("sum", DOUBLE, DOUBLE),
        ("mean", INT, DOUBLE),
        ("mean", MONEY, DOUBLE),
        ("min", MONEY, MONEY),
        ("max", TIMESTAMP, TIMESTAMP),
        ("min", INT, INT),
        ("sum", Type.parse("decimal(38,4)"), Type.parse("decimal(38,4)")),
        ("last_k", MONEY, Type.parse("list(decimal(18,2))")),
        ("top_k", STRING, Type.parse("list(string)")),
        ("value_counts", INT, Type.parse("counts(int)")),
        ("quantile", MONEY, DOUBLE),
        ("count_distinct", STRING, INT),
    ],
)
def test_the_result_follows_from_the_expression(name: str, over: Type | None, result: Type) -> None:
    assert AGGREGATIONS[name].result(over) == result


@pytest.mark.parametrize(
    ("name", "over"),
    [("sum", STRING), ("sum", BOOLEAN), ("mean", STRING), ("mean", BOOLEAN), ("min", BOOLEAN), ("max", BOOLEAN)],
)
def test_what_has_no_sum_or_order_is_refused(name: str, over: Type) -> None:
    with pytest.raises(DefinitionError):
        AGGREGATIONS[name].result(over)


@pytest.mark.parametrize("name", ["var", "std", "skew", "kurtosis"])
@pytest.mark.parametrize("over", [STRING, BOOLEAN, DOUBLE, TIMESTAMP])
def test_moments_are_those_of_exact_numbers(name: str, over: Type) -> None:
    with pytest.raises(DefinitionError, match="not exact"):
        AGGREGATIONS[name].state(Operands(fields=(Field("x", over),), place=()))


@pytest.mark.parametrize(("over", "columns"), [(INT, 10), (MONEY, 9), (Type.parse("decimal(7,2)"), 5)])
def test_a_power_that_no_decimal_holds_is_summed_in_limbs(over: Type, columns: int) -> None:
    partials = AGGREGATIONS["kurtosis"].state(Operands(fields=(Field("x", over),), place=()))

    assert len({partial.name for partial in partials}) == len(partials) == columns
    assert all(partial.type.precision <= MAX_DIGITS for partial in partials)


@pytest.mark.parametrize("name", ["sum", "mean"])
def test_instants_have_no_sum(name: str) -> None:
    with pytest.raises(DefinitionError):
        AGGREGATIONS[name].result(TIMESTAMP)


@given(TYPES)
def test_the_sum_of_ten_thousand_million_greatest_values_fits_its_columns(over: Type) -> None:
    if not over.is_exact:
        return
    columns = sums_of(Field("x", over))
    digits = over.as_decimal.precision
    if len(columns) == 1:
        assert 10**SUM_HEADROOM * (10**digits - 1) < 10 ** columns[0].type.precision
        assert columns[0].type.scale == over.as_decimal.scale
    else:
        assert LIMB ** len(columns) > 10**digits - 1
        assert all(10**column.type.precision > 10**SUM_HEADROOM * (LIMB - 1) for column in columns)


def test_every_line_is_complete() -> None:
    for rule in AGGREGATIONS.values():
        assert rule.takes in ("none", "one", "several")
        assert set(rule.fragments) <= set(FRAGMENT_KINDS)
        assert rule.empty in (0, None)
