"""Faults in the numbers over given data: what counts, what a window holds, and what is made of it."""

from typing import Final

from tests.mutants.mutant import Mutant

EVENTS: Final = ("tests/unit/offline/test_events.py",)
JUDGED: Final = ("tests/unit/sql/test_duckdb_events.py",)
POWERS: Final = ("tests/unit/sql/test_duckdb_partials.py",)
SETS: Final = ("tests/unit/offline/test_sets.py",)
CAPPED: Final = ("tests/unit/offline/test_vectors.py::test_values_and_statuses_are_those_of_the_read_path[capped]",)
WORDS: Final = ("tests/unit/offline/test_vectors.py::test_the_numbers_are_those_of_brute_force[of_word]",)
REALS: Final = ("tests/unit/offline/test_vectors.py::test_the_numbers_are_those_of_brute_force[of_real]",)
ENOUGH: Final = ("tests/unit/offline/test_vectors.py::test_a_tile_that_kept_all_that_is_wanted_is_not_capped",)
FEW: Final = "test_where_a_tile_kept_too_few_events_it_is_as_the_read_path_has_it[of_yes_exactly]"
EXACTLY: Final = (f"tests/unit/offline/test_vectors.py::{FEW}",)
READ: Final = ("tests/unit/offline/test_vectors.py::test_values_and_statuses_are_those_of_the_read_path[of_real]",)

OFFLINE: Final = (
    Mutant(
        name="data: copies count as often as they come",
        file="millpond/sql/duckdb_events.py",
        old="ORDER BY {ARRIVAL}, {PLACE}) = 1",
        new="ORDER BY {ARRIVAL}, {PLACE}) >= 1",
        tests=JUDGED,
    ),
    Mutant(
        name="data: of copies the last one counts",
        file="millpond/sql/duckdb_events.py",
        old="ORDER BY {ARRIVAL}, {PLACE}) = 1",
        new="ORDER BY {ARRIVAL} DESC, {PLACE} DESC) = 1",
        tests=EVENTS,
    ),
    Mutant(
        name="data: as late as may be is late",
        file="millpond/sql/duckdb_events.py",
        old='{ARRIVAL} - {ts} > {source.lateness_ms}"',
        new='{ARRIVAL} - {ts} >= {source.lateness_ms}"',
        tests=JUDGED,
    ),
    Mutant(
        name="data: an instant is rounded to its millisecond",
        file="millpond/offline/columns.py",
        old='_floored(f"epoch_us({value})", 1_000)',
        new='f"epoch_ms({value})"',
        tests=EVENTS,
    ),
    Mutant(
        name="data: the instant read is not in its window",
        file="millpond/sql/duckdb_windows.py",
        old="ts >= lo AND ts < hi",
        new="ts >= lo AND ts < hi - 1",
        tests=WORDS,
    ),
    Mutant(
        name="data: the own event is not left out",
        file="millpond/sql/duckdb_windows.py",
        old="WHERE NOT (own AND {is_it})",
        new="WHERE NOT (own AND {is_it} AND FALSE)",
        tests=SETS,
    ),
    Mutant(
        name="data: the own event is not waited for",
        file="millpond/offline/answers.py",
        old="self.behind = frozenset(waiting - there)",
        new="self.behind = frozenset(waiting - there - waiting)",
        tests=SETS,
    ),
    Mutant(
        name="data: a delayed window waits for the own event",
        file="millpond/offline/answers.py",
        old="if one.number in self.behind and not is_late",
        new="if one.number in self.behind",
        tests=SETS,
    ),
    Mutant(
        name="data: a tile that kept just enough is capped",
        file="millpond/sql/duckdb_windows.py",
        old="{end}_n - {end}_before >= {most}",
        new="{end}_n - {end}_before >= {most} - 1",
        tests=ENOUGH,
    ),
    Mutant(
        name="data: a delayed head that kept too few counts whole",
        file="millpond/sql/duckdb_windows.py",
        old="WHEN head_full AND head_after > 0 THEN head",
        new="WHEN head_full AND head_after > 0 THEN hi",
        tests=EXACTLY,
    ),
    Mutant(
        name="data: a tally keeps a value more than its cap",
        file="millpond/sql/duckdb_partials.py",
        old="ORDER BY x) <= {partial.most}",
        new="ORDER BY x) <= {partial.most} + 1",
        tests=CAPPED,
    ),
    Mutant(
        name="data: a value met just before the window is new",
        file="millpond/sql/duckdb_partials.py",
        old="earliest <= q - {feature.window.size_ms}",
        new="earliest < q - {feature.window.size_ms}",
        tests=WORDS,
    ),
    Mutant(
        name="data: a quantile is one rank higher",
        file="millpond/sql/duckdb_partials.py",
        old="* (total - 1) //",
        new="* total //",
        tests=REALS,
    ),
    Mutant(
        name="data: zero has a sign",
        file="millpond/sql/duckdb_partials.py",
        old='f"({value} + CAST(0 AS DOUBLE))" if',
        new='f"({value})" if',
        tests=READ,
    ),
    Mutant(
        name="data: of the orders of a product one counts",
        file="millpond/sql/duckdb_partials.py",
        old="[str(orders)] if orders > 1 else []",
        new="[]",
        tests=POWERS,
    ),
)
