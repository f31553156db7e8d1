"""The faults: each a mistake that somebody could make, in code that decides a number."""

from typing import Final

from tests.mutants.caching import CACHING
from tests.mutants.cuts import CUTS
from tests.mutants.expressions import EXPRESSIONS
from tests.mutants.mutant import Mutant
from tests.mutants.offline import OFFLINE
from tests.mutants.receipts import RECEIPT_FAULTS
from tests.mutants.reviews import REVIEWS
from tests.mutants.sets import SETS
from tests.mutants.several import SEVERAL
from tests.mutants.sightings import SIGHTINGS
from tests.mutants.simulate import SIMULATE
from tests.mutants.sources import SOURCES
from tests.mutants.strips import STRIP_FAULTS
from tests.mutants.transport import TRANSPORT

WINDOWS: Final = ("tests/unit/plan/test_windows.py",)
PARTIALS: Final = ("tests/unit/algebra/test_partials.py",)
VALUES: Final = ("tests/unit/algebra/test_values.py",)
MARKS: Final = ("tests/unit/algebra/test_marks.py",)
REPLAY: Final = ("tests/unit/algebra/test_replay.py",)
SUMS: Final = ("tests/unit/sql/test_partials.py",)
MEANING: Final = ("tests/unit/sql/test_meaning.py",)
FLOW: Final = ("tests/unit/serve/test_flow.py",)
ROWS: Final = ("tests/unit/serve/test_rows.py",)
PARTS: Final = ("tests/unit/store/test_parts.py",)
RECORDS: Final = ("tests/unit/store/test_records.py",)
GUARD: Final = ("tests/integration/test_guard.py",)
TILES: Final = ("tests/unit/materialize/test_tiles.py",)
AVRO: Final = ("tests/unit/materialize/test_avro.py",)
COMPILER: Final = ("tests/unit/define/test_compiler.py",)
ORACLES: Final = ("tests/unit/oracles/test_aggregations.py",)

