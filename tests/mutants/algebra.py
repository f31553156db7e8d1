"""Faults of the algebra: states, how they merge, and the values that they come to."""

from typing import Final

from tests.mutants.mutant import Mutant

PARTIALS: Final = ("tests/unit/algebra/test_partials.py",)
VALUES: Final = ("tests/unit/algebra/test_values.py",)
MARKS: Final = ("tests/unit/algebra/test_marks.py",)
REPLAY: Final = ("tests/unit/algebra/test_replay.py",)

ALGEBRA_FAULTS: Final = (
    Mutant(
        name="min is merged as a sum",
        file="millpond/algebra/partials.py",
        old='"min": _least,',
        new='"min": lambda a, b: (a or 0) + (b or 0),',
        tests=PARTIALS,
    ),
    Mutant(
        name="max of nothing is 0",
        file="millpond/algebra/partials.py",
        old='    "max": None,',
        new='    "max": 0,',
        tests=PARTIALS,
    ),
    Mutant(
        name="decimals go through float",
        file="millpond/algebra/partials.py",
        old="int(_WIDE.scaleb(Decimal(value), type.scale))",
        new="round(float(value) * 10**type.scale)",
        tests=PARTIALS,
    ),
    Mutant(
        name="a mean is divided in floats",
        file="millpond/algebra/values.py",
        old="return total / (count * 10 ** _scale(partials[0])) if count",
        new="return float(total) / count / 10.0 ** _scale(partials[0]) if count",
        tests=VALUES,
    ),
    Mutant(
        name="a sum of integers wraps past its type",
        file="millpond/algebra/values.py",
        old="not INT_MIN <= result <= INT_MAX",
        new="not INT_MIN <= result <= INT_MAX + 1",
        tests=VALUES,
    ),
    Mutant(
        name="the variance is that of the population",
        file="millpond/algebra/values.py",
        old="n * (n - 1) * 100",
        new="n * n * 100",
        tests=VALUES,
    ),
    Mutant(
        name="the skewness is not corrected for its bias",
        file="millpond/algebra/values.py",
        old="Fraction(n * (n - 1) * b * b, (n - 2) ** 2 * a**3)",
        new="Fraction(b * b, a**3)",
        tests=VALUES,
    ),
    Mutant(
        name="the kurtosis is not that in excess",
        file="millpond/algebra/values.py",
        old="(Fraction(c, a * a) - 3) + 6)",
        new="Fraction(c, a * a) + 6)",
        tests=VALUES,
    ),
    Mutant(
        name="a root is rounded twice",
        file="millpond/algebra/values.py",
        old="quotient(2 * found + inexact, 1 << places + 1)",
        new="found / (1 << places)",
        tests=VALUES,
    ),
    Mutant(
        name="a power loses its sign",
        file="millpond/algebra/partials.py",
        old="return size if whole >= 0 else -size",
        new="return size",
        tests=PARTIALS,
    ),
    Mutant(
        name="a limb is one digit short of what is summed",
        file="millpond/algebra/values.py",
        old="state * LIMB**partial.limb",
        new="state * (LIMB // 10) ** partial.limb",
        tests=VALUES,
    ),
    Mutant(
        name="the last event is the last that arrived",
        file="millpond/algebra/contribution.py",
        old="[text(tree) for tree in partial.order]",
        new="[text(tree) for tree in partial.order[:0]]",
        tests=VALUES,
    ),
    Mutant(
        name="a mark of negative numbers is ordered by their size",
        file="millpond/algebra/marks.py",
        old="bits ^ (_ALL if bits & _TOP else _TOP):016x",
        new="bits ^ _TOP:016x",
        tests=MARKS,
    ),
    Mutant(
        name="texts in marks are ordered by UTF-16",
        file="millpond/algebra/marks.py",
        old="_ODD.sub(_escaped, str(value)) + _END",
        new='str(value).replace("\\0", "\\0\\1") + _END',
        tests=MARKS,
    ),
    Mutant(
        name="an event all of whose fields are null is the last",
        file="millpond/algebra/marks.py",
        old="or (fields and all(text is None for text in fields))",
        new="",
        tests=MARKS,
    ),
    Mutant(
        name="a condition that is null holds",
        file="millpond/algebra/contribution.py",
        old="of(event) is True",
        new="of(event) is not False",
        tests=REPLAY,
    ),
)
