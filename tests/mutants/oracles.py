"""Faults of the oracles, which judge all others."""

from typing import Final

from tests.mutants.mutant import Mutant

ORACLES: Final = ("tests/unit/oracles/test_aggregations.py",)

ORACLES_FAULTS: Final = (
    Mutant(
        name="oracle: a window reaches back a millisecond less",
        file="tests/oracles/aggregations.py",
        old="lo = (q - delay - asked.window_ms + 1) // step * step",
        new="lo = (q - delay - asked.window_ms + 2) // step * step",
        tests=ORACLES,
    ),
    Mutant(
        name="oracle: event ids settle nothing",
        file="tests/oracles/aggregations.py",
        old="return event.ts, _null_first((event.id,)),",
        new="return event.ts, 0,",
        tests=ORACLES,
    ),
    Mutant(
        name="oracle: what was there at the window's first is not new",
        file="tests/oracles/aggregations.sql",
        old="WHERE earliest >= lo",
        new="WHERE earliest > lo",
        tests=ORACLES,
    ),
    Mutant(
        name="oracle: the greatest of the most frequent comes first",
        file="tests/oracles/aggregations.sql",
        old="times DESC, x ASC",
        new="times DESC, x DESC",
        tests=ORACLES,
    ),
)
