"""What authors may write with `_`, and the tree it becomes."""

import operator
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import ibis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ibis.common.deferred import Deferred

from millpond import _
from millpond.define.expressions import bind, check_expression, field_name
from millpond.define.operations import LISTED, SPELLINGS
from millpond.plan.errors import DefinitionError
from millpond.plan.expr import Call, Constant, Expr, Field, constant, decimal_constant
from millpond.plan.operations import OPERATIONS, call
from millpond.plan.types import DOUBLE, INT, STRING, TIMESTAMP, Type
from tests.unit.define.sample import bound, schema
from tests.unit.sql.boundary import cases

AMOUNT = Field("amount", Type.parse("decimal(10,2)"))
QUANTITY = Field("quantity", INT)
CHANNEL = Field("channel", STRING)
WEIGHT = Field("weight", DOUBLE)
SOLD_AT = Field("sold_at", TIMESTAMP)
GIFT = bound(_.gift)
NEW_YEAR = 1_704_067_200_000

EVERY_FORM: dict[str, tuple[Deferred, Expr]] = {
    "a field": (_.amount, AMOUNT),
    "a field by its text": (_["amount"], AMOUNT),
    "a field named as a method": (_["count"], Field("count", INT)),
    "a field of a record": (_.address.city, Field("address.city", STRING)),
    "a field of a record in a record": (_.address.place.lat, Field("address.place.lat", DOUBLE)),
    "a field of a record that may be null": (_.billed_to.city, Field("billed_to.city", STRING)),
    "a field of a record by its text": (_["address"]["city"], Field("address.city", STRING)),
    "a field of a record named as a method": (_.address["count"], Field("address.count", INT)),
    "a value of a map": (_.extra['a "key"'], Field('extra["a \\"key\\""]', STRING)),
    "a value of a map in a formula": (
        _.extra["channel"].isin(["x"]),
        call("in", Field('extra["channel"]', STRING), constant("x", STRING)),
    ),
    "==": (_.channel == "WEB", call("eq", CHANNEL, constant("WEB", STRING))),
    "!=": (_.channel != "WEB", call("ne", CHANNEL, constant("WEB", STRING))),
    "<": (_.quantity < 3, call("lt", QUANTITY, constant(3, INT))),
    "<=": (_.quantity <= 3, call("le", QUANTITY, constant(3, INT))),
    ">": (_.quantity > 3, call("gt", QUANTITY, constant(3, INT))),
    ">=": (_.quantity >= 3, call("ge", QUANTITY, constant(3, INT))),
    "a constant first": (_.quantity < 3, bound(3 > _.quantity)),  # noqa: SIM300  what is tested
    "between": (
        _.quantity.between(1, 3),
        call("and", call("ge", QUANTITY, constant(1, INT)), call("le", QUANTITY, constant(3, INT))),
    ),
    "isin": (_.channel.isin(["WEB", "TILL"]), call("in", CHANNEL, constant("WEB", STRING), constant("TILL", STRING))),
    "notin": (_.channel.notin(["WEB"]), call("not", call("in", CHANNEL, constant("WEB", STRING)))),
    "isnull": (_.channel.isnull(), call("is_null", CHANNEL)),
    "== None": (_.channel == None, call("is_null", CHANNEL)),  # noqa: E711  what is tested
    "notnull": (_.channel.notnull(), call("not", call("is_null", CHANNEL))),
    "&": (_.gift & (_.quantity > 3), call("and", GIFT, call("gt", QUANTITY, constant(3, INT)))),
    "|": (_.gift | _.gift, call("or", GIFT, GIFT)),
    "~": (~_.gift, call("not", GIFT)),
    "+": (_.amount + _.quantity, call("add", AMOUNT, QUANTITY)),
    "-": (_.amount - 1, call("sub", AMOUNT, constant(1, INT))),
    "*": (_.amount * _.quantity, call("mul", AMOUNT, QUANTITY)),
    "/": (1 / _.quantity, call("div", constant(1, INT), QUANTITY)),
    "unary -": (-_.amount, call("neg", AMOUNT)),
    "a double": (_.weight > 0.5, call("gt", WEIGHT, constant(0.5, DOUBLE))),
    "a decimal": (_.amount > Decimal("10.0"), call("gt", AMOUNT, decimal_constant(Decimal(10)))),
    "a boolean": (_.gift == True, call("eq", GIFT, constant(True, GIFT.type))),  # noqa: E712  what is tested
    "an instant": (
        _.sold_at >= datetime(2024, 1, 1, tzinfo=UTC),
        call("ge", SOLD_AT, constant(NEW_YEAR, TIMESTAMP)),
    ),
    "an instant of another zone": (
        _.sold_at >= datetime(2024, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))),
        call("ge", SOLD_AT, constant(NEW_YEAR, TIMESTAMP)),
    ),
    "an instant before 1970": (
        _.sold_at >= datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC),
        call("ge", SOLD_AT, constant(-1, TIMESTAMP)),
    ),
}


@pytest.mark.parametrize("form", EVERY_FORM)
def test_what_is_written_becomes_our_tree(form: str) -> None:
    written, tree = EVERY_FORM[form]

    assert bound(written) == tree


def test_a_money_constant_is_the_decimal_that_was_written() -> None:
    """9.99 as a double is 9.9900000000000002131628…: no amount of money would equal it."""
    assert bound(_.amount == 9.99) == Call("eq", GIFT.type, (AMOUNT, Constant("9.99", Type.parse("decimal(10,2)"))))


