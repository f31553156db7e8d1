"""The evaluator against SQL's rules, written out."""

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from millpond.algebra.evaluate import EVALUATE, Value, evaluate
from millpond.plan.errors import DefinitionError
from millpond.plan.expr import CASTS, Call, Expr, Field, cast, constant, decimal_constant
from millpond.plan.operations import OPERATIONS, call
from millpond.plan.types import BOOLEAN, DOUBLE, INT, INT_MAX, INT_MIN, STRING, TIMESTAMP, Type

A, B = Field("a", BOOLEAN), Field("b", BOOLEAN)
TRUTH = (True, False, None)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
INTS = st.integers(INT_MIN, INT_MAX) | st.integers(-5, 5)


def money(precision: int, scale: int) -> st.SearchStrategy[tuple[Type, Decimal]]:
    """A decimal type and a value of it."""
    digits = st.integers(-(10**precision) + 1, 10**precision - 1)
    return digits.map(lambda n: (Type("decimal", precision, scale), Decimal(n).scaleb(-scale)))


EXACT = st.one_of(INTS.map(lambda n: (INT, n)), money(10, 2), money(19, 0), money(17, 9), money(4, 4))


def value(op: str, *given: tuple[Type, Value | None]) -> Value | None:
    """An operation over fields of such types and values; a refusal by type is no example."""
    fields = [Field(f"f{i}", type) for i, (type, _value) in enumerate(given)]
    try:
        tree = call(op, *fields)
    except DefinitionError:
        assume(False)
        raise
    return evaluate(tree, {field.name: one for field, (_type, one) in zip(fields, given, strict=True)})


def test_every_operation_has_its_rule_and_no_other_has() -> None:
    assert EVALUATE.keys() == OPERATIONS.keys()


# --- three-valued logic ---------------------------------------------------------------------------------------------

#           and            or             (rows: a, columns: b = true, false, null)
LOGIC: dict[str, list[list[bool | None]]] = {
    "and": [[True, False, None], [False, False, False], [None, False, None]],
    "or": [[True, True, True], [True, False, None], [True, None, None]],
}


@pytest.mark.parametrize("op", LOGIC)
def test_logic_is_sqls(op: str) -> None:
    found = [[evaluate(call(op, A, B), {"a": a, "b": b}) for b in TRUTH] for a in TRUTH]

    assert found == LOGIC[op]


def test_not_null_is_null_and_is_null_never_is() -> None:
    assert [evaluate(call("not", A), {"a": a}) for a in TRUTH] == [False, True, None]
    assert [evaluate(call("is_null", A), {"a": a}) for a in TRUTH] == [False, False, True]


@pytest.mark.parametrize("op", ["eq", "ne", "lt", "le", "gt", "ge", "add", "sub", "mul", "div"])
def test_null_makes_null(op: str) -> None:
    assert value(op, (INT, None), (INT, 1)) is None
    assert value(op, (INT, 1), (INT, None)) is None


def test_in_is_null_for_null_and_exact_for_the_rest() -> None:
    price = Field("p", Type.parse("decimal(10,2)"))
    tree = call("in", price, constant(1, INT), constant(2.5, DOUBLE))

    assert [evaluate(tree, {"p": p}) for p in (Decimal("1.00"), Decimal("2.5"), Decimal("2.51"), None)] == [
        True,
        True,
        False,
        None,
    ]


# --- numbers --------------------------------------------------------------------------------------------------------

COMPARE = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
}


@pytest.mark.parametrize("op", COMPARE)
@given(a=EXACT, b=EXACT)
def test_exact_numbers_compare_as_numbers_whatever_their_types(
    op: str, a: tuple[Type, Value], b: tuple[Type, Value]
) -> None:
    assert value(op, a, b) == COMPARE[op](Fraction(a[1]), Fraction(b[1]))


@pytest.mark.parametrize("op", ["add", "sub", "mul"])
@given(a=EXACT, b=EXACT)
def test_exact_arithmetic_is_exact(op: str, a: tuple[Type, Value], b: tuple[Type, Value]) -> None:
    left, right = Fraction(a[1]), Fraction(b[1])
    wanted = {"add": left + right, "sub": left - right, "mul": left * right}[op]
    found = value(op, a, b)

    assert isinstance(found, Decimal)
    assert Fraction(found) == wanted


