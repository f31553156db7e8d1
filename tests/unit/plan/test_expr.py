"""How expressions are typed: both sides of one type, widening explicit, widths proven."""

from decimal import Decimal
from fractions import Fraction

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from millpond.plan.errors import DefinitionError
from millpond.plan.expr import CASTS, Call, Constant, Expr, Field, cast, constant, decimal_constant, fields_of
from millpond.plan.operations import call
from millpond.plan.types import BOOLEAN, DOUBLE, INT, INT_MAX, INT_MIN, MAX_DIGITS, STRING, TIMESTAMP, Type
from tests.unit.plan.test_types import TYPES

OPERANDS = TYPES.map(lambda type: Field("f", type)) | st.sampled_from(
    [constant(1, INT), constant(0.5, DOUBLE), decimal_constant(Decimal("9.99")), constant("a", STRING)]
)
BINARY = ["eq", "ne", "lt", "le", "gt", "ge", "add", "sub", "mul", "div", "floor_div", "mod", "and", "or", "coalesce"]


def tree(op: str, *args: Expr) -> Expr:
    """The call; a refusal is no example."""
    try:
        return call(op, *args)
    except DefinitionError:
        assume(False)
        raise


def casts(expr: Expr) -> list[tuple[str, str]]:
    """Every cast of a tree, as kinds from and to."""
    if not isinstance(expr, Call):
        return []
    below = [pair for arg in expr.args for pair in casts(arg)]
    return [*below, (expr.args[0].type.kind, expr.type.kind)] if expr.op == "cast" else below


