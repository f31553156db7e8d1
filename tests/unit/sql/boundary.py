"""Every operation an author may write, over values at the edges of their types: the table that proves engines equal.

Of each type there are two columns, and the rows hold every pair of its values; so has a nested column every pair of
what it is made of.
"""

import math
import random
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Final

import ibis

from millpond import _, haversine_km, local_day_of_week, local_hour
from millpond.define.expressions import bind
from millpond.plan.errors import DefinitionError
from millpond.plan.expr import Expr, Field, fields_of
from millpond.plan.operations import call, cast_to
from millpond.plan.types import INT_MAX, INT_MIN, Type
from tests.unit.define.sample import schema

LONGEST: Final = 3000  # of a tree written out: rules of zones are left out by it
TOLERANCE: Final = 1e-9  # declared; what was found is below 1e-14


def _instants() -> tuple[Any, ...]:
    """The edges of what has parts, and of summer time, to the millisecond."""
    summer = (datetime(2024, 3, 31, 1, tzinfo=UTC), datetime(2024, 10, 27, 1, tzinfo=UTC))
    changes = [int(at.timestamp()) * 1000 for at in summer]
    leap = int(datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC).timestamp()) * 1000 + 999
    ancient = int(datetime(1893, 3, 31, 23, 6, 32, tzinfo=UTC).timestamp()) * 1000  # Berlin's first change
    return (
        None, 0, -1, 1, -1001, 999, *changes, *(at - 1 for at in changes), leap, ancient, ancient - 1,
        1_700_000_000_000, 951_827_696_123, -62_135_596_800_000, -62_135_596_800_001, -62_135_600_000_000,
        253_402_300_799_999, 253_402_300_800_000, 4_102_444_799_999, 4_102_444_800_000, INT_MAX, INT_MIN,
    )  # fmt: skip


def _decimals(*texts: str) -> tuple[Any, ...]:
    return (None, *map(Decimal, texts))


