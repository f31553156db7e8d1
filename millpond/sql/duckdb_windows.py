"""Windows as DuckDB SQL: which events of its entity each of the asked holds.

asked   ask, k0 …, q, own, own_id, lo, hi, tail, head    the instant and the bounds of one window, ms; own_id names
                                                         the event that is left out, where own says that one is
mine    k0 …, ts, id, and what each partial takes        the events of the entities that are asked about

      tail  lo                        head     hi
------[=====(====|=========|==========|========)===|----> ts
      the tile that holds lo          the tile that holds hi - 1
"""

from collections.abc import Sequence
from typing import Final

from millpond.plan.model import ViewPlan
from millpond.plan.partials import Partial
from millpond.sql.dialects import DUCKDB
from millpond.sql.duckdb_partials import state, taken
from millpond.sql.expressions import render
from millpond.sql.quote import double_quoted

MINE: Final = "mine"
BOUNDED: Final = "bounded"


def column(partial: Partial) -> str:
    """The column of `mine` that holds what a partial takes."""
    return double_quoted(f"${partial.name}")


def mine(view: ViewPlan, events: str, asked: str, partials: Sequence[Partial]) -> str:
    """The statement that makes `mine`; an event with a null key is nobody's.

    Args:
        events: the table of the source's events, a column a path.
        asked: the relation of those asked about.
    """
    keys = [f"k{place}" for place in range(len(view.by))]
    exprs = [render(tree, DUCKDB, double_quoted) for tree in view.by]
    source = view.source
    columns = [
        *(f"{expr} AS {key}" for expr, key in zip(exprs, keys, strict=True)),
        f"{double_quoted(source.event_time)} AS ts",
        f"{'NULL' if source.event_id is None else double_quoted(source.event_id)} AS id",
        *(f"{taken(partial, double_quoted)} AS {column(partial)}" for partial in partials),
    ]
    entities = f"SELECT DISTINCT {', '.join(keys)} FROM {asked}"
    return (
        f"CREATE OR REPLACE TEMP TABLE {MINE} AS SELECT {', '.join(columns)} FROM {events} "
        f"WHERE ({', '.join(exprs)}) IN ({entities})"
    )


def bounded(view: ViewPlan, asked: str, size_ms: int) -> str:
    """The statement that makes `bounded`: `asked` with the bounds that its tiles allow, and whether they are `capped`.

    Of an exact view a tile keeps its last events. Where a window cuts one that had more, and not all that are wanted
    were kept, the tile counts as a whole, or, at the head of a delayed window, not at all.
    """
    if not view.is_exact:
        return f"CREATE OR REPLACE TEMP TABLE {BOUNDED} AS SELECT *, FALSE AS capped FROM {asked}"
    most = view.partials[-1].most
    inside = {"tail": f"ts < tail + {size_ms}", "head": "ts >= head"}
    counts = ", ".join(
        f"count(*) FILTER (WHERE {tile}) AS {end}_n, "
        f"count(*) FILTER (WHERE {tile} AND ts < lo) AS {end}_before, "
        f"count(*) FILTER (WHERE {tile} AND ts >= hi) AS {end}_after"
        for end, tile in inside.items()
    )
    full = ", ".join(
        f"{end}_n > {most} AND {end}_n - {end}_before >= {most} AND {end}_before + {end}_after > 0 AS {end}_full, "
        f"{end}_after"
        for end in inside
    )
    return f"""
        CREATE OR REPLACE TEMP TABLE {BOUNDED} AS
        WITH seen AS (
            SELECT ask, {counts} FROM {_joined(view, asked)} AND ts >= tail AND ts < head + {size_ms} AND ts <= q
            GROUP BY ask
        ), found AS (SELECT ask, {full} FROM seen)
        SELECT asked.* REPLACE (
            CASE WHEN tail_full AND tail_after = 0 THEN tail ELSE lo END AS lo,
            CASE WHEN head_full AND head_after > 0 THEN head ELSE hi END AS hi
        ), COALESCE(tail_full OR head_full, FALSE) AS capped
        FROM {asked} AS asked LEFT JOIN found USING (ask)
    """


def picked(view: ViewPlan) -> str:
    """The query of the events in the window of each: ask, q, capped, and the columns of `mine`."""
    return f"SELECT ask, q, capped, mine.* FROM {_joined(view, BOUNDED)} AND ts >= lo AND ts < hi"


def stated(view: ViewPlan, partials: Sequence[Partial]) -> str:
    """The query of (ask, capped, n, the state of each partial) over each window; all of the asked, in order."""
    states = "".join(f", {state(partial, column(partial))}" for partial in partials)
    return f"""
        WITH found AS (SELECT ask, count(*) AS n{states} FROM ({picked(view)}) GROUP BY ask)
        SELECT ask, {BOUNDED}.capped, COALESCE(n, 0), found.* EXCLUDE (ask, n)
        FROM {BOUNDED} LEFT JOIN found USING (ask) ORDER BY ask
    """


def arrived(view: ViewPlan, asked: str) -> str:
    """The query of those (ask) whose entity has an event at the instant asked; of an exact view, the one of that id."""
    is_it = " AND id = own_id" if view.is_exact and view.source.event_id is not None else ""
    keys = " AND ".join(f"mine.k{place} = asked.k{place}" for place in range(len(view.by)))
    return f"SELECT DISTINCT ask FROM {asked} AS asked JOIN {MINE} AS mine ON {keys} AND ts = q{is_it}"


def times(view: ViewPlan, events: str, *, without: bool) -> str:
    """The query of the times of an entity's events up to `$q`, ascending; `$k0` … is the entity.

    Args:
        events: the table of the source's events.
        without: the event of the id `$id` is left out, or, of a source without ids, those of the instant itself.
    """
    exprs = [render(tree, DUCKDB, double_quoted) for tree in view.by]
    ts = double_quoted(view.source.event_time)
    conditions = [f"{ts} <= $q", *(f"{expr} = $k{place}" for place, expr in enumerate(exprs))]
    if without:
        is_it = "" if view.source.event_id is None else f" AND {double_quoted(view.source.event_id)} = $id"
        conditions.append(f"NOT ({ts} = $q{is_it})")
    return f"SELECT {ts} FROM {events} WHERE {' AND '.join(conditions)} ORDER BY ALL"


def _joined(view: ViewPlan, asked: str) -> str:
    """The asked with the events of their entities, less the one that is left out."""
    keys = " AND ".join(f"mine.k{place} = asked.k{place}" for place in range(len(view.by)))
    is_it = "ts = q" if view.source.event_id is None else "ts = q AND id = own_id"
    return f"{asked} AS asked JOIN {MINE} AS mine ON {keys} WHERE NOT (own AND {is_it})"
