"""Faults of the guard: which of two rows of a tile stands."""

from typing import Final

from tests.mutants.mutant import Mutant

GUARD: Final = ("tests/integration/test_guard.py",)

GUARD_FAULTS: Final = (
    Mutant(
        name="the guard lets a tile that lost its first event pass",
        file="millpond/store/guard.lua",
        old="elseif old_n and first > old_first then",
        new="elseif false then",
        tests=GUARD,
    ),
    Mutant(
        name="the guard lets a tile of fewer events pass",
        file="millpond/store/guard.lua",
        old="elseif old_n and n < old_n then",
        new="elseif false then",
        tests=GUARD,
    ),
    Mutant(
        name="the guard lets an older tile take the slot",
        file="millpond/store/hash.lua",
        old="if tile < old_tile then",
        new="if false then",
        tests=GUARD,
    ),
    Mutant(
        name="the guard refuses the same tile again",
        file="millpond/store/guard.lua",
        old="elseif old_n and n < old_n then",
        new="elseif old_n and n <= old_n then",
        tests=GUARD,
    ),
)