_DOUBLES: Final = (
    None,
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    1.5,
    2.5,
    -2.5,
    0.1,
    1.005,
    0.49999999999999994,
    1e-7,
    5e-324,
    -5e-324,
    1.7976931348623157e308,
    -1.7976931348623157e308,
    2.0**53,
    2.0**53 + 2,
    2.0**63,
    -(2.0**63),
    9223372036854774784.0,
    1e22,
    1e23,
    123456.789,
    709.78,
    709.79,
    -745.0,
    1e-300,
    2.2250738585072014e-308,
    4503599627370495.5,
)
_TEXTS: Final = (
    None,
    "",
    " ",
    "a",
    "a ",
    " a",
    "A",
    "b",
    "abc",
    "ABC",
    "aXbX",
    "é",
    "e\u0301",
    "É",
    "ß",
    "\u017f",
    "İ",
    "\U0001f600",
    "\U0001f600a",
    "a\U0001f600b",
    "\uffff",
    "\ue000",
    "nul\0l",
    "\0",
    "%_",
    "a%",
    "\t\n\r\x0b\x0c x\xa0",
    "\x1c",
    "\x85",
    "o'clock",
    "back\\slash",
    "a" * 300,
)
_NUMERALS: Final = (
    None,
    "",
    " ",
    "0",
    "-0",
    "-0.0",
    "12",
    "+12",
    " 12",
    "12 ",
    "1_000",
    "0x1F",
    "1e3",
    "1.5e3",
    ".5",
    "5.",
    ".",
    "+",
    "1.005",
    "-1.005",
    "2.675",
    "0.00005",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "99999999999999.99995",
    "99999999999999.99994",
    "1e400",
    "-1e400",
    "1e-400",
    "1e308",
    "1e999999999",
    "1e9999999999",
    "NaN",
    "Infinity",
    "-inf",
    "12345678901234567890123456789012345678",
    "1" + "0" * 98,
    "1" + "0" * 99,
    "0" * 98 + "7",
    "0." + "0" * 99,
    "0." + "9" * 99,
    "2.2250738585072011e-308",
    "9007199254740993",
    "true",
    "TRUE",
    "False",
    "t",
    "\uff11\uff12",
    "12\0",
    "1\n",
    "--1",
)
_COLUMNS: Final[dict[str, tuple[str, tuple[Any, ...]]]] = {
    "int": ("int", (None, 0, 1, -1, 2, 7, -7, 10, 1000, 2**53, 2**53 + 1, 2**53 - 1, INT_MAX, INT_MIN, INT_MAX - 1)),
    "money": (
        "decimal(18,2)",
        _decimals(
            "0.00",
            "0.01",
            "-0.01",
            "0.50",
            "-0.50",
            "1.00",
            "1.50",
            "2.50",
            "-2.50",
            "9.99",
            "9999999999999999.99",
            "-9999999999999999.99",
            "90071992547409.93",
            "1234567890123456.78",
        ),
    ),
    "narrow": ("decimal(3,3)", _decimals("0.000", "0.999", "-0.999", "0.500", "-0.500", "0.001")),
    "wide": (
        "decimal(38,10)",
        _decimals(
            "0.0000000000",
            "0.0000000001",
            "-0.0000000001",
            "1.5000000000",
            "-2.5000000000",
            "9999999999999999999999999999.9999999999",
            "-9999999999999999999999999999.9999999999",
            "9223372036854775807.9999999999",
            "9223372036854775808.0000000000",
            "-9223372036854775808.9999999999",
            "12345678901234.5670000000",
            "0.1000000000",
        ),
    ),
    "whole": (
        "decimal(38,0)",
        _decimals("0", "1", "-1", "7", "-7", "9" * 38, "-" + "9" * 38, str(2**63), str(-(2**63))),
    ),
    "double": ("double", _DOUBLES),
    "text": ("string", _TEXTS),
    "numeral": ("string", _NUMERALS),
    "yes": ("boolean", (None, True, False)),
    "at": ("timestamp", _instants()),
    "lat": ("double", (None, 0.0, -0.0, 52.52, 52.520001, -52.52, 90.0, -90.0, 90.1, 1e-9, -1e308, 45.0)),
    "lon": ("double", (None, 0.0, 13.405, -166.595, 180.0, -180.0, 359.0, -360.0, 361.0, 13.4050000001, 1e308, 90.0)),
}
TYPES: Final = {f"{name}{copy}": Type.parse(type) for name, (type, _) in _COLUMNS.items() for copy in ("", "_2")}
FIELDS: Final = {name: Field(name, type) for name, type in TYPES.items()}
ROWS: Final = max(len(_DOUBLES), len(_TEXTS)) ** 2  # of numerals, which are read one by one, not every pair


