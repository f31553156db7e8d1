"""What counted.py asks DuckDB, as text: accepted events, what a view takes from each, and the tiles these make.

accepted -> keyed -> tiles      the i-th marked partial of a view: mark_i, length_i -> number_i, size_i
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from millpond.plan.expr import Expr, fields_of
from millpond.plan.model import SourcePlan, ViewPlan
from millpond.plan.partials import Partial
from millpond.plan.paths import Key, parse
from millpond.plan.types import Type
from millpond.review.held import BETWEEN, COUNTED
from millpond.review.marks import fixed_bytes, marked
from millpond.sql.dialects import DUCKDB
from millpond.sql.expressions import render
from millpond.sql.quote import double_quoted, duckdb_text
from millpond.store.parts import Part
from millpond.store.records import HEADER_BYTES, RecordLayout

ARRIVAL: Final = "arrival"  # the column that says when an event came in


def fields_read(view: ViewPlan) -> dict[str, Type]:
    """What a view and its source's acceptance read of an event: paths and their types."""
    source = view.source
    found = {
        column.name: column.type for column in source.columns if column.name in (source.event_time, source.event_id)
    }
    trees = (*view.by, *(tree for partial in view.partials for tree in partial.trees))
    return found | {field.name: field.type for tree in trees for field in fields_of(tree)}


def accepted(source: SourcePlan, fields: Mapping[str, Type], file: Path) -> str:
    """The first copy of every event that a job accepts, a column a path; instants in ms."""
    columns = [f"{_read(name, type)} AS {double_quoted(name)}" for name, type in fields.items()]
    at, late = double_quoted(source.event_time), f"{ARRIVAL} - {double_quoted(source.event_time)}"
    first = ""
    if source.event_id is not None:
        copies = f"PARTITION BY {double_quoted(source.event_id)}, {at} ORDER BY {ARRIVAL}"
        first = f"QUALIFY row_number() OVER ({copies}) = 1"
    return f"""
        SELECT * FROM (
            SELECT {", ".join(columns)}, epoch_ms({ARRIVAL}) AS {ARRIVAL}
            FROM read_parquet({duckdb_text(str(file))})
        )
        WHERE {at} IS NOT NULL AND {late} BETWEEN {-source.skew_ms} AND {source.lateness_ms}
        {first}
    """


def keyed(view: ViewPlan, events: str) -> str:
    """Every event of a view: its key as the store has it, the texts in it, its time, and what marks take from it."""
    parts = [f"url_encode({_sql(t)})" if t.type.kind == "string" else f"({_sql(t)})::VARCHAR" for t in view.by]
    text = [f"{_sql(tree)} AS text_{i}" for i, tree in enumerate(key_texts(view))]
    marks = [
        column
        for i, partial in enumerate(marked(view.partials))
        for column in (f"{_identity(partial)} AS mark_{i}", f"{_length(partial)} AS length_{i}")
    ]
    key, ts = f"concat_ws(',', {', '.join(parts)}) AS key", f"{double_quoted(view.source.event_time)} AS ts"
    present = " AND ".join(f"{_sql(tree)} IS NOT NULL" for tree in view.by)
    return f"SELECT {', '.join([key, ts, ARRIVAL, *text, *marks])} FROM {events} WHERE {present}"


def key_texts(view: ViewPlan) -> list[Expr]:
    """The key columns that are texts."""
    return [tree for tree in view.by if tree.type.kind == "string"]


def tiles(view: ViewPlan, part: Part) -> str:
    """The tiles of a part: slot, when each took it and was last touched, its marks, the bytes of record and events."""
    marks = [
        column
        for i, partial in enumerate(marked(view.partials))
        for column in (f"{_number(partial, i)} AS number_{i}", f"coalesce(number_{i} * avg(length_{i}), 0) AS size_{i}")
    ]
    texts = {partial.name: _text_bytes(partial, i) for i, partial in enumerate(marked(view.partials))}
    beside = "0" if view.kept_events is None else f"{HEADER_BYTES} + {texts.pop(view.kept_events.name)}"
    tile = f"ts // {part.size_ms}"
    columns = [
        "key",
        f"{tile} AS tile",
        f"{tile if part.slots is None else f'{tile} % {part.slots}'} AS slot",
        f"min({ARRIVAL}) AS took",
        f"max({ARRIVAL}) AS touched",
        *marks,
        f"{' + '.join([str(RecordLayout.of(view).size), *texts.values()])} AS record",
        f"{beside} AS beside",
    ]
    return f"SELECT {', '.join(columns)} FROM keyed GROUP BY key, tile, slot"


