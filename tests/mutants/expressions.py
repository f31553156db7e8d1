"""Faults in what expressions give, in the evaluator and in the SQL of either engine."""

from typing import Final

from tests.mutants.mutant import Mutant

BOUNDARY: Final = ("tests/unit/sql/test_boundary.py",)
BY_HAND: Final = ("tests/unit/algebra/test_evaluate_by_hand.py",)
ZONES: Final = ("tests/unit/define/test_zones.py",)
FLINK_TEXT: Final = ("tests/unit/sql/test_expressions.py",)  # the text; what Flink makes of it takes a Flink

EXPRESSIONS: Final = (
    Mutant(
        name="an expression's remainder has the sign of the dividend",
        file="millpond/algebra/evaluate.py",
        old="return _unsigned(_EXACT.add(rest, right) if rest and (rest < 0) != (right < 0) else rest)",
        new="return _unsigned(rest)",
        tests=BY_HAND,
    ),
    Mutant(
        name="an expression has a decimal -0.00",
        file="millpond/algebra/evaluate.py",
        old="    return _EXACT.plus(value)\n",
        new="    return value\n",
        tests=BOUNDARY,
    ),
    Mutant(
        name="an expression rounds half to even",
        file="millpond/algebra/evaluate.py",
        old='"round": _to_places(ROUND_HALF_UP, _half_away)',
        new='"round": _to_places(ROUND_HALF_UP, lambda value: float(round(value)))',
        tests=BY_HAND,
    ),
    Mutant(
        name="an expression's cast rounds down",
        file="millpond/algebra/evaluate.py",
        old="rounding: str = ROUND_HALF_UP",
        new="rounding: str = ROUND_FLOOR",
        tests=BY_HAND,
    ),
    Mutant(
        name="an expression's cast keeps what is too wide",
        file="millpond/algebra/evaluate.py",
        old="rounded.adjusted() < type.precision - type.scale else None",
        new="rounded.adjusted() <= type.precision - type.scale else None",
        tests=BY_HAND,
    ),
    Mutant(
        name="an expression's int wraps where -2**63 is divided by -1",
        file="millpond/algebra/evaluate.py",
        old="return whole if whole <= INT_MAX else None",
        new="return whole",
        tests=BY_HAND,
    ),
    Mutant(
        name="an expression reads digits of any script as a number",
        file="millpond/algebra/evaluate.py",
        old='_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,99}")',
        new='_WHOLE: Final = re.compile(r"[+-]?\\\\d{1,99}")',
        tests=BOUNDARY,
    ),
    Mutant(
        name="an expression's letters beyond ASCII change their case",
        file="millpond/algebra/evaluate.py",
        old="lambda text: text.translate(_UPPER)",
        new="lambda text: text.upper()",
        tests=BY_HAND,
    ),
    Mutant(
        name="an expression strips blanks of all of Unicode",
        file="millpond/algebra/evaluate.py",
        old='"strip": _of_values(lambda text: text.strip(_BLANKS))',
        new='"strip": _of_values(str.strip)',
        tests=BY_HAND,
    ),
    Mutant(
        name="an expression's pattern forgets its last star",
        file="millpond/algebra/evaluate.py",
        old="at, seen = resumed, star + 1",
        new="at, seen = resumed, seen",
        tests=BY_HAND,
    ),
    Mutant(
        name="an expression's case takes a null condition for true",
        file="millpond/algebra/evaluate.py",
        old="        if condition is True:\n            return value",
        new="        if condition is not False:\n            return value",
        tests=BY_HAND,
    ),
    Mutant(
        name="an expression's local time changes a millisecond late",
        file="millpond/plan/zones.py",
        old="bisect.bisect_right(changes, instant)",
        new="bisect.bisect_left(changes, instant)",
        tests=ZONES,
    ),
    Mutant(
        name="a zone's rules end with the file's list",
        file="millpond/define/zones.py",
        old="    changes += _by_rule(",
        new="    _by_rule(",
        tests=ZONES,
    ),
    Mutant(
        name="DuckDB multiplies with infinity",
        file="millpond/sql/duckdb_expressions.py",
        old='return f"CASE WHEN ABS({text}) <= {GREATEST_DOUBLE} THEN {text} END"',
        new="return text",
        tests=BOUNDARY,
    ),
    Mutant(
        name="DuckDB reads what is no number of ours",
        file="millpond/sql/duckdb_expressions.py",
        old="CASE WHEN regexp_full_match({x}, '{pattern}') THEN",
        new="CASE WHEN '{pattern}' <> '' THEN",
        tests=BOUNDARY,
    ),
    Mutant(
        name="DuckDB takes a zone's changes a millisecond late",
        file="millpond/sql/duckdb_expressions.py",
        old="CASE WHEN {at} < {changes[middle]} THEN",
        new="CASE WHEN {at} <= {changes[middle]} THEN",
        tests=BOUNDARY,
    ),
    Mutant(
        name="DuckDB's division of whole numbers goes toward zero",
        file="millpond/sql/duckdb_expressions.py",
        old='quotient = f"(({a} - {rest}) // {b})"',
        new='quotient = f"({a} // {b})"',
        tests=BOUNDARY,
    ),
    Mutant(
        name="DuckDB's haversine loses the antipode",
        file="millpond/sql/duckdb_expressions.py",
        old="atan2(sqrt({way}), sqrt({rest}))",
        new="asin(sqrt({way}))",
        tests=BOUNDARY,
    ),
    Mutant(
        name="Flink orders texts by UTF-16",
        file="millpond/sql/flink_expressions.py",
        old="        if call.args[0].type == STRING:",
        new="        if call.args[0].type == STRING and not args:",
        tests=FLINK_TEXT,
    ),
    Mutant(
        name="Flink tells -0.0 from 0.0 in a set",
        file="millpond/sql/flink_expressions.py",
        old='return f"UNSIGNED_ZERO({text})"',
        new="return text",
        tests=FLINK_TEXT,
    ),
    Mutant(
        name="Flink rounds a decimal twice on its way to a double",
        file="millpond/sql/flink_expressions.py",
        old='    ("decimal", "double"): _nearest,',
        new='    ("decimal", "double"): plain,',
        tests=FLINK_TEXT,
    ),
    Mutant(
        name="Flink pads the shorter text of a case",
        file="millpond/sql/expressions.py",
        old='if isinstance(arg, Constant) and arg.type.kind == "string" else text',
        new='if isinstance(arg, Constant) and arg.type.kind == "null" else text',
        tests=FLINK_TEXT,
    ),
)
