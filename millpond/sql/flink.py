"""A job as Flink SQL: one scan, one decode, one judgement and one dedupe, then one INSERT a fragment.

    source -> decoded -> judged -+-> dead_letters    reason is not null
                                 +-> accepted -> events -+-> a fragment
                                                         +-> ...

A backfill is the same chain over what came before: it makes the tiles before the first of its live job, into
the same topics, and ends. It writes dead letters only of records that the live job does not read, and commits its
offsets under a name of its own: those of the live job tell how fresh its tiles are.

The views are common to all inserts, and Flink evaluates each once: see CONFIG.
"""

import json
from collections.abc import Iterable
from typing import Final

from millpond.plan.deployment import Backfill, Fragment, JobRecord
from millpond.plan.model import OUTAGE, Column, SourcePlan, ViewPlan
from millpond.plan.paths import parse, shape_of
from millpond.plan.reader_schema import with_units
from millpond.sql.dialects import FLINK
from millpond.sql.expressions import render
from millpond.sql.flink_tables import (
    Target,
    backfill_name,
    bounded_source_table,
    dead_letter_table,
    source_table,
    tile_table,
)
from millpond.sql.functions import functions_in, registration
from millpond.sql.job_sql import JobSql
from millpond.sql.partials import aggregated, taken
from millpond.sql.quote import backticked, flink_text

# 9999-12-31T23:59:59.999Z: beyond, tile arithmetic and dates have no meaning.
LAST_INSTANT: Final = 253_402_300_799_999
# Column names that no Avro field can have, where fields stand beside ours.
NOW: Final = backticked("$now")
COPY: Final = backticked("$copy")

MINI_BATCH_MS: Final = 80  # how long rows of a tile are put together before they are written
CONFIG: Final = {
    "table.local-time-zone": "UTC",
    # Views used by several inserts are planned as one block each. Without it the planner pushes each insert's columns
    # and filters down to the scan, and decode and accept rules run once for every branch.
    "table.optimizer.reuse-optimize-block-with-digest-enabled": "true",
    "table.exec.mini-batch.enabled": "true",
    "table.exec.mini-batch.allow-latency": f"{MINI_BATCH_MS} ms",
    "table.exec.mini-batch.size": "20000",
    "table.optimizer.agg-phase-strategy": "TWO_PHASE",
    "pipeline.object-reuse": "true",
    "execution.buffer-timeout.interval": "5 ms",
    "execution.checkpointing.interval": "5 s",
    # Both belong to the job: what the cluster's configuration says of them is not looked at.
    # A disk full for checkpoints must not stop the job: with Flink's default of 0 it restarted with each that failed.
    "execution.checkpointing.tolerable-failed-checkpoints": "1000000000",
    # A job cancelled by mistake, or that the cluster lost, can be resumed from its last checkpoint.
    "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
    "state.backend.type": "rocksdb",
    # Most look-ups find nothing: every event is new to the dedupe. 167 us of processor time an event became 128.
    "state.backend.rocksdb.use-bloom-filter": "true",
    "execution.checkpointing.incremental": "true",
    "restart-strategy.type": "exponential-delay",
}


def render_job(job: JobRecord, target: Target) -> JobSql:
    """The SQL of a job.

    Raises:
        PlanError: a plan that has no SQL.
    """
    start = f"`event_time` >= {job.start_ts}" if job.backfill is not None else None
    return _rendered(
        job,
        target,
        name=job.name,
        source=source_table(job, target),
        rules=_rules(job.source) + _before_start(job),
        own=start,
        dead_letters=_dead_letters(job.source),
    )


def render_backfill(job: JobRecord, backfill: Backfill, target: Target) -> JobSql:
    """The SQL of a job's backfill.

    Raises:
        PlanError: a plan that has no SQL.
    """
    unread = f"`offset` < {_at(job.start_offsets)}"
    return _rendered(
        job,
        target,
        name=backfill_name(job),
        source=bounded_source_table(job, backfill, target),
        rules=_rules(job.source),
        own=f"`event_time` < {job.start_ts}",
        dead_letters=f"{_dead_letters(job.source)} AND {unread}",
    )