MUTANTS: Final = (
    # --- windows and tiles ------------------------------------------------------------------------------------------
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
    # --- the algebra ------------------------------------------------------------------------------------------------
    Mutant(
        name="min is merged as a sum",
        file="millpond/algebra/partials.py",
        old='"min": _least,',
        new='"min": lambda a, b: (a or 0) + (b or 0),',
        tests=PARTIALS,
    ),
    Mutant(
        name="max of nothing is 0",
        file="millpond/algebra/partials.py",
        old='    "max": None,',
        new='    "max": 0,',
        tests=PARTIALS,
    ),
    Mutant(
        name="decimals go through float",
        file="millpond/algebra/partials.py",
        old="int(_WIDE.scaleb(Decimal(value), type.scale))",
        new="round(float(value) * 10**type.scale)",
        tests=PARTIALS,
    ),
    Mutant(
        name="a mean is divided in floats",
        file="millpond/algebra/values.py",
        old="return total / (count * 10 ** _scale(partials[0])) if count",
        new="return float(total) / count / 10.0 ** _scale(partials[0]) if count",
        tests=VALUES,
    ),
    Mutant(
        name="a sum of integers wraps past its type",
        file="millpond/algebra/values.py",
        old="not INT_MIN <= result <= INT_MAX",
        new="not INT_MIN <= result <= INT_MAX + 1",
        tests=VALUES,
    ),
    Mutant(
        name="the variance is that of the population",
        file="millpond/algebra/values.py",
        old="n * (n - 1) * 100",
        new="n * n * 100",
        tests=VALUES,
    ),
    Mutant(
        name="the skewness is not corrected for its bias",
        file="millpond/algebra/values.py",
        old="Fraction(n * (n - 1) * b * b, (n - 2) ** 2 * a**3)",
        new="Fraction(b * b, a**3)",
        tests=VALUES,
    ),
    Mutant(
        name="the kurtosis is not that in excess",
        file="millpond/algebra/values.py",
        old="(Fraction(c, a * a) - 3) + 6)",
        new="Fraction(c, a * a) + 6)",
        tests=VALUES,
    ),
    Mutant(
        name="a root is rounded twice",
        file="millpond/algebra/values.py",
        old="quotient(2 * found + inexact, 1 << places + 1)",
        new="found / (1 << places)",
        tests=VALUES,
    ),
    Mutant(
        name="a power loses its sign",
        file="millpond/algebra/partials.py",
        old="return size if whole >= 0 else -size",
        new="return size",
        tests=PARTIALS,
    ),
    Mutant(
        name="a limb is one digit short of what is summed",
        file="millpond/algebra/values.py",
        old="state * LIMB**partial.limb",
        new="state * (LIMB // 10) ** partial.limb",
        tests=VALUES,
    ),
    Mutant(
        name="the last event is the last that arrived",
        file="millpond/algebra/contribution.py",
        old="[text(tree) for tree in partial.order]",
        new="[text(tree) for tree in partial.order[:0]]",
        tests=VALUES,
    ),
    Mutant(
        name="a mark of negative numbers is ordered by their size",
        file="millpond/algebra/marks.py",
        old="bits ^ (_ALL if bits & _TOP else _TOP):016x",
        new="bits ^ _TOP:016x",
        tests=MARKS,
    ),
    Mutant(
        name="texts in marks are ordered by UTF-16",
        file="millpond/algebra/marks.py",
        old="_ODD.sub(_escaped, str(value)) + _END",
        new='str(value).replace("\\0", "\\0\\1") + _END',
        tests=MARKS,
    ),
    Mutant(
        name="an event all of whose fields are null is the last",
        file="millpond/algebra/marks.py",
        old="or (fields and all(text is None for text in fields))",
        new="",
        tests=MARKS,
    ),
    Mutant(
        name="a condition that is null holds",
        file="millpond/algebra/contribution.py",
        old="of(event) is True",
        new="of(event) is not False",
        tests=REPLAY,
    ),
    # --- what Flink is told -----------------------------------------------------------------------------------------
    Mutant(
        name="copies count",
        file="millpond/sql/flink.py",
        old="WHERE {COPY} = 1",
        new="WHERE {COPY} >= 1",
        tests=MEANING,
    ),
    Mutant(
        name="of copies the last one counts",
        file="millpond/sql/flink.py",
        old="ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
        new="ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
        tests=MEANING,
    ),
    Mutant(
        name="events of one id are copies at any time",
        file="millpond/sql/flink.py",
        old='identity = f"{backticked(source.event_id)}, {backticked(source.event_time)}"',
        new='identity = f"{backticked(source.event_id)}"',
        tests=MEANING,
    ),
    Mutant(
        name="an event may be a millisecond less late",
        file="millpond/sql/flink.py",
        old="`arrival` - `event_time` > {source.lateness_ms}",
        new="`arrival` - `event_time` >= {source.lateness_ms}",
        tests=MEANING,
    ),
    Mutant(
        name="events of the future are accepted",
        file="millpond/sql/flink.py",
        old="""        (f"`event_time` - `arrival` > {source.skew_ms}", "'future'"),\n""",
        new="",
        tests=MEANING,
    ),
    Mutant(
        name="an event without id is accepted",
        file="millpond/sql/flink.py",
        old="if source.event_id is not None:\n        rules.insert(2,",
        new="if source.event_id is None:\n        rules.insert(2,",
        tests=MEANING,
    ),
    Mutant(
        name="a null key is an entity",
        file="millpond/sql/flink.py",
        old='f"{expr} IS NOT NULL" for expr in exprs',
        new='f"({expr} IS NOT NULL OR TRUE)" for expr in exprs',
        tests=MEANING,
    ),
    Mutant(
        name="of a key only one column may not be null",
        file="millpond/sql/flink.py",
        old='" AND ".join(f"{expr} IS NOT NULL"',
        new='" OR ".join(f"{expr} IS NOT NULL"',
        tests=MEANING,
    ),
    Mutant(
        name="the first millisecond of a tile is in the one before",
        file="millpond/sql/flink.py",
        old="{ts} / {size_ms})",
        new="({ts} - 1) / {size_ms})",
        tests=MEANING,
    ),
    Mutant(
        name="microseconds before 1970 are truncated",
        file="millpond/sql/flink.py",
        old="THEN ({field} + 1) / 1000 - 1 ELSE",
        new="THEN {field} / 1000 ELSE",
        tests=MEANING,
    ),
    Mutant(
        name="a backfill makes the first tile of its job, too",
        file="millpond/sql/flink.py",
        old='own=f"`event_time` < {job.start_ts}"',
        new='own=f"`event_time` <= {job.start_ts}"',
        tests=MEANING,
    ),
    Mutant(
        name="nulls are counted",
        file="millpond/sql/partials.py",
        old='return f"COUNT({column})"',
        new='return "COUNT(*)"',
        tests=MEANING,
    ),
    Mutant(
        name="the condition of a partial is left out",
        file="millpond/sql/partials.py",
        old="if partial.where is None:\n        return value",
        new="if True:\n        return value",
        tests=MEANING,
    ),
    Mutant(
        name="integers are summed as integers, which wrap",
        file="millpond/sql/partials.py",
        old="return FLINK.cast(value, partial.value.type.as_decimal)",
        new="return value",
        tests=SUMS,
    ),
    # --- records ----------------------------------------------------------------------------------------------------
    Mutant(
        name="first and last are swapped in a record",
        file="millpond/store/records.py",
        old='HEADER: Final = ("tile", "n", "first", "last")',
        new='HEADER: Final = ("tile", "n", "last", "first")',
        tests=RECORDS,
    ),
    Mutant(
        name="a wide integer loses its sign",
        file="millpond/store/records.py",
        old="column.values >> 63 if column.high is None else column.high",
        new="0 if column.high is None else column.high",
        tests=RECORDS,
    ),
    Mutant(
        name="the high word of a wide sum is left out",
        file="millpond/store/records.py",
        old="return sum(low) + (sum(high) << 64)",
        new="return sum(low)",
        tests=RECORDS,
    ),
    Mutant(
        name="a count beyond its field wraps",
        file="millpond/store/records.py",
        old="(values >= _U32)",
        new="(values > _U32)",
        tests=RECORDS,
    ),
    Mutant(
        name="a tile's first and last event are swapped on their way",
        file="millpond/materialize/tiles.py",
        old='for name in ("first_ts", "last_ts"))',
        new='for name in ("last_ts", "first_ts"))',
        tests=TILES,
    ),
    Mutant(
        name="an event in the tile after is let through",
        file="millpond/materialize/tiles.py",
        old="if (last >= level).any():",
        new="if (last > level).any():",
        tests=TILES,
    ),
    Mutant(
        name="a row is left out for a later one that the guard refuses",
        file="millpond/materialize/tiles.py",
        old="n[at] >= n[before] and first[at] <= first[before]",
        new="n[at] >= n[before]",
        tests=TILES,
    ),
    Mutant(
        name="a decimal from Kafka loses its sign",
        file="millpond/materialize/avro.py",
        old="low, high = value, value >> 63",
        new="low, high = value, value * 0",
        tests=AVRO,
    ),
    # --- the guard --------------------------------------------------------------------------------------------------
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
    # --- reading ----------------------------------------------------------------------------------------------------
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
    # --- the oracles that judge all this ----------------------------------------------------------------------------
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
    *SOURCES,
    *TRANSPORT,
    *CACHING,
    *EXPRESSIONS,
    *SEVERAL,
    *SIGHTINGS,
    *CUTS,
    *SETS,
    *REVIEWS,
    *SIMULATE,
    *OFFLINE,
    *STRIP_FAULTS,
    *RECEIPT_FAULTS,
)