def hashes(now: int, ttl_ms: int | None, spanned: int | None) -> str:
    """Strips or hashes in groups: how many, entries of each, mean bytes of record and events, and their keys' length.

    Args:
        now: an instant, ms.
        ttl_ms: one in which no tile takes a slot for so long is gone, and begins anew; None where none is yet.
        spanned: how many tiles a strip's ring spans; None of a lifetime, and of a hash, where only slots are reused.
    """
    kept = "true" if ttl_ms is None else f"last > {now} - {ttl_ms} AND took >= coalesce(born, took)"
    return f"""
        WITH gaps AS (
            SELECT *, took - lag(took) OVER (PARTITION BY key ORDER BY took) > {ttl_ms or "NULL"} AS anew FROM tiles
        ), lives AS (
            SELECT *, max(took) OVER (PARTITION BY key) AS last,
                max(took) FILTER (anew) OVER (PARTITION BY key) AS born
            FROM gaps
        ), slots AS (
            SELECT key, slot, max(tile) AS tile, arg_max(record, tile) AS record, arg_max(beside, tile) AS beside
            FROM lives WHERE {kept} GROUP BY key, slot
        ), spanned AS (
            SELECT * FROM slots QUALIFY tile > max(tile) OVER (PARTITION BY key) - {spanned or 2**40}
        ), hashes AS (
            SELECT strlen(key) AS length, count(*) AS entries, avg(record) AS record, avg(beside) AS beside
            FROM spanned GROUP BY key
        )
        SELECT count(*), entries, avg(record), avg(beside), avg(length)
        FROM hashes GROUP BY entries, record // 8, beside // 8
    """


# --- expressions ----------------------------------------------------------------------------------------------------


def _sql(tree: Expr) -> str:
    return render(tree, DUCKDB, double_quoted)


def _read(name: str, type: Type) -> str:
    path = _path(name)
    return f"epoch_ms({path})" if type.kind == "timestamp" else f"CAST({path} AS {DUCKDB.type_name(type)})"


def _path(name: str) -> str:
    first, *steps = parse(name)
    rest = (f"[{duckdb_text(step)}]" if isinstance(step, Key) else f".{double_quoted(step)}" for step in steps)
    return double_quoted(first) + "".join(rest)


def _length(partial: Partial) -> str:
    """Bytes of the mark that an event gives; null where it gives none."""
    trees = (*partial.order, *partial.fields)
    fixed = sum(fixed_bytes(tree.type) for tree in trees) + len(partial.fields)
    text = [f"coalesce(strlen({_sql(tree)}), 0)" for tree in trees if tree.type.kind == "string"]
    given = [f"{_sql(tree)} IS NOT NULL" for tree in partial.order]
    if partial.fields:
        given.append(f"({' OR '.join(f'{_sql(tree)} IS NOT NULL' for tree in partial.fields)})")
    if partial.where is not None:
        given.append(_sql(partial.where))
    return f"CASE WHEN {' AND '.join(given)} THEN {' + '.join([str(fixed), *text])} END"


def _identity(partial: Partial) -> str:
    """What tells the marks of a tally apart; of a bucket its number."""
    if partial.function != "tally":
        return "NULL"
    return f"hash({', '.join(_bucket(_sql(tree)) if partial.bucketed else _sql(tree) for tree in partial.order)})"


def _bucket(value: str) -> str:
    """See algebra/buckets.py; into which of two a value at their edge falls makes no difference here."""
    power = f"floor(log2(abs({value})))"
    place = f"64 * {power} + floor(64 * (abs({value}) / 2 ** {power} - 1))"
    return f"CASE WHEN {value} = 0 THEN 0 ELSE sign({value}) * ({place}) END"


def _number(partial: Partial, i: int) -> str:
    """How many marks a tile keeps."""
    if partial.function in ("least", "greatest"):
        return f"least(count(length_{i}), 1)"
    if partial.function == "tally":
        return f"least(count(DISTINCT mark_{i}) FILTER (length_{i} IS NOT NULL), {partial.most})"
    return f"least(count(length_{i}), {partial.most})"


def _text_bytes(partial: Partial, i: int) -> str:
    """Of its text, see Marks.text_bytes."""
    counted = f"1 + {COUNTED} * number_{i}" if partial.function == "tally" else "0"
    return f"CASE WHEN number_{i} > 0 THEN size_{i} + {counted} + {BETWEEN} * (number_{i} - 1) ELSE 0 END"
