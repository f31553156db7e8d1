"""When an answer agrees with an oracle's: exactly, but for what is declared of doubles and quantiles."""

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from tests.oracles.asked import Answer, Asked

DOUBLES: Final = 1e-9  # of what is computed in doubles, relative
QUANTILES: Final = 0.01  # of a quantile, relative
MOST_DIGITS: Final = 38
SUBNORMAL: Final = 2.3e-308  # below the normal doubles no bucket is one percent of its values
_COMPUTED: Final = ("sum", "mean", "var", "std", "skew", "kurtosis")


def agrees(asked: Asked, got: Any, wanted: Answer, *, doubles: bool) -> bool:
    """Whether an answer is the oracle's.

    Args:
        doubles: it is computed from doubles.
    """
    if got is None or wanted is None:
        return got is None and wanted is None
    if asked.kind == "quantile":
        assert isinstance(wanted, int | float | Decimal)
        return math.isclose(got, float(wanted), rel_tol=QUANTILES, abs_tol=SUBNORMAL)
    if isinstance(wanted, tuple) and asked.kind in ("first", "last", "arg_min", "arg_max"):
        (wanted,) = wanted
    if doubles and isinstance(wanted, float) and asked.kind in _COMPUTED:
        return got is not None and math.isclose(got, wanted, rel_tol=DOUBLES, abs_tol=DOUBLES)
    if isinstance(wanted, tuple | dict):
        return bool(got == wanted) and [type(one) for one in got] == [type(one) for one in wanted]
    return bool(got == wanted) and isinstance(got, bool) == isinstance(wanted, bool)


def beyond(answer: Answer, scale: int | None) -> bool:
    """A sum that its type does not hold.

    Args:
        scale: of decimals, of which 38 digits are held; None of whole numbers, of which 64 bits are.
    """
    if isinstance(answer, float):
        return not math.isfinite(answer)
    if scale is None:
        assert isinstance(answer, int), answer
        return not -(2**63) <= answer < 2**63
    assert isinstance(answer, int | Decimal), answer
    return abs(Fraction(answer)) >= Fraction(10) ** (MOST_DIGITS - scale)