@given(EXACT)
def test_negation_holds_the_smallest_integer(a: tuple[Type, Value]) -> None:
    assert value("neg", a) == -Fraction(a[1])
    assert value("neg", (INT, INT_MIN)) == 2**63


def test_a_result_has_its_types_scale() -> None:
    total = value("add", (Type.parse("decimal(5,1)"), Decimal("1.5")), (Type.parse("decimal(5,3)"), Decimal("0.5")))

    assert str(total) == "2.000"


@given(EXACT, EXACT)
def test_a_quotient_is_of_the_nearest_doubles_and_null_over_zero(a: tuple[Type, Value], b: tuple[Type, Value]) -> None:
    divisor = float(Fraction(b[1]))

    assert value("div", a, b) == (None if divisor == 0 else float(Fraction(a[1])) / divisor)


@pytest.mark.parametrize("op", ["add", "sub", "mul", "div", "neg"])
@given(a=FINITE, b=FINITE)
def test_a_double_is_finite_or_null(op: str, a: float, b: float) -> None:
    found = value(op, (DOUBLE, a)) if op == "neg" else value(op, (DOUBLE, a), (DOUBLE, b))

    assert found is None or (isinstance(found, float) and math.isfinite(found))


@pytest.mark.parametrize(
    ("op", "a", "b"), [("div", 1.0, 0.0), ("div", 0.0, -0.0), ("mul", 1e308, 10.0), ("add", 1.7e308, 1.7e308)]
)
def test_what_would_be_infinite_is_null(op: str, a: float, b: float) -> None:
    assert value(op, (DOUBLE, a), (DOUBLE, b)) is None


def test_null_from_a_division_goes_on_through_what_is_made_of_it() -> None:
    share = call("gt", call("div", Field("n", INT), Field("m", INT)), constant(0.5, DOUBLE))
    either = call("or", share, call("is_null", call("div", Field("n", INT), Field("m", INT))))

    assert evaluate(share, {"n": 1, "m": 0}) is None
    assert evaluate(either, {"n": 1, "m": 0}) is True


# --- casts, constants, fields ---------------------------------------------------------------------------------------

CAST_EXAMPLES: dict[tuple[str, str], tuple[Type, Value, Type, Value]] = {
    ("int", "decimal"): (INT, 7, Type.parse("decimal(21,2)"), Decimal("7.00")),
    ("decimal", "decimal"): (Type.parse("decimal(3,1)"), Decimal("1.5"), Type.parse("decimal(5,3)"), Decimal("1.500")),
    ("int", "double"): (INT, 2**53 + 1, DOUBLE, float(2**53)),
    ("decimal", "double"): (
        Type.parse("decimal(38,20)"),
        Decimal("0.10000000000000000555"),
        DOUBLE,
        0.1,
    ),
}


def test_every_cast_has_an_example() -> None:
    assert CAST_EXAMPLES.keys() == CASTS


@pytest.mark.parametrize("kinds", CAST_EXAMPLES)
def test_a_cast_keeps_the_value_or_takes_the_nearest_double(kinds: tuple[str, str]) -> None:
    held, before, to, after = CAST_EXAMPLES[kinds]
    tree = cast(Field("f", held), to)
    found = evaluate(tree, {"f": before})

    assert isinstance(tree, Call)
    assert (str(found), type(found)) == (str(after), type(after))
    assert evaluate(tree, {"f": None}) is None


@pytest.mark.parametrize(
    ("tree", "wanted"),
    [
        (constant(5, INT), 5),
        (constant("é", STRING), "é"),
        (constant(True, BOOLEAN), True),
        (constant(0.1, DOUBLE), 0.1),
        (constant(1_704_067_200_000, TIMESTAMP), 1_704_067_200_000),
        (decimal_constant(Decimal("9.90")), Decimal("9.90")),
    ],
)
def test_a_constant_is_its_value(tree: Expr, wanted: Value) -> None:
    found = evaluate(tree, {})

    assert (str(found), type(found)) == (str(wanted), type(wanted))


def test_a_missing_field_is_not_a_null_field() -> None:
    assert evaluate(A, {"a": None}) is None
    with pytest.raises(KeyError):
        evaluate(A, {})


def test_texts_compare_by_their_utf8_bytes() -> None:
    """As both SQL engines do; UTF-16, which Java compares by, puts U+FFFF after U+10000."""
    assert value("lt", (STRING, "\uffff"), (STRING, "\U00010000")) is True
