"""Faults in what keeps several values: tallies, buckets, the last events of a tile."""

from typing import Final

from tests.mutants.mutant import Mutant

TALLIES: Final = ("tests/unit/algebra/test_tallies.py",)
BUCKETS: Final = ("tests/unit/algebra/test_buckets.py",)
EVERY: Final = ("tests/unit/serve/test_every_aggregation.py",)
CAPPED: Final = ("tests/unit/serve/test_events.py",)

SEVERAL: Final = (
    Mutant(
        name="a sum in limbs is taken for its lowest limb",
        file="millpond/algebra/values.py",
        old="sums[-1] += state * LIMB**partial.limb if partial.power else state",
        new="sums[-1] += state",
        tests=EVERY,
    ),
    Mutant(
        name="a sum of more than 38 digits is told all the same",
        file="millpond/algebra/values.py",
        old="abs(total) > _GREATEST",
        new="abs(total) > _GREATEST**2",
        tests=EVERY,
    ),
    Mutant(
        name="a tally begins at the second event",
        file="millpond/algebra/tallies.py",
        old="mark, n + 1, min(first, ts), max(last, ts))",
        new="mark, n, min(first, ts), max(last, ts))",
        tests=TALLIES,
    ),
    Mutant(
        name="a tally forgets the last event's time",
        file="millpond/algebra/tallies.py",
        old="mark, n + 1, min(first, ts), max(last, ts))",
        new="mark, n + 1, min(first, ts), last)",
        tests=TALLIES,
    ),
    Mutant(
        name="a tally forgets that it is capped",
        file="millpond/algebra/tallies.py",
        old="tally.is_capped or len(entries) > most)",
        new="tally.is_capped)",
        tests=TALLIES,
    ),
    Mutant(
        name="a tally keeps the last marks instead of the first",
        file="millpond/algebra/tallies.py",
        old="tuple(entries[:most])",
        new="tuple(entries[-most:])",
        tests=TALLIES,
    ),
    Mutant(
        name="of two tallies that one is capped is lost",
        file="millpond/algebra/tallies.py",
        old="is_capped |= tally.is_capped",
        new="is_capped = tally.is_capped",
        tests=TALLIES,
    ),
    Mutant(
        name="tallies of two tiles are not added up",
        file="millpond/algebra/tallies.py",
        old="        entries += tally.entries",
        new="        entries = list(tally.entries)",
        tests=TALLIES,
    ),
    Mutant(
        name="a bucket is told by its lower end",
        file="millpond/algebra/buckets.py",
        old="bits & ~_WITHIN | _HALF",
        new="bits & ~_WITHIN",
        tests=BUCKETS,
    ),
    Mutant(
        name="there are 32 buckets between a number and its double",
        file="millpond/algebra/buckets.py",
        old="(1 << 46) - 1",
        new="(1 << 47) - 1",
        tests=BUCKETS,
    ),
    Mutant(
        name="a value met a millisecond before the window counts",
        file="millpond/algebra/values.py",
        old="if window.size_ms is None or window.delay_ms else q - window.size_ms + 1)",
        new="if window.size_ms is None or window.delay_ms else q - window.size_ms)",
        tests=EVERY,
    ),
    Mutant(
        name="a delayed distinct count is that of the undelayed window",
        file="millpond/algebra/values.py",
        old="lo = instant(0 if window.size_ms is None or window.delay_ms else",
        new="lo = instant(0 if window.size_ms is None else",
        tests=EVERY,
    ),
    Mutant(
        name="what was met before the window is new",
        file="millpond/algebra/values.py",
        old="entry[FIRST:LAST] < lo and entry[LAST:] >= since",
        new="entry[FIRST:LAST] < lo and entry[LAST:] >= lo",
        tests=EVERY,
    ),
    Mutant(
        name="of equally frequent values the greater comes first",
        file="millpond/algebra/values.py",
        old="key=lambda mark: (-counts[mark], mark))",
        new="key=counts.__getitem__, reverse=True)",
        tests=EVERY,
    ),
    Mutant(
        name="a quantile's rank is one too high",
        file="millpond/algebra/values.py",
        old="(counts.total() - 1))",
        new="counts.total())",
        tests=EVERY,
    ),
    Mutant(
        name="an exact window that cuts a tile in use again is not incomplete",
        file="millpond/serve/flow.py",
        old="window.bounds(q, size if part.kept is None else 1)",
        new="window.bounds(q, size)",
        tests=CAPPED,
    ),
    Mutant(
        name="what a tile keeps is taken for all it had",
        file="millpond/serve/events.py",
        old="has_all = kept.has_all_since(lo)",
        new="has_all = True",
        tests=EVERY,
    ),
    Mutant(
        name="events at the window's end do not count",
        file="millpond/serve/events.py",
        old="kept.marks[kept.since(hi) : kept.since(lo)]",
        new="kept.marks[kept.since(hi - 1) : kept.since(lo)]",
        tests=EVERY,
    ),
    Mutant(
        name="a tile that was answered from its events counts as a whole, too",
        file="millpond/serve/events.py",
        old="without.add(tile)\n                inside =",
        new="inside =",
        tests=EVERY,
    ),
    Mutant(
        name="later events of a head tile that kept too few are not told",
        file="millpond/serve/events.py",
        old='status = worse(status, "ahead")',
        new='status = worse(status, "capped")',
        tests=EVERY,
    ),
    Mutant(
        name="a delayed head that kept too few counts whole",
        file="millpond/serve/events.py",
        old="                if kept.last >= hi:\n                    without.add(tile)\n",
        new="",
        tests=CAPPED,
    ),
    Mutant(
        name="events that are not there are none",
        file="millpond/serve/events.py",
        old='return Chosen(tiles.between(first, end), status="incomplete")',
        new="continue",
        tests=CAPPED,
    ),
    Mutant(
        name="only the events of a live read's first instant are asked for",
        file="millpond/serve/flow.py",
        old="(asked, asked + SKEW) if as_of is None",
        new="(asked, asked) if as_of is None",
        tests=CAPPED,
    ),
    Mutant(
        name="the better row is written with the events of another",
        file="millpond/materialize/tiles.py",
        old="if events is None or events[:HEADER_BYTES] != record[:HEADER_BYTES]:",
        new="if events is None:",
        tests=("tests/unit/materialize/test_rewrite.py",),
    ),
    Mutant(
        name="events are written also where their record is refused",
        file="millpond/store/guard.lua",
        old="    call('HSET', key, field, new)\n    if events then\n",
        new="    call('HSET', key, field, new)\n  end\n  do\n    if events then\n",
        tests=("tests/integration/test_guard.py",),
    ),
    Mutant(
        name="CountNew reads its window alone",
        file="millpond/plan/model.py",
        old="return remembered(self.window, keep) if keep else self.window",
        new="return self.window",
        tests=EVERY,
    ),
    Mutant(
        name="an exact window is rounded to tiles",
        file="millpond/algebra/replay.py",
        old="1 if view.is_exact else feature.level_ms",
        new="feature.level_ms",
        tests=EVERY,
    ),
    Mutant(
        name="an event without anything but its time is not kept",
        file="millpond/define/compiler.py",
        old="(constant(True, BOOLEAN), *(field for field in read if field not in place))",
        new="tuple(field for field in read if field not in place)",
        tests=CAPPED,
    ),
)
