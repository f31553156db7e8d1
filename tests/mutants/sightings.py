"""Mistakes in what is known of events that have happened, and must be in."""

from typing import Final

from tests.mutants.mutant import Mutant

SIGHTED: Final = ("tests/unit/serve/test_sightings.py",)
REMEMBERED: Final = ("tests/unit/services/test_recent.py",)
LANES: Final = ("tests/unit/services/test_lanes.py",)

SIGHTINGS: Final = (
    Mutant(
        name="an event that is not in is not waited for",
        file="millpond/serve/part.py",
        old='found = worse(found, "behind")',
        new="pass",
        tests=SIGHTED,
    ),
    Mutant(
        name="an event after the request is waited for",
        file="millpond/serve/part.py",
        old="any(lo <= ts < hi for ts in instants)",
        new="any(lo <= ts for ts in instants)",
        tests=SIGHTED,
    ),
    Mutant(
        name="only the head's tile is asked for",
        file="millpond/serve/part.py",
        old="tiles += [one.ts // self.size for one in expected if one.is_looked_for_in(self.name)]",
        new="pass",
        tests=SIGHTED,
    ),
    Mutant(
        name="events that are newer than their record prove it",
        file="millpond/serve/events.py",
        old="and kept.is_of(self._tiles.record(at))\n",
        new="and True\n",
        tests=SIGHTED,
    ),
    Mutant(
        name="an own event that is not in the record yet counts as in",
        file="millpond/serve/events.py",
        old="is_in_record = is_in and kept.is_of(self._tiles.record(place))",
        new="is_in_record = is_in",
        tests=SIGHTED,
    ),
    Mutant(
        name="any event of a tile is the one that is looked for",
        file="millpond/serve/events.py",
        old="and len(kept.beginning_with(place)) > 0",
        new="and len(kept.texts) > 0",
        tests=SIGHTED,
    ),
    Mutant(
        name="a stamp of before an event proves it",
        file="millpond/serve/sightings.py",
        old="stamp >= one.known_at",
        new="stamp >= one.ts",
        tests=SIGHTED,
    ),
    Mutant(
        name="a looked for event is found before its record has it",
        file="millpond/serve/sightings.py",
        old="if is_among and record is not None and kept.is_of(record):",
        new="if is_among:",
        tests=SIGHTED,
    ),
    Mutant(
        name="what was pushed out of its tile is waited for",
        file="millpond/services/recent.py",
        old="and not self._is_told(one, bound.view)",
        new="",
        tests=REMEMBERED,
    ),
    Mutant(
        name="what was pushed out of its tile counts as in",
        file="millpond/serve/part.py",
        old='found = worse(found, "ahead")',
        new="pass",
        tests=SIGHTED,
    ),
    Mutant(
        name="a tile that keeps all is taken to have pushed out what is not in",
        file="millpond/serve/tile_events.py",
        old="return not self.has_all and self.texts[-1] > place",
        new="return self.texts[-1] > place",
        tests=SIGHTED,
    ),
    Mutant(
        name="an event is forgotten before it is proven",
        file="millpond/services/recent.py",
        old="self.keep_ms = stale_after_ms + 2 * MARGIN_MS",
        new="self.keep_ms = stale_after_ms",
        tests=REMEMBERED,
    ),
    Mutant(
        name="events of before the store was another are taken to be in it",
        file="millpond/services/recent.py",
        old="one.held.clear()",
        new="pass",
        tests=REMEMBERED,
    ),
    Mutant(
        name="what is not delivered is committed",
        file="millpond/services/lanes.py",
        old="return self._open[0] if self._open else self._next",
        new="return self._next",
        tests=LANES,
    ),
    Mutant(
        name="a key's answers leave as they come",
        file="millpond/services/lanes.py",
        old="while waiting and waiting[0].is_answered:",
        new="while waiting:",
        tests=LANES,
    ),
)
