"""Expressions in words: each operation has its own, and a sentence can be read in one way only."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import ibis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ibis.common.deferred import Deferred

from millpond import _, haversine_km, local_day_of_week, local_hour
from millpond.plan import operations
from millpond.plan.english.expressions import OPERATIONS, condition, joined, quoted, value
from millpond.plan.expr import Call, Expr, Field, constant
from millpond.plan.types import BOOLEAN, INT
from tests.unit.define.sample import bound

SAID: tuple[tuple[Deferred, str], ...] = (
    (_.amount, "amount"),
    (_.address.place.lat, "address.place.lat"),
    (_.extra["campaign"], 'extra["campaign"]'),
    (_.amount - _.discount, "amount - discount"),
    (_.amount - (_.discount - _.fee), "amount - (discount - fee)"),
    (_.amount + (_.discount + 1), "amount + (discount + 1)"),
    (_.quantity * (_.amount + 1) / 2, "quantity × (amount + 1) / 2"),
    (_.quantity / (_.amount * 2), "quantity / (amount × 2)"),
    (-_.discount, "-discount"),
    (_.quantity - -_.discount, "quantity - (-discount)"),
    (_.discount.abs(), "the absolute value of discount"),
    (_.amount.round(1), "amount rounded to 1 digit behind the point"),
    (_.discount.round(2), "discount rounded to 2 digits behind the point"),
    (_.amount.round(), "amount rounded to a whole number"),
    (_.amount.floor(), "amount rounded down"),
    ((_.amount / 2).ceil(), "(amount / 2) rounded up"),
    (_.quantity // 7, "quantity / 7 rounded down"),
    (_.quantity % 7, "the remainder of quantity / 7"),
    (_.weight.sqrt(), "the square root of weight"),
    (_.weight.ln() + 1, "(the natural logarithm of weight) + 1"),
    (_.weight.exp(), "e to the power of weight"),
    (
        haversine_km(_.weight, 1, _.rating, 2),
        "the kilometres from weight north, 1 east to rating north, 2 east",
    ),
    (_.channel.length(), "the length of channel"),
    (_.channel.lower().upper(), "(channel in lower case) in upper case"),
    (_.channel.strip(), "channel without blanks around it"),
    (_.channel.lstrip(), "channel without blanks before it"),
    (_.channel.rstrip(), "channel without blanks after it"),
    (_.channel.substr(1, 2), "of channel, from place 1 (the first is 0), 2 characters"),
    (_.channel + "-" + _.returned_by, 'channel followed by "-" followed by returned_by'),
    (_.channel.replace("a", ""), 'channel with every "a" replaced by ""'),
    (_.sold_at.year(), "the year (UTC) of sold_at"),
    (_.sold_at.quarter(), "the quarter (UTC) of sold_at"),
    (_.sold_at.month(), "the month (UTC) of sold_at"),
    (_.sold_at.day(), "the day of the month (UTC) of sold_at"),
    (_.sold_at.day_of_year(), "the day of the year (UTC) of sold_at"),
    (_.sold_at.day_of_week.index(), "the day of the week (UTC, Monday is 0) of sold_at"),
    (_.sold_at.hour(), "the hour (UTC) of sold_at"),
    (_.sold_at.minute(), "the minute of sold_at"),
    (_.sold_at.second(), "the second of sold_at"),
    (_.sold_at.millisecond(), "the millisecond of sold_at"),
    (_.sold_at.epoch_seconds(), "the seconds from 1970 to sold_at"),
    (local_hour(_.sold_at, "Europe/Berlin"), "the hour in Europe/Berlin of sold_at"),
    (local_day_of_week(_.sold_at, "UTC"), "the day of the week (Monday is 0) in UTC of sold_at"),
    (_.amount.cast("int"), "amount as int"),
    (_.amount.cast("decimal(12,1)") + 1, "(amount as decimal(12,1)) + 1"),
    (_.discount.coalesce(0), "discount, or 0 where that is null"),
    (_.discount.coalesce(_.fee, 0), "discount, else fee, or 0 where that is null"),
    (_.discount.nullif(0), "discount, null where discount is 0"),
    (_.amount / _.discount.nullif(0), "amount / (discount, null where discount is 0)"),
    (_.gift.ifelse(1, 0), "1 where gift is true, else 0"),
    (
        ibis.cases((_.amount > 5, "big"), (_.gift, "gift"), else_=None),
        '"big" where amount is more than 5, "gift" where gift is true, else null',
    ),
)
ASKED: tuple[tuple[Deferred, str], ...] = (
    (_.gift, "gift is true"),
    (~_.gift, "gift is false"),
    (_.channel == "WEB", 'channel is "WEB"'),
    (_.channel != 'W"EB\u202e', 'channel is not "W\\"EB\\u202e"'),
    (_.amount < 5, "amount is less than 5"),
    (_.amount <= Decimal("9.90"), "amount is at most 9.9"),
    (_.amount > 100, "amount is more than 100"),
    (_.weight >= 0.5, "weight is at least 0.5"),
    (_.sold_at >= datetime(2024, 1, 31, 12, 0, 0, 5000, tzinfo=UTC), "sold_at is at least 2024-01-31 12:00:00.005 UTC"),
    (_.returned_by.isnull(), "returned_by is null"),
    (_.returned_by.notnull(), "returned_by is not null"),
    (_.returned_by.isin(["WEB"]), 'returned_by is "WEB"'),
    (_.store_id.isin([1, 2, 3]), "store_id is 1, 2 or 3"),
    (_.store_id.notin([1, 2, 3]), "store_id is neither 1, 2 nor 3"),
    (_.store_id.notin([1]), "store_id is not 1"),
    (_.amount.between(1, 2), "amount is from 1 to 2"),
    (_.sold_at.hour().between(0, 5), "the hour (UTC) of sold_at is from 0 to 5"),
    ((_.amount >= 1) & (_.discount <= 2), "amount is at least 1 and discount is at most 2"),
    (
        (_.channel == "WEB") & (_.gift | (_.amount > 1)),
        'channel is "WEB" and (gift is true or amount is more than 1)',
    ),
    (
        ((_.channel == "WEB") & _.gift) | (_.amount > 1),
        '(channel is "WEB" and gift is true) or amount is more than 1',
    ),
    (~(_.gift & (_.amount > 1)), "it is false that (gift is true and amount is more than 1)"),
    ((_.amount > 1) == _.gift, "(amount is more than 1) is gift"),
    (_.channel.contains("E"), 'channel contains "E"'),
    (_.channel.startswith("W"), 'channel begins with "W"'),
    (_.channel.endswith("B"), 'channel ends with "B"'),
    (_.channel.like("W%"), 'channel is like "W%"'),
    (_.sold_at.hour() < 6, "the hour (UTC) of sold_at is less than 6"),
    (_.gift.coalesce(False), "(gift, or false where that is null) is true"),
)


def test_every_operation_has_its_words() -> None:
    assert OPERATIONS.keys() == operations.OPERATIONS.keys()


def test_every_operation_is_among_what_is_said_here() -> None:
    def used(expr: Expr) -> set[str]:
        return {expr.op}.union(*map(used, expr.args)) if isinstance(expr, Call) else set()

    told = set().union(*(used(bound(written)) for written, _words in (*SAID, *ASKED)))
    assert told == operations.OPERATIONS.keys()


@pytest.mark.parametrize(("written", "words"), SAID, ids=[words for _written, words in SAID])
def test_what_an_expression_gives(written: Deferred, words: str) -> None:
    assert value(bound(written)) == words


@pytest.mark.parametrize(("written", "words"), ASKED, ids=[words for _written, words in ASKED])
def test_when_a_condition_is_true(written: Deferred, words: str) -> None:
    assert condition(bound(written)) == words


def test_names_one_after_the_other() -> None:
    assert [joined(list(names), "and") for names in ("", "a", "ab", "abc")] == ["", "a", "a and b", "a, b and c"]


@given(st.text())
def test_a_quoted_text_is_one_line_that_can_be_seen(text: str) -> None:
    assert quoted(text).isprintable()


# --- read back by Python --------------------------------------------------------------------------------------------

NUMBERS = {"a": 2, "b": 3, "c": 5, "d": -7}
TRUTHS = {"p": True, "q": False, "r": True}
_COMPUTE: Mapping[str, Any] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y if y else None,
    "neg": lambda x: -x,
    "and": lambda *args: all(args),
    "or": lambda *args: any(args),
    "not": lambda x: not x,
}


def tree(op: str, type: Any) -> Any:
    return lambda args: Call(op, type, tuple(args))


FORMULAS = st.recursive(
    st.sampled_from([Field(name, INT) for name in NUMBERS]) | st.integers(-9, 9).map(lambda n: constant(n, INT)),
    lambda inner: st.one_of(
        *(st.tuples(inner, inner).map(tree(op, INT)) for op in ("add", "sub", "mul", "div")),
        st.tuples(inner).map(tree("neg", INT)),
    ),
    max_leaves=12,
)
CONDITIONS = st.recursive(
    st.sampled_from([Field(name, BOOLEAN) for name in TRUTHS]),
    lambda inner: st.one_of(
        *(st.tuples(inner, inner).map(tree(op, BOOLEAN)) for op in ("and", "or")),
        st.tuples(inner).map(tree("not", BOOLEAN)),
    ),
    max_leaves=12,
)


def computed(expr: Expr) -> Any:
    """A tree's value by Python's own operators; None where it divides by zero."""
    match expr:
        case Call(op=op, args=args):
            inner = [computed(arg) for arg in args]
            return None if None in inner else _COMPUTE[op](*inner)
        case Field(name=name):
            return Fraction(NUMBERS[name]) if name in NUMBERS else TRUTHS[name]
        case _:
            return Fraction(int(expr.value))


@given(FORMULAS)
def test_a_formula_that_python_reads_has_the_value_of_its_tree(expr: Expr) -> None:
    wanted = computed(expr)
    code = re.sub(r"\d+", r"Fraction(\g<0>)", value(expr).replace("×", "*"))
    if wanted is not None:
        whole = {name: Fraction(number) for name, number in NUMBERS.items()}
        assert eval(code, {"Fraction": Fraction}, whole) == wanted


@given(CONDITIONS)
def test_a_condition_that_python_reads_is_as_true_as_its_tree(expr: Expr) -> None:
    code = (
        condition(expr).replace("it is false that ", "not ").replace(" is true", "").replace(" is false", " == False")
    )
    assert eval(code, {}, dict(TRUTHS)) is computed(expr)
