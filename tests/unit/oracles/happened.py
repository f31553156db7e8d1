"""Events drawn at random, dense enough to tie, to repeat and to lie on the edges; and the table that holds them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from hypothesis import strategies as st

from tests.oracles.aggregations_sql import Connection, SqlOracle
from tests.oracles.asked import Event, Key, Value

Drawn = st.SearchStrategy[Value]

INT: Final = st.integers(-3, 3) | st.sampled_from([-(2**63), 2**63 - 1, 10**9, 10**9 + 1, -(10**9) - 1])
MONEY: Final = st.integers(-300, 300).map(lambda cents: Decimal(cents).scaleb(-2)) | st.sampled_from(
    [Decimal("9999999999999999.99"), Decimal("-9999999999999999.99")]
)
LONG: Final = st.sampled_from([10**38 - 1, 1 - 10**38, 10**37, 10**19, 10**19 - 1]) | st.integers(-5, 5)
TEXTS: Final = (
    "",
    "\0",
    "a",
    "a\0",
    "a\0b",
    "b",
    "é",
    "e\u0301",
    "\uffff",
    "\U0001f600",
    "{a:*}|",
    "more than twelve\0",
)

TYPES: Final[Mapping[str, Drawn]] = {
    "BIGINT": INT,
    "DECIMAL(18,2)": MONEY,
    "DECIMAL(38,0)": LONG.map(Decimal),
    "DECIMAL(38,2)": LONG.map(lambda unscaled: _scaled(unscaled, 2)),
    "DECIMAL(38,10)": LONG.map(lambda unscaled: _scaled(unscaled, 10)),
    # Moments about the mean in doubles are good to 1e-9 where a spread is not millions of times smaller than its mean.
    "DOUBLE": st.integers(-40, 40).map(lambda n: n / 8) | st.sampled_from([0.1, -0.0, 1e-3]),
    "VARCHAR": st.sampled_from(TEXTS),
    "BOOLEAN": st.booleans(),
    "TIMESTAMP": st.integers(0, 5) | st.sampled_from([1_700_000_000_123, 253_402_300_799_999]),
}
WILD_DOUBLES: Final = st.sampled_from(
    [5e-324, -5e-324, -0.0, 0.0, 1.7976931348623157e308, -1.7976931348623157e308, 0.1]
)
ORDERED: Final = ("BIGINT", "DECIMAL(18,2)", "DOUBLE", "TIMESTAMP", "VARCHAR", "BOOLEAN")


def _scaled(unscaled: int, scale: int) -> Decimal:
    sign, digits, _ = Decimal(unscaled).as_tuple()
    return Decimal((sign, digits, -scale))  # scaleb would round to 28 digits


@dataclass(frozen=True)
class Happened:
    """A history: its events, of which type each column is, and whether events have ids."""

    events: tuple[Event, ...]
    types: Mapping[str, str]
    ids: bool = True

    def oracle(self, db: Connection) -> SqlOracle:
        """The events in a table; decimals go by their text, for DuckDB gives a list of them one scale, and rounds."""
        columns = {"key": "VARCHAR", "ts": "BIGINT", "id": "VARCHAR", **self.types}
        declared = ", ".join(f'"{name}" {type}' for name, type in columns.items())
        db.execute(f"CREATE OR REPLACE TABLE happened ({declared})")
        if self.events:
            rows = [(event.key[0], event.ts, event.id, *map(event.values.get, self.types)) for event in self.events]
            lists = list(zip(*rows, strict=True))
            taken = ", ".join(_taken(type, f"unnest($c{i})") for i, type in enumerate(columns.values()))
            given = {f"c{i}": _given(type, lists[i]) for i, type in enumerate(columns.values())}
            db.execute(f"INSERT INTO happened SELECT {taken}", given)
        return SqlOracle(db, "happened", keys=["key"], ts="ts", event_id="id" if self.ids else None)


def _taken(type: str, unnested: str) -> str:
    return f"make_timestamp_ms({unnested}::BIGINT)" if type == "TIMESTAMP" else f"CAST({unnested} AS {type})"


def _given(type: str, values: Sequence[Value | None]) -> list[Value | None]:
    if type.startswith("DECIMAL"):
        return [None if value is None else f"{value:f}" for value in values]
    return list(values)


def histories(types: Mapping[str, Drawn], *, ids: bool, at: int = 0) -> st.SearchStrategy[tuple[Event, ...]]:
    """Up to 24 events of three entities within 60 ms, (ts, id) distinct where there are ids, a null in every few.

    Args:
        types: column -> its values.
        ids: whether events have ids; they come from few, and bytewise order is not that of UTF-16.
        at: the first of the 60 ms.
    """
    event_ids = st.sampled_from(["", "a", "a\0", "b", "\uffff", "\U0001f600", "é"]) if ids else st.none()
    event = st.builds(
        lambda key, ts, event_id, values: Event((key,), at + ts, event_id, values),
        st.sampled_from(["k", "k\0", "m"]),
        st.integers(0, 59),
        event_ids,
        st.fixed_dictionaries({name: st.none() | values | values for name, values in types.items()}),
    )
    distinct = (lambda event: (event.ts, event.id)) if ids else None
    return st.lists(event, max_size=24, unique_by=distinct).map(tuple)


def instants(at: int) -> st.SearchStrategy[list[tuple[Key, int]]]:
    """Entities, known or not, and instants around the 60 ms; some twice."""
    key = st.sampled_from(["k", "k\0", "m", "nobody"]).map(lambda key: (key,))
    return st.lists(st.tuples(key, st.integers(at - 5, at + 90)), min_size=1, max_size=8)