def test_types_are_ours_where_ibis_would_keep_the_width() -> None:
    assert bound(_.amount * _.amount).type == Type.parse("decimal(20,4)")
    assert bound(_.amount - _.discount).type == Type.parse("decimal(12,3)")


def test_the_list_covers_our_operations_and_each_has_a_spelling() -> None:
    written = [*(tree for _form, tree in EVERY_FORM.values()), *(case.tree for case in cases())]

    assert {node.op for tree in written for node in _calls(tree)} == OPERATIONS.keys()
    assert {op.__name__ for op in LISTED} == SPELLINGS.keys() | {
        "Field",
        "StructField",
        "MapGet",
        "ArrayIndex",
        "Literal",
    }


def _calls(tree: Expr) -> list[Call]:
    return [tree, *(c for arg in tree.args for c in _calls(arg))] if isinstance(tree, Call) else []


REFUSED: dict[str, Deferred] = {
    "power": _.amount**2,
    "a logarithm of a base": _.amount.log(2),
    "log2": _.amount.log2(),
    "regular expressions": _.channel.re_search("a"),
    "all of Unicode": _.channel.capitalize(),
    "a text's end": _.channel.right(2),
    "a part before the start": _.channel.substr(-1, 2),
    "a part from a field on": _.channel.substr(_.quantity, 2),
    "a pattern that is a field": _.channel.like(_.channel),
    "capitals of all of Unicode": _.channel.ilike("é%"),
    "replacing a field": _.channel.replace(_.channel, "a"),
    "replacing nothing": _.channel.replace("", "a"),
    "a double's remainder": _.weight % 2,
    "a double's whole quotient": _.weight // 2,
    "a double rounded to digits": _.weight.round(2),
    "rounding to a field": _.amount.round(_.quantity),
    "a double as text": _.weight.cast("string"),
    "a double all behind the point": _.weight.cast("decimal(3,3)"),
    "a text as an instant": _.channel.cast("timestamp"),
    "an instant as a number": _.sold_at.cast("int"),
    "a decimal without its digits": _.weight.cast("decimal"),
    "a smaller int": _.weight.cast("int32"),
    "a boolean as a double": _.gift.cast("double"),
    "a number's length": _.quantity.length(),
    "values of two types": _.gift.ifelse(_.quantity, _.channel),
    "nulls alone": _.gift.ifelse(None, None),
    "the day's name": _.sold_at.day_of_week.full_name(),
    "the week": _.sold_at.week_of_year(),
    "an hour of a number": _.quantity.hour(),
    "the least boolean": ibis.least(_.gift, _.gift),
    "a bound of both": _.quantity.clip(0, 1),
    "xor": _.gift ^ _.gift,
    "bits": _.quantity & 1,
    "random": _.weight < ibis.random(),
    "nunique": _.channel.nunique() > 1,
    "rank": _.quantity.rank() > 1,
    "another table": _.quantity > ibis.table({"quantity": "int64"}, name="other").quantity,
    "alias": _.quantity.name("q"),
    "difference of instants": _.sold_at - _.paid_at,
    "a date": _.sold_at > datetime(2024, 1, 1, tzinfo=UTC).date(),
    "microseconds": _.sold_at > datetime(2024, 1, 1, microsecond=1, tzinfo=UTC),
    "infinity": _.weight > float("inf"),
    "not a number": _.amount > Decimal("NaN"),
    "too many digits": _.amount > Decimal("1e40"),
    "65 bits": _.quantity > 2**70,
    "64 bits unsigned": _.quantity > 2**63,
    "not unicode": _.channel == "\ud800",
    "null": _.channel.isin([None]),
    "nothing to be in": _.channel.isin([]),
    "isin wider than the field": _.quantity.isin([1.5]),
    "booleans by size": _.gift > False,
    "the whole event": _,
    "whole event counted": _.count() > 1,
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_listed_is_refused_with_a_mend(what: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        bound(REFUSED[what])

    assert refused.value.mend


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("amount", "a text"),
        (True, "a plain True"),
        (3, "not an expression"),
        (None, "not an expression"),
        (ibis.table({"a": "int64"}, name="t").a, "a table of its own"),
    ],
)
def test_plain_values_are_not_taken_for_expressions(value: object, said: str) -> None:
    with pytest.raises(DefinitionError, match=said):
        check_expression(value)


def test_a_field_is_named_in_two_ways() -> None:
    assert field_name(_.account_id) == field_name(_["account_id"]) == "account_id"


@pytest.mark.parametrize("written", [_, _.a.b, _.a + 1, _.a(), _[1], _[_.a]])
def test_more_than_a_field_is_refused(written: Any) -> None:
    with pytest.raises(DefinitionError, match="more than a field"):
        field_name(written)


NUMBERS = ("int", "double", "decimal(10,2)", "decimal(19,0)", "decimal(38,10)", "decimal(1,1)")
SHAPES: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "gt": operator.gt,
    "eq": operator.eq,
}


def outcome(work: Callable[[], Expr]) -> Expr | str:
    """The tree, or what is said instead."""
    try:
        return work()
    except DefinitionError as error:
        return str(error)


@given(st.sampled_from(NUMBERS), st.sampled_from(NUMBERS), st.sampled_from(sorted(SHAPES)))
def test_an_expression_has_the_type_our_rules_give_or_is_refused_as_they_refuse(a: str, b: str, op: str) -> None:
    """No typing rule of ibis gets between the author and ours."""
    fields = Field("a", Type.parse(a)), Field("b", Type.parse(b))

    assert outcome(lambda: bind(SHAPES[op](_.a, _.b), schema({"a": a, "b": b}).fields)) == outcome(
        lambda: call(op, *fields)
    )
