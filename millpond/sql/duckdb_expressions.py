"""The operations as DuckDB has them, made total where its own are not.

Nothing of it depends on the extension `icu`: instants are counted in UTC, and a zone's rules stand in the text.
"""

from collections.abc import Callable
from typing import Final

from millpond.plan.expr import Call, Constant, Field
from millpond.plan.operations import (
    EARTH_RADIUS_KM,
    GREATEST_EXPONENT,
    GREATEST_LATITUDE,
    GREATEST_LONGITUDE,
    LEAST_EXPONENT,
    LOCAL_PARTS,
    PARTS,
)
from millpond.plan.types import Kind, Type
from millpond.plan.windows import DAY
from millpond.plan.zones import FIRST_INSTANT, LAST_INSTANT, RULES_END, parsed
from millpond.sql.expressions import CastRule, Dialect, Rule, infix, plain

GREATEST_DOUBLE: Final = "1.7976931348623157E308"
# A double holds every whole number of 15 digits, and one division by a power of ten then rounds once.
EXACT_DIGITS_OF_A_DOUBLE: Final = 15


def once(body: Callable[..., str], *args: str) -> str:
    """`body` over names of the arguments, so that each is written, and computed, once; nested texts stay short."""
    named = ", ".join(f"'a{number}': {arg}" for number, arg in enumerate(args))
    names = [f"once.a{number}" for number in range(len(args))]
    return f"list_transform([{{{named}}}], lambda once: {body(*names)})[1]"


def finite(text: str, call: Call) -> str:
    """Null unless finite: no comparison with NaN is true, and infinities are greater than the greatest."""
    if any(isinstance(arg, Call) for arg in call.args):
        return once(_if_finite, text)
    return _if_finite(text)


def _if_finite(text: str) -> str:
    return f"CASE WHEN ABS({text}) <= {GREATEST_DOUBLE} THEN {text} END"


def _in(_dialect: Dialect, _call: Call, args: list[str]) -> str:
    return f"({args[0]} IN ({', '.join(args[1:])}))"


# --- numbers --------------------------------------------------------------------------------------------------------


def _function(name: str) -> Rule:
    return lambda _dialect, _call, args: f"{name}({', '.join(args)})"


def _to_places(name: str) -> Rule:
    def rule(dialect: Dialect, call: Call, args: list[str]) -> str:
        if call.type.kind == "double":
            return f"{name}({args[0]})"
        places = f", {call.type.scale}" if name == "round" else ""
        # Widened first: rounded up, 9.99 has a digit more than its type.
        held = call.args[0].type.as_decimal
        wide = Type("decimal", min(38, held.precision + 1), held.scale)
        return dialect.cast(f"{name}({dialect.cast(args[0], wide)}{places})", call.type)

    return rule


def _floor_div(dialect: Dialect, call: Call, args: list[str]) -> str:
    def body(a: str, b: str) -> str:
        rest = _rest(a, b)
        quotient = f"(({a} - {rest}) // {b})"
        return f"CASE WHEN {b} <> 0 THEN {quotient} END"

    whole = once(body, *_unscaled(call, args))
    return f"TRY_CAST({whole} AS {dialect.type_name(call.type)})"


def _mod(dialect: Dialect, call: Call, args: list[str]) -> str:
    rest = once(lambda a, b: f"CASE WHEN {b} <> 0 THEN {_rest(a, b)} END", *_unscaled(call, args))
    if call.type.scale:
        return once(lambda digits: _pointed(dialect, digits, call.type), rest)
    return dialect.cast(rest, call.type)


def _rest(a: str, b: str) -> str:
    """Of whole numbers, with the divisor's sign."""
    return f"CASE WHEN {a} % {b} <> 0 AND ({a} % {b} < 0) <> ({b} < 0) THEN {a} % {b} + {b} ELSE {a} % {b} END"


def _unscaled(call: Call, args: list[str]) -> list[str]:
    """Exact numbers without their point, in 128 bits; both sides have one scale."""
    if call.args[0].type.kind == "int":
        return [f"CAST({arg} AS HUGEINT)" for arg in args]
    return [f"CAST(replace(CAST({arg} AS VARCHAR), '.', '') AS HUGEINT)" for arg in args]


def _pointed(dialect: Dialect, digits: str, type: Type) -> str:
    """A whole number with its point put back: as text, for a division would be one of doubles."""
    whole = f"CAST(abs({digits}) AS VARCHAR)"
    padded = f"CASE WHEN length({whole}) > {type.scale} THEN {whole} ELSE lpad({whole}, {type.scale + 1}, '0') END"
    text = once(lambda shown: f"left({shown}, -{type.scale}) || '.' || right({shown}, {type.scale})", padded)
    return dialect.cast(f"(CASE WHEN {digits} < 0 THEN '-' ELSE '' END || {text})", type)


