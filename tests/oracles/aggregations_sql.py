"""Every aggregation in hand-written DuckDB SQL, for many entities and instants in one query; knows nothing of Millpond.

    oracle = SqlOracle(db, "lines", keys=("household_id",), ts="ts", event_id="line_id")
    oracle.answers(Asked(kind="sum", window_ms=DAY, step_ms=HOUR, fields=("paid",)), [((1,), 1_485_000_000_000), …])

What is an answer, and what is null, is said in aggregations.py; what DuckDB does and does not, in aggregations.sql.
Exact numbers are exact: SQL yields whole power sums, from which the moments are put together here over fractions, by
other formulas than those of moments.py. Of doubles the sum, mean, var, std, skew and kurtosis are computed in doubles.
"""

import math
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from decimal import Context, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import duckdb

from tests.oracles.asked import Answer, Asked, Key, Kind

Connection: TypeAlias = "duckdb.DuckDBPyConnection"
"""Quoted: a class that a signature holds on to is a leak to duckdb's binding, which then says so at exit."""

Row = Mapping[str, Any]

_SQUARED_TWICE = 10**9
"""Up to this the fourth power is a HUGEINT."""
_DIGIT = 10**8
_LONG = Context(prec=1000, Emax=10**6, Emin=-(10**6))


class SqlOracle:
    """Answers from the events in a relation.

    Args:
        db: the connection that has it; the macros are created there.
        events: a table or view, one row an event: accepted, copies removed.
        keys: the columns of an entity's key.
        ts: the event time: ms in a BIGINT, or a TIMESTAMP.
        event_id: None where there is none.
    """

    def __init__(self, db: Connection, events: str, *, keys: Sequence[str], ts: str, event_id: str | None) -> None:
        self._db = db
        self._events = events
        self._keys = tuple(keys)
        self._ts = ts
        self._id = event_id
        known = db.execute(f'DESCRIBE SELECT * FROM "{events}"').fetchall()
        self._types: dict[str, str] = {name: type for name, type, *_ in known}
        sql = Path(__file__).with_name("aggregations.sql").read_text()
        db.execute(sql.replace("CREATE MACRO", "CREATE OR REPLACE TEMP MACRO"))

    def answers(self, asked: Asked, wanted: Sequence[tuple[Key, int]]) -> list[Answer]:
        """The value for each entity and instant, in their order.

        Args:
            asked: the aggregation and its window.
            wanted: an entity's key and the instant q it is read at, ms; the same may be there twice.
        """
        self._want(asked, wanted)
        self._pick(asked)
        scale = self._scale(asked)
        found = _READ[asked.kind](self, asked)
        return [_ANSWER[asked.kind](found.get(ask), scale) for ask in range(len(wanted))]

    # --- what is asked ----------------------------------------------------------------------------------------------

    def _want(self, asked: Asked, wanted: Sequence[tuple[Key, int]]) -> None:
        """Each of the asked with the instants from `since` to before `hi` that its answer depends on."""
        columns = [f"CAST(unnest($k{i}) AS {self._types[key]}) AS k{i}" for i, key in enumerate(self._keys)]
        values: dict[str, Any] = {f"k{i}": [key[i] for key, _ in wanted] for i in range(len(self._keys))}
        if asked.kind == "count_new":
            bounds = "tail(q, 0, $length, 1) AS lo, q - $keep AS since, q + 1 AS hi"
            given = {"length": asked.window_ms, "keep": asked.keep_ms}
        else:
            exact = asked.kind == "count_distinct" and asked.delay_ms == 0
            bounds = "tail(q, $delay, $length, $step) AS lo, lo AS since, head(q, $delay, $step) AS hi"
            given = {"delay": asked.delay_ms, "length": asked.window_ms, "step": 1 if exact else asked.step_ms}
        typed = re.sub(r"\$\w+", lambda name: f"CAST({name[0]} AS BIGINT)", bounds)
        self._db.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE wanted AS
            SELECT *, {typed}
            FROM (SELECT {", ".join(columns)}, CAST(unnest($ask) AS INTEGER) AS ask, CAST(unnest($q) AS BIGINT) AS q)
            """,
            {**values, "ask": list(range(len(wanted))), "q": [q for _, q in wanted], **given},
        )

    def _pick(self, asked: Asked) -> None:
        """The view `picked` that aggregations.sql speaks of: the events of each of the asked."""
        ts, event_id = self._plain(self._ts), "NULL" if self._id is None else self._plain(self._id)
        fields = [self._plain(name) for name in asked.fields]
        columns = [
            "wanted.ask",
            "wanted.q",
            "wanted.lo",
            f"{ts} AS ts",
            f"{event_id} AS id",
        ]
        if fields:
            struct = ", ".join(f"f{i}: {field}" for i, field in enumerate(fields))
            behind = ", ".join(f"has{i}: {field} IS NOT NULL, f{i}: {field}" for i, field in enumerate(fields))
            columns += [
                f"{fields[0]} AS x",
                f"{{{struct}}} AS fields",
                f"{' OR '.join(f'{field} IS NOT NULL' for field in fields)} AS told",
                f"{{ts: {ts}, id: {event_id}, fields: {{{behind}}}}} AS settled",
                f"{self._whole(asked.fields[0])} AS u",
            ]
        if asked.by is not None:
            columns.append(f"{self._plain(asked.by)} AS y")
        same = " AND ".join(f'event."{key}" = wanted.k{i}' for i, key in enumerate(self._keys))
        self._db.execute(
            f"""
            CREATE OR REPLACE TEMP VIEW picked AS
            SELECT {", ".join(columns)}
            FROM "{self._events}" AS event JOIN wanted
            ON {same} AND {ts} < hi AND (since IS NULL OR {ts} >= since)
            WHERE {"true" if asked.where is None else f'event."{asked.where}"'}
            """
        )

    def _plain(self, name: str) -> str:
        """A column's value: of a timestamp its ms, of -0.0 0.0."""
        column, type = f'event."{name}"', self._types[name]
        if type.startswith("TIMESTAMP"):
            return f"epoch_ms({column})"
        return f"CASE WHEN {column} = 0 THEN 0.0::DOUBLE ELSE {column} END" if type == "DOUBLE" else column

    def _whole(self, name: str) -> str:
        """A column as a whole number. A decimal goes by its text: 10**s times a DECIMAL(38,s) would not fit."""
        column, type = f'event."{name}"', self._types[name]
        if type.startswith("DECIMAL"):
            return f"CAST(replace(CAST({column} AS VARCHAR), '.', '') AS HUGEINT)"
        return f"CAST({column} AS HUGEINT)" if type.endswith("INT") or type == "INTEGER" else "NULL::HUGEINT"

    def _scale(self, asked: Asked) -> int | None:
        """Digits behind the point of x: 0 of an integer, None of a double and of all that is no number."""
        type = self._types[asked.fields[0]] if asked.fields else ""
        decimal = re.fullmatch(r"DECIMAL\(\d+,(\d+)\)", type)
        if decimal:
            return int(decimal[1])
        return 0 if type.endswith("INT") or type == "INTEGER" else None

    # --- what is found ----------------------------------------------------------------------------------------------

    def rows(self, query: str, values: Mapping[str, int]) -> list[Row]:
        """The rows of a query by the names of their columns."""
        found = self._db.execute(query, dict(values))
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def moments(self, asked: Asked) -> dict[int, Any]:
        """What var, std, skew and kurtosis are made of: of exact numbers power sums, of doubles moments."""
        if self._scale(asked) is None:
            return {row["ask"]: row for row in self.rows("FROM agg_moments('picked')", {})}
        (largest,) = self.rows("SELECT coalesce(max(abs(u)), 0) AS u FROM picked", {})
        if largest["u"] <= _SQUARED_TWICE:
            powers = self.rows("FROM agg_powers('picked')", {})
            return {r["ask"]: Powers(r["n"], *(int(r[f"s{k}"]) for k in (1, 2, 3, 4))) for r in powers}
        sums: dict[int, list[int]] = defaultdict(lambda: [0] * 5)
        for row in self.rows("FROM agg_powers_wide('picked')", {}):
            sums[row["ask"]][0] = row["n"]
            sums[row["ask"]][row["power"]] += int(row["digit"]) * _DIGIT ** row["e"]
        return {ask: Powers(*five) for ask, five in sums.items()}

    def total(self, asked: Asked) -> dict[int, Any]:
        """What sum and mean are made of."""
        if self._scale(asked) is None:
            return self.moments(asked)
        return {r["ask"]: Powers(r["n"], int(r["s1"]), 0, 0, 0) for r in self.rows("FROM agg_sum('picked')", {})}