@cache
def rows() -> list[dict[str, Any]]:
    """Every pair of values of each type; latitudes of one place beside longitudes of both."""
    made = []
    for number in range(ROWS):
        row = {}
        for name, (_type, values) in _COLUMNS.items():
            size = len(values)
            turned = number // size**2 * 5 if name == "lon" else 0
            row[name] = values[(number + turned) % size]
            row[f"{name}_2"] = values[(number // size + turned) % size]
        made.append(row)
    return made


@dataclass(frozen=True, kw_only=True)
class Case:
    """An expression to be proven equal.

    Args:
        operation: what it is of: a row of the page.
        spelling: as an author writes it.
        tree: bound to the columns.
        tolerance: how far doubles may lie apart, relatively; 0 means to the last bit.
    """

    operation: str
    spelling: str
    tree: Expr
    tolerance: float

    @property
    def takes(self) -> tuple[str, ...]:
        """The types of its columns, in order."""
        return tuple(dict.fromkeys(str(field.type) for field in fields_of(self.tree)))

    @property
    def written(self) -> str:
        """As an author writes it: columns are fields of `_`."""
        return re.sub(
            r"(?<![\w'.])(" + "|".join(sorted(TYPES, key=len, reverse=True)) + r")\b(?!')", r"_.\1", self.spelling
        )

    def equal(self, one: Any, other: Any) -> bool:
        """Whether two results are the same, of the same sort, and doubles to the sign of a zero."""
        if one is None or other is None or isinstance(one, bool) or isinstance(other, bool):
            return one is other
        if isinstance(one, float) and isinstance(other, float):
            if self.tolerance and one and other:
                return math.isclose(one, other, rel_tol=self.tolerance)
            return one == other and math.copysign(1, one) == math.copysign(1, other)
        return bool(one == other)

    def told(self, row: dict[str, Any]) -> dict[str, Any]:
        """What a row gives it."""
        return {field.name: row[field.name] for field in fields_of(self.tree)}

    def distinct(self) -> int:
        """How many different arguments the rows give it."""
        return len({repr(self.told(row)) for row in rows()})


_WRITTEN: Final[dict[str, tuple[str, ...]]] = {
    "==": (
        "int == int_2",
        "money == wide",
        "double == double_2",
        "text == text_2",
        "yes == yes_2",
        "at == at_2",
        "double == 0",
    ),
    "!=": ("int != int_2", "money != money_2", "double != double_2", "text != text_2", "yes != yes_2", "at != at_2"),
    "<": ("int < int_2", "money < wide", "double < double_2", "text < text_2", "at < at_2", "text < '\\uffff'"),
    "<=": ("int <= int_2", "double <= double_2", "text <= text_2", "at <= at_2"),
    ">": ("int > int_2", "double > double_2", "text > text_2", "at > at_2", "int > double"),
    ">=": ("int >= int_2", "double >= double_2", "text >= text_2", "at >= at_2"),
    "between": ("double.between(-0.0, 1.5)", "text.between('a', '\\U0001f600')", "int.between(-1, 7)"),
    "isin": (
        "double.isin([0.0, 1.0])",
        "double.isin([-0.0, 2.5])",
        "double.isin([0.0, 1.0, 2.5, 0.5, 0.1, 1.005])",
        "(double + double_2).isin([0.0, 1.0, 2.0])",
        "text.isin(['a', 'é', 'abc', ''])",
        "int.isin([0, 9223372036854775807])",
        "money.isin([0.5, 9.99])",
        "text.isin(['a ', 'nul\\0l'])",
    ),
    "notin": ("double.notin([0.0, 1.0])", "text.notin(['a', 'b'])"),
    "isnull": ("double.isnull()", "text.isnull()", "at.isnull()"),
    "notnull": ("int.notnull()", "text.notnull()"),
    "&": ("yes & yes_2", "(double > 0) & (double < 2)"),
    "|": (
        "yes | yes_2",
        "(double == 0) | (double == 1)",
        "(text == 'a') | (text == 'a ')",
        "(double == 0) | double.isnull()",
        "(money == 1) | (money == 2.5)",
        "(text < 'b') | (text > '\\uffff')",
    ),
    "~": ("~yes", "~(text == 'a')"),
    "+": ("int + int_2", "money + narrow", "double + double_2", "narrow + money % 1"),
    "-": ("int - int_2", "money - money_2", "double - double_2"),
    "*": ("int * int_2", "money * narrow", "money * money_2", "double * double_2"),
    "/": (
        "int / int_2",
        "money / money_2",
        "double / double_2",
        "wide / whole",
        "double / double_2 / double / double_2 / double",
    ),
    "unary -": ("-int", "-wide", "-double"),
    "//": (
        "int // int_2",
        "money // money_2",
        "wide // wide_2",
        "whole // whole_2",
        "int // 7",
        "money // 0.5",
        "narrow // narrow_2",
    ),
    "%": ("int % int_2", "money % money_2", "wide % wide_2", "whole % whole_2", "int % 7", "narrow % narrow_2"),
    "abs": ("int.abs()", "wide.abs()", "double.abs()"),
    "sign": ("int.sign()", "wide.sign()", "double.sign()"),
    "round": (
        "money.round()",
        "money.round(1)",
        "wide.round(2)",
        "narrow.round(2)",
        "narrow.round()",
        "double.round()",
        "int.round()",
    ),
    "floor": ("money.floor()", "wide.floor()", "narrow.floor()", "double.floor()", "int.floor()"),
    "ceil": ("money.ceil()", "wide.ceil()", "narrow.ceil()", "double.ceil()"),
    "sqrt": ("double.sqrt()", "int.sqrt()", "wide.sqrt()"),
    "ln": ("double.ln()", "int.ln()", "wide.log()"),
    "exp": ("double.exp()", "money.exp()", "(double / 7).exp()"),
    "least": (
        "ibis.least(int, int_2)",
        "ibis.least(money, wide, 1)",
        "ibis.least(double, double_2)",
        "ibis.least(text, text_2)",
        "ibis.least(at, at_2)",
    ),
    "greatest": ("ibis.greatest(int, int_2)", "ibis.greatest(double, double_2, 0.5)", "ibis.greatest(text, text_2)"),
    "haversine_km": (
        "haversine_km(lat, lon, lat_2, lon_2)",
        "haversine_km(lat, 13.4, 52.5, lon)",
        "haversine_km(lat, lon, -lat, lon + 180)",
    ),
    "coalesce": (
        "int.coalesce(int_2)",
        "text.fill_null('none')",
        "money.coalesce(wide, 0)",
        "double.fill_null(0)",
        "at.coalesce(at_2)",
        "yes.fill_null(False)",
        "text.coalesce('a').length()",
    ),
    "nullif": ("int.nullif(0)", "double.nullif(0.0)", "text.nullif('')", "money.nullif(wide)"),
    "ifelse": (
        "yes.ifelse(text, 'no')",
        "yes.ifelse('a', 'abc') + '|'",
        "(double > 0).ifelse(int, None)",
        "yes.ifelse(1, money)",
    ),
    "ibis.cases": (
        "ibis.cases((yes, 'a'), (yes_2, 'abc'), else_='')",
        "ibis.cases((int > 0, money), (yes, 0.5))",
        "ibis.cases((int / int_2 > 1, 1), else_=0)",
    ),
    "cases": ("text.cases(('a', 1), ('abc', 2), else_=0)", "double.cases((0.0, 'zero'), (1.0, None), else_='other')"),
    "cast to int": (
        "money.cast('int')",
        "wide.cast('int')",
        "double.cast('int')",
        "numeral.cast('int')",
        "text.cast('int')",
        "yes.cast('int')",
    ),
    "cast to decimal": (
        "int.cast('decimal(18,4)')",
        "int.cast('decimal(38,4)')",
        "money.cast('decimal(4,1)')",
        "wide.cast('decimal(18,4)')",
        "narrow.cast('decimal(2,2)')",
        "double.cast('decimal(18,4)')",
        "double.cast('decimal(38,10)')",
        "double.cast('decimal(38,0)')",
        "double.cast('decimal(4,3)')",
        "numeral.cast('decimal(18,4)')",
        "numeral.cast('decimal(38,0)')",
        "text.try_cast('decimal(3,3)')",
        "numeral.try_cast('decimal(3,3)')",
        "double.cast('decimal(38,37)')",
        "numeral.cast('decimal(38,38)')",
        "wide.cast('decimal(38,38)')",
    ),
    "cast to double": (
        "int.cast('double')",
        "money.cast('double')",
        "wide.cast('double')",
        "whole.cast('double')",
        "numeral.cast('double')",
        "narrow.cast('double')",
    ),
    "cast to string": (
        "int.cast('string')",
        "money.cast('string')",
        "wide.cast('string')",
        "narrow.cast('string')",
        "yes.cast('string')",
        "(-narrow).cast('string')",
    ),
    "cast to boolean": ("int.cast('boolean')", "double.cast('boolean')", "numeral.cast('boolean')"),
    "length": ("text.length()", "numeral.length()"),
    "lower": ("text.lower()",),
    "upper": ("text.upper()",),
    "strip": ("text.strip()", "numeral.strip()"),
    "lstrip": ("text.lstrip()",),
    "rstrip": ("text.rstrip()",),
    "substr": ("text.substr(0, 1)", "text.substr(1, 2)", "text.substr(2)", "text.substr(0, 0)", "text.left(3)"),
    "slice": ("text[0:2]", "text[1:]", "text[0]", "text[3:1]"),
    "+ of texts": ("text + text_2", "text + '|' + text_2", "'a ' + text"),
    "contains": ("text.contains(text_2)", "text.contains('')", "text.contains('\\u0301')"),
    "startswith": ("text.startswith(text_2)", "text.startswith('a')"),
    "endswith": ("text.endswith(text_2)", "text.endswith(' ')"),
    "replace": (
        "text.replace('a', 'bb')",
        "text.replace('X', '')",
        "text.replace('aa', 'a')",
        "text.replace('\\0', '\\\\1$1')",
    ),
    "like": (
        "text.like('a%')",
        "text.like('_')",
        "text.like('%a_%b%')",
        "text.like('%\\\\%')",
        "text.like('')",
        "text.like('%')",
        "text.like('a_b')",
    ),
    "ilike": ("text.ilike('A%')", "text.ilike('%C')"),
    **{
        part: (f"at.{part}()",)
        for part in (
            "year",
            "quarter",
            "month",
            "day",
            "day_of_year",
            "hour",
            "minute",
            "second",
            "millisecond",
            "epoch_seconds",
        )
    },
    "day_of_week": ("at.day_of_week.index()",),
    "local_hour": (
        "local_hour(at, 'Europe/Berlin')",
        "local_hour(at, 'UTC')",
        "local_hour(at, 'Asia/Kathmandu')",
        "local_hour(at, 'America/St_Johns')",
    ),
    "local_day_of_week": ("local_day_of_week(at, 'Europe/Berlin')", "local_day_of_week(at, 'Pacific/Kiritimati')"),
}
_TOLERANT: Final = ("ln", "exp", "haversine_km")


@cache
def cases() -> list[Case]:
    """All of them."""
    columns = schema({name: str(type) for name, type in TYPES.items()})
    names = {
        "ibis": ibis, "haversine_km": haversine_km, "local_hour": local_hour, "local_day_of_week": local_day_of_week,
        **{name: _[name] for name in TYPES},
    }  # fmt: skip
    return [
        Case(
            operation=operation,
            spelling=spelling,
            tree=bind(eval(spelling, {"__builtins__": {}}, names), columns.fields),
            tolerance=TOLERANCE if operation in _TOLERANT else 0.0,
        )
        for operation, spellings in _WRITTEN.items()
        for spelling in spellings
    ]


# What nested() puts around other trees. Without what has a tolerance, or takes constants alone.
_NESTED: Final = {
    1: ("not", "is_null", "neg", "abs", "floor", "ceil", "sqrt", "length", "lower", "upper", "strip", "hour", "year"),
    2: (
        *("eq", "ne", "lt", "le", "gt", "ge", "and", "or", "add", "sub", "mul", "div", "floor_div", "mod"),
        *("coalesce", "concat", "contains", "starts_with"),
    ),
    3: ("case", "coalesce", "concat", "and", "or"),
}
_CAST_TO: Final = tuple(map(Type.parse, ("int", "decimal(18,4)", "decimal(38,10)", "double", "string", "boolean")))


@cache
def nested(count: int, seed: int) -> list[Case]:
    """Operations in operations in operations, at random."""
    draw = random.Random(seed)
    below: list[Expr] = [*FIELDS.values(), *(case.tree for case in cases() if not case.tolerance)]
    made: list[Expr] = []
    while len(made) < count:
        size = draw.choice((1, 2, 2, 2, 3, 4))
        try:
            if size > len(_NESTED):
                tree = cast_to(draw.choice(below), draw.choice(_CAST_TO))
            else:
                tree = call(draw.choice(_NESTED[size]), *(draw.choice(below) for _ in range(size)))
        except DefinitionError:
            continue  # the types did not fit, or the result was too wide: draw again
        if tree not in below and len(str(tree)) < LONGEST:
            made.append(tree)
            below.append(tree)
    return [Case(operation="nested", spelling=f"nested {i}", tree=tree, tolerance=0.0) for i, tree in enumerate(made)]