def _rendered(
    job: JobRecord,
    target: Target,
    *,
    name: str,
    source: str,
    rules: list[tuple[str, str]],
    own: str | None,
    dead_letters: str,
) -> JobSql:
    fragments = [(fragment, job.view_of(fragment)) for fragment in job.fragments]
    read = _columns_read(job.source, [view for _, view in fragments])
    views = (
        _decoded(job.source, target, read),
        _judged(job.source, rules),
        _accepted(job.source, read, own),
        _events(job.source, read),
    )
    inserts = (dead_letters, *(_tiles(fragment, view) for fragment, view in fragments))
    return JobSql(
        name=name,
        config={
            "pipeline.name": name,
            "parallelism.default": str(target.parallelism),
            # Of the dedupe, the one operator without a hint of its own: copies that arrive later are refused as late.
            "table.exec.state.ttl": f"{job.source.lateness_ms + job.source.skew_ms + OUTAGE} ms",
            **CONFIG,
        },
        statements=(
            *map(registration, functions_in((*views, *inserts))),
            source,
            dead_letter_table(job, target),
            *(tile_table(fragment, view, target) for fragment, view in fragments),
            *views,
        ),
        inserts=inserts,
    )


def _at(offsets: tuple[int, ...]) -> str:
    """The offset of a record's partition; 0 for a partition that came later, which nobody has read before."""
    cases = " ".join(f"WHEN {partition} THEN {offset}" for partition, offset in enumerate(offsets))
    return f"CASE `partition` {cases} ELSE 0 END"


def _columns_read(source: SourcePlan, views: Iterable[ViewPlan]) -> tuple[Column, ...]:
    """The columns that reach the fragments: those that any of them reads, and the event time; of maps one a key."""
    names = {source.event_time}
    for view in views:
        names |= view.fields_read
    return tuple(
        Column(name, column.type)
        for column in source.columns
        for name in sorted(names)
        if shape_of(name) == column.name
    )


# --- views ----------------------------------------------------------------------------------------------------------


def _view(name: str, query: str) -> str:
    return f"CREATE TEMPORARY VIEW {backticked(name)} AS\n{query}"


def _field(name: str) -> str:
    return f"`record`.`event`.{backticked(name)}"


def _value(source: SourcePlan, name: str) -> str:
    """A field of the decoded event as its column's value: timestamps in ms."""
    field = _field(name)
    if shape_of(name) not in source.micros:
        return field
    # Flink's division truncates, this floors; it cannot overflow.
    return f"CASE WHEN {field} < 0 THEN ({field} + 1) / 1000 - 1 ELSE {field} / 1000 END"


def _decoded(source: SourcePlan, target: Target, read: tuple[Column, ...]) -> str:
    """The record's value decoded: of the event what is read, one column a path.

    All of the reader schema is decoded, whatever is read: which events are accepted is the same for every job.
    """
    paths = {column.name: parse(column.name) for column in read}
    if source.event_id is not None:
        paths |= {source.event_id: parse(source.event_id)}
    literals = (with_units(source), json.dumps(paths, ensure_ascii=False, separators=(",", ":")), target.registry)
    decode = f"`AVRO_DECODE`(`value`, {', '.join(map(flink_text, literals))}, {target.schema_id})"
    return _view(
        "decoded",
        "SELECT `key`, `value`, `partition`, `offset`, `headers`, `now`,\n"
        # Of the ways to the milliseconds of a timestamp, this one is exact before 1970 and up to the year 9999.
        "  EXTRACT(EPOCH FROM `timestamp`) * 1000 + EXTRACT(MILLISECOND FROM `timestamp`) AS `arrival`,\n"
        f"  {decode} AS `record`\n"
        "FROM `source`",
    )


def _rules(source: SourcePlan) -> list[tuple[str, str]]:
    """Condition and reason of every refusal that depends on the record alone; the first that holds is told."""
    rules = [
        ("`record`.`reason` IS NOT NULL", "`record`.`reason`"),
        ("`event_time` IS NULL", "'null_event_time'"),
        (f"`event_time` < 0 OR `event_time` > {LAST_INSTANT}", "'event_time_out_of_range'"),
        (f"`arrival` - `event_time` > {source.lateness_ms}", "'late'"),
        (f"`event_time` - `arrival` > {source.skew_ms}", "'future'"),
    ]
    if source.event_id is not None:
        rules.insert(2, (f"{_field(source.event_id)} IS NULL", "'null_event_id'"))
    return rules


def _before_start(job: JobRecord) -> list[tuple[str, str]]:
    """An event before the job's first tile that its backfill does not read either."""
    if job.backfill is None:
        return []
    beyond = f"`offset` >= {_at(job.backfill.bound_offsets)}"
    return [(f"`event_time` < {job.start_ts} AND {beyond}", "'before_start'")]


def _judged(source: SourcePlan, rules: list[tuple[str, str]]) -> str:
    cases = "\n".join(f"  WHEN {condition} THEN {reason}" for condition, reason in rules)
    return _view(
        "judged",
        f"SELECT *, CASE\n{cases}\nEND AS `reason`\n"
        f"FROM (SELECT *, {_value(source, source.event_time)} AS `event_time` FROM `decoded`)",
    )


