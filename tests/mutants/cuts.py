"""Faults in what a reader makes of the tiles that a window cuts, and in the tiles that a plan has for it."""

from typing import Final

from tests.mutants.mutant import Mutant

CUT: Final = ("tests/unit/serve/test_cut.py",)
NEW: Final = ("tests/unit/serve/test_count_new.py",)
EVENTS: Final = ("tests/unit/serve/test_events.py",)
EVERY: Final = ("tests/unit/serve/test_every_aggregation.py",)
OWN_EVENT: Final = ("tests/unit/serve/test_own_event.py",)
TALLIES: Final = ("tests/unit/algebra/test_tallies.py",)
COMPILER: Final = ("tests/unit/define/test_compiler.py",)
WINDOWS: Final = ("tests/unit/plan/test_windows.py",)

CUTS: Final = (
    # --- what a tile's tally tells of the window that cuts it ---------------------------------------------------------
    Mutant(
        name="values that a tile met before the window are met in it",
        file="millpond/serve/states.py",
        old="met_in(tiles.marks(name, cut.alone), since=instant(chosen.start))",
        new="met_in(tiles.marks(name, cut.alone))",
        tests=CUT,
    ),
    Mutant(
        name="values that a tile met behind the window are met in it",
        file="millpond/serve/states.py",
        old="without=_given(cut.unwanted, of)",
        new="without=()",
        tests=CUT,
    ),
    Mutant(
        name="a value is not met in a tile of which one of its events is taken out",
        file="millpond/algebra/tallies.py",
        old="int(entry[-NUMBERS:FIRST], 16) > out[entry[:-NUMBERS]]",
        new="entry[:-NUMBERS] not in out",
        tests=CUT,
    ),
    Mutant(
        name="a value that gave way in a tile is not met in its events either",
        file="millpond/serve/states.py",
        old="return None if told.is_capped else told",
        new="return told",
        tests=CUT,
    ),
    Mutant(
        name="the events of a head tell of more values than are kept",
        file="millpond/serve/states.py",
        old="return None if len(marks) > most else Met(marks, is_capped=False)",
        new="return Met(marks, is_capped=False)",
        tests=CUT,
    ),
    Mutant(
        name="values are told without their numbers to those that need them",
        file="millpond/serve/states.py",
        old="is_met = all(one.aggregation",
        new="is_met = any(one.aggregation",
        tests=EVERY,
    ),
    Mutant(
        name="a tail counts whole where more is asked than what was met since when",
        file="millpond/serve/states.py",
        old="return all(one.aggregation in _MET_SINCE",
        new="return any(one.aggregation in _MET_SINCE",
        tests=EVERY,
    ),
    Mutant(
        name="the record of other events tells of a tail",
        file="millpond/serve/cut.py",
        old="self.is_tail = is_tail and is_whole",
        new="self.is_tail = is_tail",
        tests=CUT,
    ),
    Mutant(
        name="a value all of whose events are taken out stays in its tally",
        file="millpond/algebra/tallies.py",
        old="if n > out:",
        new="if n >= out:",
        tests=CUT,
    ),
    Mutant(
        name="the tally of events keeps the last marks instead of the first",
        file="millpond/algebra/tallies.py",
        old="tuple(entries[:most]), len(entries)",
        new="tuple(entries[-most:]), len(entries)",
        tests=CUT,
    ),
    Mutant(
        name="of a value that was met before the first time decides whether it is new",
        file="millpond/algebra/tallies.py",
        old="at = text.rfind(wanted)",
        new="at = text.find(wanted)",
        tests=TALLIES,
    ),
    Mutant(
        name="the first tile of what is new is one of those before",
        file="millpond/serve/states.py",
        old="(chosen.end - max(spans)) // size,",
        new="(chosen.end - max(spans)) // size + 1,",
        tests=NEW,
    ),
    Mutant(
        name="a tile tells what is new that holds both the window's first instant and the first that is remembered",
        file="millpond/serve/states.py",
        old="return any(one.parameters.keep_ms",
        new="return False and any(one.parameters.keep_ms",
        tests=NEW,
    ),
    Mutant(
        name="of the tiles before those that met no value of the window are not told to be capped",
        file="millpond/algebra/tallies.py",
        old="if found or is_capped else None",
        new="if found else None",
        tests=TALLIES,
    ),
    # --- counts, sums, extremes and what is told by time --------------------------------------------------------------
    Mutant(
        name="what is to be taken out of a sum is added to it",
        file="millpond/serve/states.py",
        old="total -= event.gives(of) or 0",
        new="total += event.gives(of) or 0",
        tests=CUT,
    ),
    Mutant(
        name="events are taken out of a sum that their tile is not in",
        file="millpond/serve/states.py",
        old="merged(tiles, chosen.with_removals)",
        new="merged(tiles, chosen.tiles)",
        tests=CUT,
    ),
    Mutant(
        name="the greatest of a cut tile is the least",
        file="millpond/serve/states.py",
        old="min if partial.function in _FROM_THE_FIRST else max",
        new="min",
        tests=CUT,
    ),
    Mutant(
        name="the last event of a cut tile is its first",
        file="millpond/serve/states.py",
        old="reversed(cut.wanted) if is_first else cut.wanted",
        new="reversed(cut.wanted)",
        tests=CUT,
    ),
    Mutant(
        name="the tiles of a window are searched from its first on for the last event",
        file="millpond/serve/states.py",
        old="places if is_first else reversed(places)",
        new="places",
        tests=EVERY,
    ),
    Mutant(
        name="the last event of a window is looked for in its tail first",
        file="millpond/serve/states.py",
        old="chain(*(parts if is_first else parts[::-1]))",
        new="chain(*parts)",
        tests=CUT,
    ),
    Mutant(
        name="a head alone is taken for a tail",
        file="millpond/serve/cut.py",
        old="self.cut[-1].place < self.tiles.stop",
        new="self.cut[-1].place <= self.tiles.stop",
        tests=CUT,
    ),
    Mutant(
        name="an event counts whose condition is null",
        file="millpond/serve/gives.py",
        old='parts[place] == "1"',
        new='parts[place] != "0"',
        tests=CUT,
    ),
    Mutant(
        name="a kept event all of whose fields are null is the last",
        file="millpond/algebra/marks.py",
        old="or (fields and all(text is None for text in fields))",
        new="",
        tests=CUT,
    ),
    # --- which events a window is made of -----------------------------------------------------------------------------
    Mutant(
        name="the oldest event that a tile kept is taken for the first it had",
        file="millpond/serve/tile_events.py",
        old="self.since(ts) < len(self.texts)",
        new="self.since(ts) <= len(self.texts)",
        tests=EVENTS,
    ),
    Mutant(
        name="of two events without ids only the last is before the request's",
        file="millpond/serve/tile_events.py",
        old="and not (len(texts) > 1 and texts[1].startswith(text))",
        new="",
        tests=OWN_EVENT,
    ),
    Mutant(
        name="the request's event is not among those that are taken out",
        file="millpond/serve/cut.py",
        old="chain(range(self._end), self._out, range(",
        new="chain(range(self._end), range(",
        tests=OWN_EVENT,
    ),
    Mutant(
        name="the request's event is among those that are wanted",
        file="millpond/serve/cut.py",
        old="chain(range(self._end, out.start), range(out.stop, self._first))",
        new="range(self._end, self._first)",
        tests=OWN_EVENT,
    ),
    Mutant(
        name="the request's event is left out and counted",
        file="millpond/serve/cut.py",
        old="self.counted = first - end - len(out)",
        new="self.counted = first - end",
        tests=OWN_EVENT,
    ),
    Mutant(
        name="a delayed window has the head of the present",
        file="millpond/serve/events.py",
        old="if not is_current or lo >",
        new="if lo >",
        tests=EVERY,
    ),
    Mutant(
        name="a window that begins in the head tile has all of what others have of it",
        file="millpond/serve/events.py",
        old="if not is_current or lo > self._tiles.numbers[place] * self._size:",
        new="if not is_current:",
        tests=CUT,
    ),
    Mutant(
        name="the head of a delayed window is ahead of it",
        file="millpond/serve/events.py",
        old="return self._end(place, lo, hi, is_current=is_current)\n        if self._head",
        new="return self._end(place, lo, hi, is_current=True)\n        if self._head",
        tests=EVENTS,
    ),
    Mutant(
        name="what is wrong with a tail is not told",
        file="millpond/serve/events.py",
        old="status = worse(at_tail.status, at_head.status)",
        new="status = at_head.status",
        tests=EVENTS,
    ),
    Mutant(
        name="a lifetime is cut at its first tile",
        file="millpond/serve/events.py",
        old="tail != head and not is_lifetime:",
        new="tail != head:",
        tests=EVENTS,
    ),
    Mutant(
        name="a tile may hold all that is remembered",
        file="millpond/define/view.py",
        old="parse_share(self.precision) <= _HALF",
        new="parse_share(self.precision) <= 1",
        tests=("tests/unit/define/test_sample_pool.py",),
    ),
    # --- levels -------------------------------------------------------------------------------------------------------
    Mutant(
        name="a committed ring of days is dropped",
        file="millpond/define/compiler.py",
        old="for reach in reached) and not has_ring_of_days:",
        new="for reach in reached):",
        tests=COMPILER,
    ),
    Mutant(
        name="days have a ring beside those of a lifetime",
        file="millpond/define/compiler.py",
        old="reaches.pop(LIFETIME_LEVEL, None)",
        new="pass",
        tests=COMPILER,
    ),
    Mutant(
        name="windows that are answered from a lifetime do not keep its days",
        file="millpond/define/compiler.py",
        old="tuple(sorted(rings | days))",
        new="tuple(sorted(rings))",
        tests=COMPILER,
    ),
    Mutant(
        name="an exact view has tiles as if it had no fallback of its own",
        file="millpond/plan/windows.py",
        old='parse_share(fallback, "fallback")',
        new="parse_share(DEFAULT_SHARE)",
        tests=WINDOWS,
    ),
    Mutant(
        name="the compiler forgets the fallback",
        file="millpond/define/compiler.py",
        old="_levels_of(kept), fallback=view.fallback)",
        new="_levels_of(kept))",
        tests=COMPILER,
    ),
)