class Powers(NamedTuple):
    """How many numbers, and the sums of their first four powers, all whole."""

    n: int
    s1: int
    s2: int
    s3: int
    s4: int

    def about_mean(self) -> tuple[Fraction, Fraction, Fraction]:
        """The sums of the second, third and fourth powers of the distances from the mean."""
        n, s1, s2, s3, s4 = self
        mean = Fraction(s1, n)
        return (
            s2 - s1 * mean,
            s3 - 3 * mean * s2 + 2 * s1 * mean**2,
            s4 - 4 * mean * s3 + 6 * mean**2 * s2 - 3 * s1 * mean**3,
        )


_Read = Callable[[SqlOracle, Asked], dict[int, Any]]
_Finish = Callable[[Any, int | None], Answer]


def _table(*given: str) -> _Read:
    """The column `answer` of the macro of the kind, given some of k, over and under."""

    def read(oracle: SqlOracle, asked: Asked) -> dict[int, Any]:
        values = {"k": asked.k, "over": asked.p.numerator, "under": asked.p.denominator}
        args = ", ".join(["'picked'", *(f"${name}" for name in given)])
        rows = oracle.rows(f"FROM agg_{asked.kind}({args})", {name: values[name] for name in given})
        return {row["ask"]: row["answer"] for row in rows}

    return read


