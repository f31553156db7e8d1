"""Faults of a read: the instant, the statuses, and which tiles a window takes."""

from typing import Final

from tests.mutants.mutant import Mutant

FLOW: Final = ("tests/unit/serve/test_flow.py",)
ROWS: Final = ("tests/unit/serve/test_rows.py",)

FLOW_FAULTS: Final = (
    Mutant(
        name="the head tile is left out",
        file="millpond/serve/part.py",
        old="first, end = lo // size, -(-hi // size)",
        new="first, end = lo // size, hi // size",
        tests=FLOW,
    ),
    Mutant(
        name="the tail tile is left out",
        file="millpond/serve/rows.py",
        old="slice(bisect_left(self.numbers, first)",
        new="slice(bisect_left(self.numbers, first + 1)",
        tests=FLOW,
    ),
    Mutant(
        name="a read may be further ahead than the skew",
        file="millpond/serve/flow.py",
        old="return min(max(now, latest), now + SKEW)",
        new="return max(now, latest)",
        tests=FLOW,
    ),
    Mutant(
        name="a slot in use again goes unnoticed",
        file="millpond/serve/rows.py",
        old="if self.newest < first + slots:",
        new="if self.newest <= first + slots:",
        tests=ROWS,
    ),
    Mutant(
        name="a sum of tiles wraps at 64 bits",
        file="millpond/serve/rows.py",
        old="sum(tiles.column(name)[some])",
        new="(sum(tiles.column(name)[some]) + 2**63) % 2**64 - 2**63",
        tests=ROWS,
    ),
    Mutant(
        name="a null in a tile is its zero",
        file="millpond/store/records.py",
        old="[None if null else number for",
        new="[number for",
        tests=ROWS,
    ),
)
