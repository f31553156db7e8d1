"""Faults of windows: what they reach, which tiles answer them, and how long those are kept."""

from typing import Final

from tests.mutants.mutant import Mutant

WINDOWS: Final = ("tests/unit/plan/test_windows.py",)
PARTS: Final = ("tests/unit/store/test_parts.py",)
COMPILER: Final = ("tests/unit/define/test_compiler.py",)

WINDOWS_FAULTS: Final = (
    Mutant(
        name="a window reaches back a millisecond more",
        file="millpond/plan/bounds.py",
        old="(q - delay - size + 1) // s * s",
        new="(q - delay - size) // s * s",
        tests=WINDOWS,
    ),
    Mutant(
        name="the instant read is not in its window",
        file="millpond/plan/bounds.py",
        old="hi = q + 1 if delay == 0",
        new="hi = q if delay == 0",
        tests=WINDOWS,
    ),
    Mutant(
        name="a delayed head is not floored to its tile",
        file="millpond/plan/bounds.py",
        old="else (q - delay + 1) // s * s",
        new="else q - delay + 1",
        tests=WINDOWS,
    ),
    Mutant(
        name="a ring has no room for its delay",
        file="millpond/plan/windows.py",
        old="max((w.size_ms or 0) + w.delay_ms for w in windows)",
        new="max((w.size_ms or 0) for w in windows)",
        tests=WINDOWS,
    ),
    Mutant(
        name="a ring has no room for events ahead of now",
        file="millpond/plan/windows.py",
        old="return -(-reach // level) + 1 + -(-SKEW // level) + 2",
        new="return -(-reach // level) + 1 + 2",
        tests=WINDOWS,
    ),
    Mutant(
        name="a window is answered from tiles larger than its share",
        file="millpond/plan/windows.py",
        old="level <= window.size_ms * share and",
        new="level <= window.size_ms and",
        tests=WINDOWS,
    ),
    Mutant(
        name="a lifetime says that its delayed head is exact",
        file="millpond/define/compiler.py",
        old="is_whole = span.size_ms is None and span.delay_ms == 0",
        new="is_whole = span.size_ms is None",
        tests=COMPILER,
    ),
    Mutant(
        name="the tail error is a whole tile",
        file="millpond/define/compiler.py",
        old="or view.precision == EXACT else level - 1",
        new="or view.precision == EXACT else level",
        tests=COMPILER,
    ),
    Mutant(
        name="a slot too many is counted",
        file="millpond/store/parts.py",
        old="tile % self.slots",
        new="tile % (self.slots + 1)",
        tests=PARTS,
    ),
    Mutant(
        name="an idle ring is gone before its late events",
        file="millpond/store/parts.py",
        old="level.slots * level.size_ms + view.source.lateness_ms",
        new="level.slots * level.size_ms",
        tests=PARTS,
    ),
)
