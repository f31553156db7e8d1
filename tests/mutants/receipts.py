"""Faults in receipts: what a tile is told to have counted, how its events are found, and what is made of them."""

from typing import Final

from tests.mutants.mutant import Mutant

COUNTED: Final = ("tests/unit/offline/test_counted.py",)
ARRIVED: Final = ("tests/unit/offline/test_arrived.py",)
OWN: Final = ("tests/unit/offline/test_explain.py::test_the_own_event_is_left_out_or_counted_as_the_vector_has_it",)
DIFFERS: Final = ("tests/unit/offline/test_explain.py::test_a_value_that_is_not_what_the_events_give_differs",)
FITS: Final = ("tests/unit/offline/test_explain.py::test_a_receipt_that_does_not_fit_its_plan_is_refused",)
_SAME: Final = "test_every_value_comes_to_the_same_bits_while_events_go_on_arriving"
REALS: Final = (f"tests/unit/offline/test_explain.py::{_SAME}[of_real_exactly]",)
TILED: Final = (f"tests/unit/offline/test_explain.py::{_SAME}[of_real]",)
_TAIL: Final = "test_a_tally_that_is_capped_at_a_tail_forgets_what_the_vector_forgot"
TALLIES: Final = (f"tests/unit/offline/test_explain.py::{_TAIL}",)

RECEIPT_FAULTS: Final = (
    Mutant(
        name="receipts: what a tile tells beside its n is not looked at",
        file="millpond/offline/counted.py",
        old="    if digest_of([text_of(state) for state in exact]) != told.digest:\n        return False\n",
        new="",
        tests=COUNTED,
    ),
    Mutant(
        name="receipts: a tile's first and last are not looked at",
        file="millpond/offline/counted.py",
        old="if first <= one.ts <= last)",
        new="if one.ts >= 0 or first <= last)",
        tests=COUNTED,
    ),
    Mutant(
        name="receipts: as many events are taken for the same ones",
        file="millpond/offline/counted.py",
        old='return Counted(some) if is_it(some, ()) else Counted((), "unlike")',
        new="return Counted(some)",
        tests=COUNTED,
    ),
    Mutant(
        name="receipts: neighbours do not trade places",
        file="millpond/offline/counted.py",
        old="_SWAPS: Final = 2",
        new="_SWAPS: Final = 0",
        tests=COUNTED,
    ),
    Mutant(
        name="receipts: no partition is read ahead of another",
        file="millpond/offline/counted.py",
        old="_TRIES: Final = 500",
        new="_TRIES: Final = 0",
        tests=COUNTED,
    ),
    Mutant(
        name="receipts: a choice among several is told to be the only one",
        file="millpond/offline/counted.py",
        old="return Counted(found.events, others=others, is_only=False)",
        new="return Counted(found.events, others=others)",
        tests=COUNTED,
    ),
    Mutant(
        name="receipts: any sum of doubles will do",
        file="millpond/offline/counted.py",
        old="slack = len(numbers) * _HALF_ULP",
        new="slack = len(numbers) * 1e-9",
        tests=COUNTED,
    ),
    Mutant(
        name="receipts: of copies the last one counts",
        file="millpond/offline/arrived.py",
        old="key=lambda record: record.place\n",
        new="key=lambda record: record.place, reverse=True\n",
        tests=ARRIVED,
    ),
    Mutant(
        name="receipts: a late event counts",
        file="millpond/offline/arrived.py",
        old="if arrival - ts > source.lateness_ms:",
        new="if arrival - ts > 2 * source.lateness_ms:",
        tests=ARRIVED,
    ),
    Mutant(
        name="receipts: a backfill counts what came behind its end",
        file="millpond/offline/arrived.py",
        old="<= offset < _at(job.backfill.bound_offsets, partition)",
        new="<= offset <= _at(job.backfill.bound_offsets, partition)",
        tests=ARRIVED,
    ),
    Mutant(
        name="receipts: the own event is not left out",
        file="millpond/offline/held.py",
        old="if window.lo <= event.ts < window.hi and not (own is not None and own.is_excluded and _is(own, event))",
        new="if window.lo <= event.ts < window.hi",
        tests=OWN,
    ),
    Mutant(
        name="receipts: another event of the own one's millisecond is left out",
        file="millpond/offline/held.py",
        old="event.ts == own.ts and (own.id is None or event.id == own.id)",
        new="event.ts == own.ts",
        tests=OWN,
    ),
    Mutant(
        name="receipts: a tile that is cut counts whole",
        file="millpond/offline/held.py",
        old="state = merge(partial, state, tiles.ones.states(events)[at])",
        new="state = merge(partial, state, tiles.states(tile)[at])",
        tests=REALS,
    ),
    Mutant(
        name="receipts: a capped tally at a tail is made of its events alone",
        file="millpond/offline/held.py",
        old="if is_whole and is_tail_whole(asked, tiles.size):",
        new="if is_whole and not asked:",
        tests=TALLIES,
    ),
    Mutant(
        name="receipts: sums of doubles are added from the events",
        file="millpond/offline/held.py",
        old="sum([float(tiles.said[tile].doubles[number]) for tile in self._whole])",
        new="sum(one for t in self._whole for e in tiles.whole(t).events if (one := tiles.ones.of(e)[at]) is not None)",
        tests=TILED,
    ),
    Mutant(
        name="receipts: whatever it comes to is the same",
        file="millpond/offline/explain.py",
        old="if msgspec.json.encode(coded(value)) != msgspec.json.encode(said):",
        new="if value is None and said is not None:",
        tests=DIFFERS,
    ),
    Mutant(
        name="receipts: a window may be another than the plan's",
        file="millpond/offline/explain.py",
        old="if reach != (window.lo, window.hi) or",
        new="if not reach or",
        tests=FITS,
    ),
    Mutant(
        name="receipts: the topic is read from the window's first instant",
        file="millpond/offline/arrived.py",
        old="return max(since_ms - source.skew_ms, 0)",
        new="return since_ms",
        tests=ARRIVED,
    ),
)