@given(st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"]), OPERANDS, OPERANDS)
def test_both_sides_of_a_comparison_have_one_type(op: str, a: Expr, b: Expr) -> None:
    found = tree(op, a, b)

    assert isinstance(found, Call)
    assert found.type == BOOLEAN
    assert found.args[0].type == found.args[1].type


@given(st.sampled_from(BINARY), OPERANDS, OPERANDS)
def test_widening_goes_only_where_every_dialect_has_a_rule(op: str, a: Expr, b: Expr) -> None:
    assert set(casts(tree(op, a, b))) <= CASTS


@given(st.sampled_from(["add", "sub", "mul"]), TYPES, TYPES)
def test_arithmetic_of_exact_numbers_never_overflows_its_type(op: str, a: Type, b: Type) -> None:
    """The greatest values of both sides have a result of at most the type's digits."""
    assume(a.is_exact and b.is_exact)
    found = tree(op, Field("a", a), Field("b", b)).type
    greatest = _greatest(a) * _greatest(b) if op == "mul" else _greatest(a) + _greatest(b)

    assert found.kind == "decimal"
    assert greatest * 10**found.scale < 10**found.precision
    assert found.precision <= MAX_DIGITS


def _greatest(type: Type) -> Fraction:
    held = type.as_decimal
    return Fraction(10**held.precision - 1, 10**held.scale)


@given(OPERANDS, OPERANDS)
def test_a_quotient_is_a_double(a: Expr, b: Expr) -> None:
    found = tree("div", a, b)

    assert isinstance(found, Call)
    assert {found.type, *(arg.type for arg in found.args)} == {DOUBLE}


def test_a_fractional_constant_beside_an_exact_number_is_the_decimal_that_was_written() -> None:
    price = Field("price", Type.parse("decimal(10,2)"))

    assert call("gt", price, constant(9.99, DOUBLE)) == Call(
        "gt", BOOLEAN, (price, Constant("9.99", Type.parse("decimal(10,2)")))
    )
    assert call("gt", constant(2.5, DOUBLE), Field("n", INT)) == Call(
        "gt",
        BOOLEAN,
        (
            Constant("2.5", Type.parse("decimal(20,1)")),
            Call("cast", Type.parse("decimal(20,1)"), (Call("cast", Type.parse("decimal(19,0)"), (Field("n", INT),)),)),
        ),
    )


@pytest.mark.parametrize(
    ("op", "types"),
    [
        ("eq", (STRING, INT)),
        ("eq", (TIMESTAMP, INT)),
        ("lt", (BOOLEAN, BOOLEAN)),
        ("and", (BOOLEAN, INT)),
        ("not", (STRING,)),
        ("neg", (STRING,)),
        ("neg", (TIMESTAMP,)),
        ("add", (STRING, STRING)),
        ("sub", (TIMESTAMP, TIMESTAMP)),
        ("mul", (Type.parse("decimal(20,0)"), INT)),
        ("add", (Type.parse("decimal(38,0)"), INT)),
        ("eq", (Type.parse("decimal(38,0)"), Type.parse("decimal(38,1)"))),
        ("in", (INT, INT)),
        ("in", (INT,)),
        ("cast", (INT,)),
    ],
)
def test_what_does_not_fit_is_refused(op: str, types: tuple[Type, ...]) -> None:
    with pytest.raises(DefinitionError) as refused:
        call(op, *(Field("f", type) for type in types))
    assert refused.value.mend


def test_isin_keeps_the_fields_type() -> None:
    price = Field("price", Type.parse("decimal(10,2)"))
    found = call("in", price, constant(1, INT), constant(2.5, DOUBLE))

    assert isinstance(found, Call)
    assert found.args[1:] == (Constant("1.00", price.type), Constant("2.50", price.type))
    with pytest.raises(DefinitionError, match="isin compares"):
        call("in", price, decimal_constant(Decimal("1.005")))


@given(st.decimals(allow_nan=False, allow_infinity=False, places=5, min_value=-(10**20), max_value=10**20))
def test_a_decimal_constant_takes_the_digits_it_has(value: Decimal) -> None:
    found = decimal_constant(value)

    assert Decimal(str(found.value)) == value
    assert found.type.scale == 5


@pytest.mark.parametrize("text", ["1E+2", "1E-3", "0", "-0.0", "0.001", "123.40"])
def test_exponents_are_written_out(text: str) -> None:
    found = decimal_constant(Decimal(text))

    assert "E" not in str(found.value)
    assert Decimal(str(found.value)) == Decimal(text)


@pytest.mark.parametrize(
    ("value", "type"),
    [
        (None, INT),
        (True, INT),
        (1, BOOLEAN),
        (INT_MAX + 1, INT),
        (INT_MIN - 1, TIMESTAMP),
        (float("nan"), DOUBLE),
        (float("inf"), DOUBLE),
        (Decimal("NaN"), Type.parse("decimal(5,2)")),
        (1, STRING),
        ("\ud800", STRING),
    ],
)
def test_what_is_no_value_of_a_type_is_no_constant(value: object, type: Type) -> None:
    with pytest.raises(DefinitionError):
        constant(value, type)


def test_a_cast_of_a_constant_is_a_constant() -> None:
    assert cast(constant(1, INT), Type.parse("decimal(21,2)")) == Constant("1.00", Type.parse("decimal(21,2)"))
    assert cast(decimal_constant(Decimal("0.1")), DOUBLE) == Constant(0.1, DOUBLE)
    assert cast(Field("n", INT), INT) == Field("n", INT)


def test_fields_are_found_in_order_with_repetitions() -> None:
    a, b = Field("a", INT), Field("b", INT)

    assert list(fields_of(call("gt", call("add", b, a), call("mul", b, constant(2, INT))))) == [b, a, b]


@given(st.sampled_from(BINARY), OPERANDS, OPERANDS)
def test_a_tree_is_an_array_in_json_and_comes_back(op: str, a: Expr, b: Expr) -> None:
    found = tree(op, a, b)
    data = msgspec.json.encode(found, enc_hook=str)

    assert data.startswith(b'["call","' + op.encode())
    assert (
        msgspec.json.decode(data, type=Field | Constant | Call, dec_hook=lambda kind, text: Type.parse(text)) == found
    )