def _accepted(source: SourcePlan, read: tuple[Column, ...], own: str | None) -> str:
    """Events that nothing speaks against, and of them those that are this job's to count."""
    columns = [
        f"{'`event_time`' if column.name == source.event_time else _value(source, column.name)} "
        f"AS {backticked(column.name)}"
        for column in read
    ]
    if source.event_id is not None:
        if all(column.name != source.event_id for column in read):
            columns.insert(0, f"{_field(source.event_id)} AS {backticked(source.event_id)}")
        columns.insert(0, f"`now` AS {NOW}")
    listed = ",\n".join(f"  {column}" for column in columns)
    condition = "`reason` IS NULL" if own is None else f"`reason` IS NULL AND {own}"
    return _view("accepted", f"SELECT\n{listed}\nFROM `judged`\nWHERE {condition}")


def _events(source: SourcePlan, read: tuple[Column, ...]) -> str:
    """The first copy of each event.

    A running count is the one dedupe that only inserts under mini-batch: ROW_NUMBER() = 1 takes rows back, and a
    process table function turns mini-batches by the clock into ones by watermark, which a quiet topic never flushes
    (measured at 20 events/s: p50 1649 ms instead of 69).
    """
    columns = ", ".join(backticked(column.name) for column in read)
    if source.event_id is None:
        return _view("events", f"SELECT {columns}\nFROM `accepted`")
    identity = f"{backticked(source.event_id)}, {backticked(source.event_time)}"
    count = f"COUNT(*) OVER (PARTITION BY {identity} ORDER BY {NOW} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
    return _view("events", f"SELECT {columns}\nFROM (SELECT *, {count} AS {COPY} FROM `accepted`)\nWHERE {COPY} = 1")


# --- inserts --------------------------------------------------------------------------------------------------------


def _dead_letters(source: SourcePlan) -> str:
    event_time = "COALESCE(CAST(`event_time` AS STRING), 'null')"
    arrived = f"'event time ' || {event_time} || ', arrival ' || CAST(`arrival` AS STRING)"
    headers = {
        "millpond.reason": "`reason`",
        "millpond.detail": f"COALESCE(`record`.`detail`, {arrived})",
        "millpond.topic": flink_text(source.topic),
        "millpond.partition": "CAST(`partition` AS STRING)",
        "millpond.offset": "CAST(`offset` AS STRING)",
    }
    added = ",\n".join(f"  {flink_text(name)}, ENCODE({text}, 'UTF-8')" for name, text in headers.items())
    return (
        f"INSERT INTO `dead_letters`\nSELECT `key`, `value`, MAP_UNION(`headers`, MAP[\n{added}\n])\n"
        "FROM `judged`\nWHERE `reason` IS NOT NULL"
    )


def _tiles(fragment: Fragment, view: ViewPlan) -> str:
    """Each event once for each level, with what the partials take from it; then one row a key, level and tile.

    `ROW(level, ts / level)` reads a column of the event: an array of constants alone is planned as a join with state.
    """

    def column(name: str) -> str:
        return f"`v`.{backticked(name)}"

    ts = column(view.source.event_time)
    keys = [backticked(key.name) for key in view.entity.keys]
    exprs = [render(expr, FLINK, column) for expr in view.by]
    rows = [
        *(f"{expr} AS {key}" for expr, key in zip(exprs, keys, strict=True)),
        "`l`.`level`",
        "`l`.`tile`",
        f"{ts} AS `ts`",
        *(f"{taken(partial, column)} AS {backticked(partial.name)}" for partial in view.partials),
    ]
    levels = ", ".join(_level(size, ts) for size in view.sizes(fragment.kind))
    group = ", ".join([*keys, "`level`", "`tile`"])
    values = [
        group,
        "COUNT(*)",
        "MIN(`ts`)",
        "MAX(`ts`)",
        *(aggregated(partial, backticked(partial.name)) for partial in view.partials),
    ]
    return (
        f"INSERT INTO {backticked(fragment.label)}\n"
        f"SELECT /*+ STATE_TTL('e' = '{view.state_ttl_ms(fragment.kind)} ms') */\n"
        + ",\n".join(f"  {value}" for value in values)
        + "\nFROM (\n  SELECT\n"
        + ",\n".join(f"    {row}" for row in rows)
        + f"\n  FROM `events` AS `v`\n  CROSS JOIN UNNEST(ARRAY[{levels}]) AS `l` (`level`, `tile`)\n"
        + "  WHERE "
        + " AND ".join(f"{expr} IS NOT NULL" for expr in exprs)
        + f"\n) AS `e`\nGROUP BY {group}"
    )


def _level(size_ms: int, ts: str) -> str:
    return f"ROW(CAST({size_ms} AS BIGINT), {ts} / {size_ms})"
