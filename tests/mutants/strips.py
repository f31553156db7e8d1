"""Faults of strips: how they are written, what gives way in them, and how many of them are read at once."""

from typing import Final

from tests.mutants.mutant import Mutant

GUARD: Final = ("tests/integration/test_guard.py",)
ROWS: Final = ("tests/unit/serve/test_rows.py",)
STRIPS: Final = ("tests/unit/serve/test_strips.py",)
REWRITE: Final = ("tests/unit/materialize/test_rewrite.py",)
COUNTED: Final = ("tests/unit/review/test_counted.py",)
MODELLED: Final = ("tests/unit/review/test_modelled.py",)

STRIP_FAULTS: Final = (
    Mutant(
        name="a strip is not in order",
        file="millpond/store/strip.lua",
        old="      high = at\n",
        new="      low = at + 1\n",
        tests=GUARD,
    ),
    Mutant(
        name="a ring spans a tile more",
        file="millpond/store/strip.lua",
        old="unpack('<I4', strip, 5 + from * size) + slots <= tile do",
        new="unpack('<I4', strip, 5 + from * size) + slots < tile do",
        tests=GUARD,
    ),
    Mutant(
        name="what a strip drops is not told",
        file="millpond/store/strip.lua",
        old="      gone = unpack('<I4', strip, 5 + from * size) + 1\n",
        new="",
        tests=GUARD,
    ),
    Mutant(
        name="a tile that comes too late is not told to be gone",
        file="millpond/store/strip.lua",
        old="      call('SETRANGE', key, 0, pack('<I4', tile + 1))\n",
        new="",
        tests=GUARD,
    ),
    Mutant(
        name="a tile that comes too late is written",
        file="millpond/store/strip.lua",
        old="if not n and slots > 0 and count > 0 and tile + slots <= (header(count - 1)) then",
        new="if false then",
        tests=GUARD,
    ),
    Mutant(
        name="a lifetime loses tiles",
        file="millpond/store/strip.lua",
        old="if slots > 0 and at == count then",
        new="if at == count then",
        tests=GUARD,
    ),
    Mutant(
        name="the events of a tile outlive it",
        file="millpond/store/strip.lua",
        old="        call('HDEL', events, string.format('%d', (gone - 1) % slots))\n",
        new="",
        tests=GUARD,
    ),
    Mutant(
        name="a time to live does not start again",
        file="millpond/store/guard.lua",
        old="taken = taken or not old_n",
        new="taken = false",
        tests=GUARD,
    ),
    Mutant(
        name="a better row is looked for in the first tile of its strip",
        file="millpond/store/strip.py",
        old="if record.startswith(wanted)), None)",
        new="), None)",
        tests=REWRITE,
    ),
    Mutant(
        name="a tile that is gone from a strip is not missed",
        file="millpond/serve/rows.py",
        old="return first < self._gone",
        new="return first + 1 < self._gone",
        tests=ROWS,
    ),
    Mutant(
        name="of many, an entity's window reaches into the next one's tiles",
        file="millpond/serve/strips.py",
        old="np.clip(tiles, 0, _BEYOND)",
        new="tiles",
        tests=STRIPS,
    ),
    Mutant(
        name="of many, sums wrap at 64 bits",
        file="millpond/serve/strips.py",
        old='if running is None or strips.noted("bound", name, _bound) * most >= _SAFE:',
        new="if running is None:",
        tests=STRIPS,
    ),
    Mutant(
        name="of many, a wide number is taken for its lower word",
        file="millpond/serve/strips.py",
        old='return low if bool((column["hi"] == low >> 63).all()) else None',
        new="return low",
        tests=STRIPS,
    ),
    Mutant(
        name="of many, a window of nulls gives what stands in their place",
        file="millpond/serve/strips.py",
        old="        numbers[:-1][is_null] = worst\n        np.cumsum(~is_null, out=there[1:])\n",
        new="        np.cumsum(~is_null, out=there[1:])\n",
        tests=STRIPS,
    ),
    Mutant(
        name="of many, a window without a tile gives the next one's extreme",
        file="millpond/serve/strips.py",
        old="number if is_there else nothing for number",
        new="number for number",
        tests=STRIPS,
    ),
    Mutant(
        name="of many, later events at the head go unnoticed",
        file="millpond/serve/many.py",
        old="is_ahead = head * part.size + strips.last_of(head) > at",
        new="is_ahead = head * part.size + strips.last_of(head) > at + 1",
        tests=STRIPS,
    ),
    Mutant(
        name="of many, tiles that are gone are not missed",
        file="millpond/serve/many.py",
        old="            lacks |= first < strips.gone\n",
        new="",
        tests=STRIPS,
    ),
    Mutant(
        name="of many, a dead pipeline's values are present",
        file="millpond/serve/many.py",
        old="np.full(len(q), SEVERITY[health], np.int64)",
        new="np.zeros(len(q), np.int64)",
        tests=STRIPS,
    ),
    Mutant(
        name="of many, all are read at the clock's instant",
        file="millpond/serve/flow.py",
        old="latest[number] = max(latest[number], its_latest)",
        new="latest[number] = -1",
        tests=STRIPS,
    ),
    Mutant(
        name="a strip is counted with the slots it had",
        file="millpond/review/counted_sql.py",
        old="QUALIFY tile > max(tile) OVER (PARTITION BY key) - {spanned or 2**40}",
        new="",
        tests=COUNTED,
    ),
    Mutant(
        name="a strip is taken to fill up as a hash does",
        file="millpond/review/modelled.py",
        old="        if is_strip and part.slots is not None and span > part.slots * tile:\n",
        new="        if False:\n",
        tests=MODELLED,
    ),
)