def _sqrt(_dialect: Dialect, _call: Call, args: list[str]) -> str:
    return once(lambda x: f"CASE WHEN {x} >= 0 THEN sqrt({x}) END", *args)


def _ln(_dialect: Dialect, _call: Call, args: list[str]) -> str:
    return once(lambda x: f"CASE WHEN {x} > 0 THEN ln({x}) END", *args)


def _exp(_dialect: Dialect, _call: Call, args: list[str]) -> str:
    return once(
        lambda x: (
            f"CASE WHEN {x} < {LEAST_EXPONENT} THEN CAST('0.0' AS DOUBLE) "
            f"WHEN {x} <= {GREATEST_EXPONENT} THEN exp({x}) END"
        ),
        *args,
    )


def _haversine_km(_dialect: Dialect, _call: Call, args: list[str]) -> str:
    def body(lat1: str, lon1: str, lat2: str, lon2: str) -> str:
        cosines = f"cos(radians({lat1})) * cos(radians({lat2}))"
        half_lat, half_lon = f"(radians({lat2} - {lat1}) / 2)", f"(radians({lon2} - {lon1}) / 2)"
        way = f"(sin({half_lat}) * sin({half_lat}) + {cosines} * (sin({half_lon}) * sin({half_lon})))"
        middle = f"sin(radians({lat1} + {lat2}) / 2)"
        rest = f"({middle} * {middle} + {cosines} * (cos({half_lon}) * cos({half_lon})))"
        known = " AND ".join(
            f"abs({angle}) <= {greatest}"
            for angle, greatest in (
                (lat1, GREATEST_LATITUDE),
                (lat2, GREATEST_LATITUDE),
                (lon1, GREATEST_LONGITUDE),
                (lon2, GREATEST_LONGITUDE),
            )
        )
        return f"CASE WHEN {known} THEN {2 * EARTH_RADIUS_KM} * atan2(sqrt({way}), sqrt({rest})) END"

    return once(body, *args)


# --- casts ----------------------------------------------------------------------------------------------------------

# As in algebra/evaluate.py.
WHOLE: Final = "[+-]?[0-9]{1,99}"
EXACT_NUMBER: Final = r"[+-]?([0-9]{1,99}(\.[0-9]{0,99})?|\.[0-9]{1,99})"
NUMBER: Final = EXACT_NUMBER + "([eE][+-]?[0-9]{1,9})?"


def _nearest(dialect: Dialect, call: Call, arg: str) -> str:
    if call.args[0].type.precision <= EXACT_DIGITS_OF_A_DOUBLE:
        return dialect.cast(arg, call.type)
    # Read from text, a double is the nearest in one step. DuckDB 2.0 casts as well (of 21,000 none was wrong); older
    # ones, which are allowed, need not.
    return dialect.cast(dialect.cast(arg, Type("string")), call.type)


def _tried(dialect: Dialect, call: Call, arg: str) -> str:
    return f"TRY_CAST({arg} AS {dialect.type_name(call.type)})"


def _tried_as_text(dialect: Dialect, call: Call, arg: str) -> str:
    return _tried(dialect, call, dialect.cast(arg, Type("string")))


def _truncated(dialect: Dialect, call: Call, arg: str) -> str:
    return _tried(dialect, call, f"trunc({arg})")


def _read(pattern: str) -> CastRule:
    def rule(dialect: Dialect, call: Call, arg: str) -> str:
        return once(lambda x: f"CASE WHEN regexp_full_match({x}, '{pattern}') THEN {_tried(dialect, call, x)} END", arg)

    return rule


def _double_read(dialect: Dialect, call: Call, arg: str) -> str:
    return once(_if_finite, _read(NUMBER)(dialect, call, arg))


def _as_text(dialect: Dialect, call: Call, arg: str) -> str:
    type = call.args[0].type
    if type.precision == type.scale < 38:
        # Where every digit is behind the point it writes none before it: ".50".
        arg = dialect.cast(arg, Type("decimal", type.precision + 1, type.scale))
    return dialect.cast(arg, call.type)


CASTS: Final[dict[tuple[Kind, Kind], CastRule]] = {
    ("int", "decimal"): plain,
    ("decimal", "decimal"): plain,
    ("int", "double"): plain,
    ("decimal", "double"): _nearest,
}
TRY_CASTS: Final[dict[tuple[Kind, Kind], CastRule]] = {
    ("int", "decimal"): _tried,
    ("decimal", "decimal"): _tried_as_text,
    ("double", "decimal"): _tried_as_text,
    ("string", "decimal"): _read(EXACT_NUMBER),
    ("decimal", "int"): _truncated,
    ("double", "int"): _truncated,
    ("string", "int"): _read(WHOLE),
    ("boolean", "int"): plain,
    ("string", "double"): _double_read,
    ("int", "string"): plain,
    ("decimal", "string"): _as_text,
    ("boolean", "string"): plain,
}


