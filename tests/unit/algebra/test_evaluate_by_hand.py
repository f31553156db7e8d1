"""What operations give, written out by hand: the boundary table proves engines equal, this says to what."""

import math
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal
from typing import Any

import ibis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ibis.common.deferred import Deferred

from millpond import _, haversine_km, local_day_of_week, local_hour
from millpond.algebra.evaluate import Value, evaluate
from millpond.define.expressions import bind
from millpond.plan.types import INT_MAX, INT_MIN
from tests.unit.define.sample import schema

COLUMNS = schema(
    {
        "i": "int", "j": "int", "d": "decimal(18,2)", "e": "decimal(18,2)", "w": "decimal(38,10)", "f": "double",
        "g": "double", "s": "string", "t": "string", "b": "boolean", "at": "timestamp",
    }
)  # fmt: skip


def found(written: Deferred, **event: Any) -> Value | None:
    """An expression over an event; what is not given is null."""
    return evaluate(bind(written, COLUMNS.fields), dict.fromkeys(COLUMNS.types) | event)


def ms(*at: int) -> int:
    """An instant UTC, from its year, month, day, …."""
    since = datetime(*at, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)  # type: ignore[misc, arg-type]  # they are ints
    return since // timedelta(milliseconds=1)


BY_HAND: list[tuple[Deferred, dict[str, Any], Value | None]] = [
    (_.i // _.j, {"i": 7, "j": 2}, 3),
    (_.i // _.j, {"i": -7, "j": 2}, -4),
    (_.i // _.j, {"i": 7, "j": -2}, -4),
    (_.i // _.j, {"i": 7, "j": 0}, None),
    (_.i // _.j, {"i": INT_MIN, "j": -1}, None),
    (_.i // _.j, {"i": INT_MAX, "j": -1}, -INT_MAX),
    (_.d // _.e, {"d": Decimal("-0.01"), "e": Decimal("99.00")}, Decimal(-1)),
    (_.d // _.e, {"d": Decimal("7.50"), "e": Decimal("2.50")}, Decimal(3)),
    (_.i % _.j, {"i": -7, "j": 3}, 2),
    (_.i % _.j, {"i": 7, "j": -3}, -2),
    (_.i % _.j, {"i": 7, "j": 0}, None),
    (_.i % _.j, {"i": INT_MIN, "j": -1}, 0),
    (_.d % _.e, {"d": Decimal("-7.50"), "e": Decimal("2.00")}, Decimal("0.50")),
    (_.d % _.e, {"d": Decimal("7.50"), "e": Decimal("-2.00")}, Decimal("-0.50")),
    (_.i.abs(), {"i": INT_MIN}, Decimal(2**63)),
    (_.f.abs(), {"f": -0.5}, 0.5),
    (_.f.sign(), {"f": -0.0}, 0),
    (_.d.sign(), {"d": Decimal("-0.01")}, -1),
    (_.d.round(1), {"d": Decimal("0.25")}, Decimal("0.3")),
    (_.d.round(1), {"d": Decimal("-0.25")}, Decimal("-0.3")),
    (_.d.round(), {"d": Decimal("9999999999999999.99")}, Decimal(10**16)),
    (_.f.round(), {"f": 2.5}, 3.0),
    (_.f.round(), {"f": -2.5}, -3.0),
    (_.f.round(), {"f": 0.49999999999999994}, 0.0),
    (_.f.round(), {"f": 1e300}, 1e300),
    (_.d.floor(), {"d": Decimal("-0.01")}, Decimal(-1)),
    (_.d.ceil(), {"d": Decimal("-0.99")}, Decimal(0)),
    (_.f.floor(), {"f": -0.5}, -1.0),
    (_.f.ceil(), {"f": 0.5}, 1.0),
    (_.f.sqrt(), {"f": -1.0}, None),
    (_.i.sqrt(), {"i": 9}, 3.0),
    (_.f.ln(), {"f": 0.0}, None),
    (_.f.ln(), {"f": math.e}, 1.0),
    (_.f.exp(), {"f": 0.0}, 1.0),
    (_.f.exp(), {"f": 710.0}, None),
    (_.f.exp(), {"f": -1000.0}, 0.0),
    (_.f / _.g, {"f": 1.0, "g": 0.0}, None),
    (_.f * _.g, {"f": 1e308, "g": 10.0}, None),
    (ibis.least(_.i, _.j), {"i": 1, "j": 2}, 1),
    (ibis.least(_.i, _.j), {"i": 1}, None),
    (ibis.greatest(_.i, _.d, 3), {"i": 1, "d": Decimal("2.50")}, Decimal("3.00")),
    (ibis.greatest(_.s, _.t), {"s": "\U0001f600", "t": "\uffff"}, "\U0001f600"),
    (_.s < _.t, {"s": "\uffff", "t": "\U0001f600"}, True),
    (_.f == 0, {"f": -0.0}, True),
    (_.f.isin([0.0, 1.0]), {"f": -0.0}, True),
    (_.f.notin([0.0]), {}, None),
    (_.i.coalesce(_.d, 7), {}, Decimal("7.00")),
    (_.i.coalesce(_.j), {"j": 4}, 4),
    (_.s.fill_null("-"), {}, "-"),
    (_.s.nullif(""), {"s": ""}, None),
    (_.s.nullif(_.t), {"s": "a"}, "a"),
    (_.b.ifelse(1, 0), {}, 0),
    (_.b.ifelse(_.s, None), {"b": False, "s": "a"}, None),
    (ibis.cases((_.i > 1, "many"), (_.i > 0, "one")), {"i": 1}, "one"),
    (ibis.cases((_.i > 1, "many"), (_.i > 0, "one")), {"i": 0}, None),
    (_.s.cases(("a", 1), ("b", 2), else_=3), {}, 3),
    (_.d.cast("int"), {"d": Decimal("-1.99")}, -1),
    (_.f.cast("int"), {"f": 2.0**63}, None),
    (_.f.cast("int"), {"f": -(2.0**63)}, INT_MIN),
    (_.s.cast("int"), {"s": "+007"}, 7),
    (_.s.cast("int"), {"s": "1.0"}, None),
    (_.s.cast("int"), {"s": str(2**63)}, None),
    (_.b.cast("int"), {"b": True}, 1),
    (_.f.cast("decimal(18,2)"), {"f": 1.005}, Decimal("1.01")),
    (_.f.cast("decimal(18,4)"), {"f": 1e15}, None),
    (_.i.cast("decimal(18,4)"), {"i": 10**14 - 1}, Decimal(10**14 - 1)),
    (_.i.cast("decimal(18,4)"), {"i": 10**14}, None),
    (_.d.cast("decimal(3,1)"), {"d": Decimal("99.95")}, None),
    (_.d.cast("decimal(3,1)"), {"d": Decimal("99.94")}, Decimal("99.9")),
    (_.s.cast("decimal(18,2)"), {"s": "-1.005"}, Decimal("-1.01")),
    (_.s.cast("decimal(18,2)"), {"s": "1e3"}, None),
    (_.s.cast("double"), {"s": "1e3"}, 1000.0),
    (_.s.cast("double"), {"s": "NaN"}, None),
    (_.s.cast("double"), {"s": "1e400"}, None),
    (_.d.cast("string"), {"d": Decimal("-0.50")}, "-0.50"),
    (_.i.cast("string"), {"i": -7}, "-7"),
    (_.b.cast("string"), {"b": False}, "false"),
    (_.s.cast("boolean"), {"s": "True"}, True),
    (_.s.cast("boolean"), {"s": "1"}, None),
    (_.f.cast("boolean"), {"f": -0.0}, False),
    (_.s.length(), {"s": "a\U0001f600e\u0301"}, 4),
    (_.s.lower(), {"s": "AÉZ"}, "aÉz"),
    (_.s.upper(), {"s": "aßz"}, "AßZ"),
    (_.s.strip(), {"s": "\t a \xa0\n"}, "a \xa0"),
    (_.s.lstrip(), {"s": " a "}, "a "),
    (_.s.rstrip(), {"s": " a "}, " a"),
    (_.s.substr(1, 2), {"s": "a\U0001f600bc"}, "\U0001f600b"),
    (_.s[1:3], {"s": "abcd"}, "bc"),
    (_.s[0], {"s": ""}, ""),
    (_.s + "-" + _.t, {"s": "a", "t": "b"}, "a-b"),
    (_.s + _.t, {"s": "a"}, None),
    (_.s.contains("é"), {"s": "cafe\u0301"}, False),
    (_.s.startswith("a"), {"s": "ab"}, True),
    (_.s.endswith("a"), {"s": "ab"}, False),
    (_.s.replace("aa", "a"), {"s": "aaa"}, "aa"),
    (_.s.like("a_c%"), {"s": "a\U0001f600cd"}, True),
    (_.s.like("%b"), {"s": "abab"}, True),
    (_.s.like("a%b%c"), {"s": "abbb"}, False),
    (_.s.like("a"), {"s": "ab"}, False),
    (_.s.like("%ab"), {"s": "acb"}, False),
    (_.s.ilike("A%"), {"s": "ab"}, True),
    (_.at.hour(), {"at": -1}, 23),
    (_.at.second(), {"at": -1}, 59),
    (_.at.millisecond(), {"at": -1}, 999),
    (_.at.epoch_seconds(), {"at": -1}, -1),
    (_.at.year(), {"at": -1}, 1969),
    (_.at.year(), {"at": INT_MAX}, None),
    (_.at.quarter(), {"at": ms(2024, 4, 1)}, 2),
    (_.at.month(), {"at": ms(2024, 4, 1) - 1}, 3),
    (_.at.day(), {"at": ms(2024, 2, 29)}, 29),
    (_.at.day_of_year(), {"at": ms(2024, 12, 31)}, 366),
    (_.at.minute(), {"at": ms(2024, 1, 1, 3, 59)}, 59),
    (_.at.day_of_week.index(), {"at": ms(2024, 1, 1)}, 0),
    (_.at.day_of_week.index(), {"at": ms(2024, 1, 7)}, 6),
    (local_hour(_.at, "Europe/Berlin"), {"at": ms(2024, 3, 31, 1) - 1}, 1),
    (local_hour(_.at, "Europe/Berlin"), {"at": ms(2024, 3, 31, 1)}, 3),
    (local_hour(_.at, "Europe/Berlin"), {"at": ms(2099, 7, 1)}, 2),
    (local_hour(_.at, "Europe/Berlin"), {"at": ms(2100, 1, 1)}, None),
    (local_day_of_week(_.at, "Pacific/Kiritimati"), {"at": ms(2024, 1, 1, 10)}, 1),
    (haversine_km(_.f, 0, _.f, 0), {"f": 52.5}, 0.0),
    (haversine_km(_.f, 0, _.g, 0), {"f": 0.0, "g": 90.1}, None),
]  # fmt: skip


@pytest.mark.parametrize(("written", "event", "wanted"), BY_HAND, ids=str)
def test_an_operation_gives_what_is_written_here(
    written: Deferred, event: dict[str, Any], wanted: Value | None
) -> None:
    value = found(written, **event)

    assert value == wanted
    assert type(value) is type(wanted)


def test_places_are_as_far_apart_as_they_are() -> None:
    """A quarter of a meridian, to the antipode, and from Berlin to Paris by the law of cosines."""
    quarter = math.pi / 2 * 6371.0088
    berlin, paris = (math.radians(52.52), math.radians(13.405)), (math.radians(48.8566), math.radians(2.3522))
    cosine = math.sin(berlin[0]) * math.sin(paris[0]) + math.cos(berlin[0]) * math.cos(paris[0]) * math.cos(
        berlin[1] - paris[1]
    )

    assert found(haversine_km(_.f, _.f, 90, _.f), f=0.0) == pytest.approx(quarter, rel=1e-15)
    assert found(haversine_km(_.f, 0, -_.f, 180), f=12.5) == pytest.approx(2 * quarter, rel=1e-15)
    assert found(haversine_km(_.f, 13.405, _.g, 2.3522), f=52.52, g=48.8566) == pytest.approx(
        6371.0088 * math.acos(cosine), rel=1e-12
    )


@given(st.integers(INT_MIN, INT_MAX), st.integers(INT_MIN, INT_MAX).filter(bool))
def test_whole_quotient_and_remainder_belong_together(i: int, j: int) -> None:
    quotient, rest = found(_.i // _.j, i=i, j=j), found(_.i % _.j, i=i, j=j)

    assert isinstance(rest, int)
    assert abs(rest) < abs(j)
    assert quotient is None or quotient == (i - rest) // j


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e17, max_value=1e17))
def test_a_double_becomes_the_decimal_that_it_is_read_from(value: float) -> None:
    assert found(_.f.cast("decimal(38,20)"), f=value) == Decimal(repr(value)).quantize(
        Decimal("1e-20"), rounding="ROUND_HALF_UP", context=Context(prec=60)
    )