def _number(found: Any, _scale: int | None) -> Answer:
    return 0 if found is None else int(found)


def _same(found: Any, _scale: int | None) -> Answer:
    answer: Answer = found
    return answer


def _tuple(found: Any, _scale: int | None) -> Answer:
    return None if found is None else tuple(found.values() if isinstance(found, dict) else found)


def _map(found: Any, _scale: int | None) -> Answer:
    return None if found is None else {pair["x"]: pair["times"] for pair in found}


# --- exact numbers: from power sums; doubles: from moments about the mean -------------------------------------------


def _sum(found: Any, scale: int | None) -> Answer:
    if found is None:
        return 0
    if scale is None:
        double: float = found["s1"]
        return double
    return found.s1 if scale == 0 else Decimal(found.s1).scaleb(-scale, _LONG)


def _mean(found: Any, scale: int | None) -> Answer:
    if found is None or scale is None:
        return None if found is None else float(found["mean"])
    return float(Fraction(found.s1, found.n * 10**scale))


def _var(found: Any, scale: int | None) -> Answer:
    if found is None or _n(found) < 2:
        return None
    if scale is None:
        return float(found["m2"]) / (_n(found) - 1)
    return float(found.about_mean()[0] / ((found.n - 1) * 100**scale))


def _std(found: Any, scale: int | None) -> Answer:
    if found is None or _n(found) < 2:
        return None
    if scale is None:
        return math.sqrt(found["m2"] / (_n(found) - 1))
    return _root(found.about_mean()[0] / ((found.n - 1) * 100**scale))


def _skew(found: Any, scale: int | None) -> Answer:
    """With sums instead of means: sqrt(n - 1) n / (n - 2) * M3 / M2**1.5. The scale falls out."""
    if found is None or (n := _n(found)) < 3:
        return None
    if scale is None:
        m2, m3 = found["m2"], found["m3"]
        return None if m2 == 0 else math.sqrt(n - 1) * n / (n - 2) * m3 / m2**1.5
    exact2, exact3, _ = found.about_mean()
    if exact2 == 0:
        return None
    size = _root((n - 1) * (n * exact3 / (n - 2)) ** 2 / exact2**3)
    return math.copysign(size, exact3) if size else 0.0


def _kurtosis(found: Any, scale: int | None) -> Answer:
    """With sums: (n (n + 1) (n - 1) * M4 / M2**2 - 3 (n - 1)**2) / ((n - 2) (n - 3)). The scale falls out."""
    if found is None or (n := _n(found)) < 4:
        return None
    m2, _, m4 = (found["m2"], 0, found["m4"]) if scale is None else found.about_mean()
    if m2 == 0:
        return None
    share = n * (n + 1) * (n - 1) * m4 / m2**2 - 3 * (n - 1) ** 2
    return float(share / ((n - 2) * (n - 3)))


def _n(found: Any) -> int:
    n: int = found["n"] if isinstance(found, dict) else found.n
    return n


def _root(square: Fraction) -> float:
    """The double nearest to a root, by way of a thousand decimal digits."""
    quotient = _LONG.divide(Decimal(square.numerator), Decimal(square.denominator))
    return float(_LONG.sqrt(quotient))


_READ: dict[Kind, _Read] = {
    "count": _table(),
    "count_values": _table(),
    "sum": SqlOracle.total,
    "mean": SqlOracle.total,
    "min": _table(),
    "max": _table(),
    "var": SqlOracle.moments,
    "std": SqlOracle.moments,
    "skew": SqlOracle.moments,
    "kurtosis": SqlOracle.moments,
    "first": _table(),
    "last": _table(),
    "first_k": _table("k"),
    "last_k": _table("k"),
    "arg_max": _table(),
    "arg_min": _table(),
    "count_distinct": _table(),
    "count_new": _table(),
    "top_k": _table("k"),
    "value_counts": _table(),
    "quantile": _table("over", "under"),
    "seconds_since_first": _table(),
    "seconds_since_last": _table(),
}

_ANSWER: dict[Kind, _Finish] = {
    "count": _number,
    "count_values": _number,
    "sum": _sum,
    "mean": _mean,
    "min": _same,
    "max": _same,
    "var": _var,
    "std": _std,
    "skew": _skew,
    "kurtosis": _kurtosis,
    "first": _tuple,
    "last": _tuple,
    "first_k": _tuple,
    "last_k": _tuple,
    "arg_max": _tuple,
    "arg_min": _tuple,
    "count_distinct": _number,
    "count_new": _number,
    "top_k": _tuple,
    "value_counts": _map,
    "quantile": _same,
    "seconds_since_first": _same,
    "seconds_since_last": _same,
}