# --- texts ----------------------------------------------------------------------------------------------------------

_CAPITALS: Final = "'ABCDEFGHIJKLMNOPQRSTUVWXYZ'"
_SMALL: Final = _CAPITALS.lower()
_BLANKS: Final = "' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13)"


def _translated(these: str, those: str) -> Rule:
    return lambda _dialect, _call, args: f"translate({args[0]}, {these}, {those})"


def _trimmed(name: str) -> Rule:
    return lambda _dialect, _call, args: f"{name}({args[0]}, {_BLANKS})"


def _substr(_dialect: Dialect, _call: Call, args: list[str]) -> str:
    return f"substring({args[0]}, {args[1]} + 1, {args[2]})"


# --- instants -------------------------------------------------------------------------------------------------------

_OWN_NAMES: Final = {
    "year": "year",
    "quarter": "quarter",
    "month": "month",
    "day": "day",
    "day_of_year": "dayofyear",
    "hour": "hour",
    "minute": "minute",
}


def _part_of(name: str, instant: str) -> str:
    at = f"make_timestamp_ms({instant})"
    value = {
        "day_of_week": f"isodow({at}) - 1",
        "second": f"((({instant} % 60000) + 60000) % 60000) // 1000",
        "millisecond": f"(({instant} % 1000) + 1000) % 1000",
        "epoch_seconds": f"({instant} - (({instant} % 1000) + 1000) % 1000) // 1000",
    }.get(name) or f"{_OWN_NAMES[name]}({at})"
    return f"CASE WHEN {instant} BETWEEN {FIRST_INSTANT} AND {LAST_INSTANT} THEN {value} END"


def _part(name: str) -> Rule:
    return lambda dialect, call, args: dialect.cast(once(lambda at: _part_of(name, at), *args), call.type)


def _local_part(name: str) -> Rule:
    def rule(dialect: Dialect, call: Call, args: list[str]) -> str:
        rules = call.args[2]
        assert isinstance(rules, Constant)
        changes, ahead = parsed(str(rules.value))

        def shift(at: str) -> str:
            known = f"{at} BETWEEN {FIRST_INSTANT - DAY} AND {RULES_END - 1}"
            return f"CASE WHEN {known} THEN {at} + {_ahead(at, changes, ahead)} END"

        # A lambda is made ready anew for every 2,048 rows, which for so long a text takes twenty times as long.
        shifted = shift(args[0]) if isinstance(call.args[0], Field) else once(shift, args[0])
        return dialect.cast(once(lambda at: _part_of(name, at), shifted), call.type)

    return rule


def _ahead(at: str, changes: tuple[int, ...], ahead: tuple[int, ...]) -> str:
    """A search by halves: how far a zone is ahead of UTC at an instant."""
    if not changes:
        return f"({ahead[0]})"
    middle = len(changes) // 2
    before = _ahead(at, changes[:middle], ahead[: middle + 1])
    after = _ahead(at, changes[middle + 1 :], ahead[middle + 1 :])
    return f"CASE WHEN {at} < {changes[middle]} THEN {before} ELSE {after} END"


RULES: Final[dict[str, Rule]] = {
    "eq": infix("="),
    "ne": infix("<>"),
    "lt": infix("<"),
    "le": infix("<="),
    "gt": infix(">"),
    "ge": infix(">="),
    "in": _in,
    "round": _to_places("round"),
    "floor": _to_places("floor"),
    "ceil": _to_places("ceil"),
    "floor_div": _floor_div,
    "mod": _mod,
    "sqrt": _sqrt,
    "ln": _ln,
    "exp": _exp,
    "haversine_km": _haversine_km,
    "length": _function("length"),
    "lower": _translated(_CAPITALS, _SMALL),
    "upper": _translated(_SMALL, _CAPITALS),
    "strip": _trimmed("trim"),
    "lstrip": _trimmed("ltrim"),
    "rstrip": _trimmed("rtrim"),
    "substr": _substr,
    "contains": _function("contains"),
    "starts_with": _function("starts_with"),
    "ends_with": _function("ends_with"),
    "replace": _function("replace"),
    "like": infix("LIKE"),
    **{part: _part(part) for part in PARTS},
    **{f"local_{part}": _local_part(part) for part in LOCAL_PARTS},
}
