"""Events out of Parquet: columns found and converted, refusals counted, and what is wrong said."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import duckdb
import pytest

from millpond.define.compiler import compile_pool
from millpond.offline.events import Events
from millpond.plan.errors import MillpondError
from millpond.plan.model import SourcePlan
from tests.unit.define.sample import RIGHT

NOON: Final = 1_704_110_400_000  # 2024-01-01T12:00:00Z
HEAD: Final = "'s1' AS sale_id, TIMESTAMP '2024-01-01 12:00:00' AS sold_at"


@pytest.fixture(scope="module")
def source() -> SourcePlan:
    return compile_pool(RIGHT).view("shop.customer").source


@pytest.fixture
def events() -> Iterator[Events]:
    with Events() as made:
        yield made


def written(folder: Path, query: str) -> Path:
    file = folder / "given.parquet"
    with duckdb.connect(config={"threads": 1}) as db:
        db.execute(f"COPY ({query}) TO '{file}' (FORMAT parquet)")
    return file


def value(events: Events, source: SourcePlan, path: str, file: Path) -> Any:
    """The one event's value at a path."""
    events.read(source, [path], file)
    quoted = path.replace('"', '""')
    (found,) = events.one(f'SELECT "{quoted}" FROM {events.table(source)}')
    return found


@pytest.mark.parametrize(
    ("column", "path", "wanted"),
    [
        ("CAST(7 AS UTINYINT) AS store_id", "store_id", 7),
        ("1.5::DECIMAL(4, 1) AS amount", "amount", Decimal("1.50")),
        ("3::INTEGER AS fee", "fee", Decimal("3.0000")),
        ("0.5::FLOAT AS weight", "weight", 0.5),
        ("'WEB'::ENUM ('WEB', 'TILL') AS channel", "channel", "WEB"),
        ("TRUE AS gift", "gift", True),
        ("TIMESTAMP '2024-01-01 12:00:00.0019' AS paid_at", "paid_at", NOON + 1),
        ("TIMESTAMP_NS '2024-01-01 12:00:00.001999999' AS paid_at", "paid_at", NOON + 1),
        ("TIMESTAMP_NS '1969-12-31 23:59:59.9999' AS paid_at", "paid_at", -1),
        ("TIMESTAMPTZ '2024-01-01 14:00:00.001+02' AS paid_at", "paid_at", NOON + 1),
        ("CAST(17 AS BIGINT) AS paid_at", "paid_at", 17),
        ("{'city': 'Oslo', 'place': {'lat': 1.5e0, 'lon': 2.5e0}} AS address", "address.place.lon", 2.5),
        ("MAP {'it''s': 'x'} AS extra", 'extra["it\'s"]', "x"),
        ("MAP {'a': 'x'} AS extra", 'extra["b"]', None),
    ],
)
def test_a_field_is_found_and_converted(
    tmp_path: Path, events: Events, source: SourcePlan, column: str, path: str, wanted: object
) -> None:
    file = written(tmp_path, f"SELECT {HEAD}, {column}")
    assert value(events, source, path, file) == wanted


@pytest.mark.parametrize(
    ("columns", "path", "what", "mend"),
    [
        (HEAD, "amount", "the data has no column 'amount'", "known here"),
        (f"{HEAD}, 1 AS amuont", "amount", "the data has no column 'amount'", "did you mean 'amuont'"),
        (f"{HEAD}, 1.5e0 AS amount", "amount", "the column is DOUBLE, and the field is decimal", "CAST"),
        (f"{HEAD}, 1.555 AS amount", "amount", "the column is DECIMAL(4,3), and the field is decimal(10,2)", "CAST"),
        (f"{HEAD}, 1::UBIGINT AS article_id", "article_id", "the column is UBIGINT", "at most 64 bits"),
        (f"{HEAD}, DATE '2024-01-01' AS paid_at", "paid_at", "the column is DATE", "TIMESTAMP"),
        (f"{HEAD}, 'x' AS address", "address.city", "the column is VARCHAR, which has no 'city'", "STRUCT"),
        (
            f"{HEAD}, {{'place': {{'lat': 1.5}}}} AS address",
            "address.place.lat",
            "the column is DECIMAL(2,1)",
            "DOUBLE",
        ),
        (f"{HEAD}, {{'town': 'x'}} AS address", "address.city", "which has no 'city'", "known here: town"),
        (f"{HEAD}, 'x' AS extra", 'extra["a"]', "the column is VARCHAR, which has no 'a'", "MAP"),
        ("'s1' AS sale_id", "store_id", "the data has no column 'sold_at'", "sale_id"),
        (f"{HEAD}, NULL::INTEGER AS store_id", "store_id", "it is null in 1 events", "leave them out"),
        (f"{HEAD}, {{'city': NULL::VARCHAR}} AS address", "address.city", "it is null in 1 events", "leave them out"),
        (f"{HEAD}, 1 AS store_id, 'soon' AS arrival", "store_id", "the column is VARCHAR", "TIMESTAMP"),
    ],
)
def test_what_is_missing_or_of_another_type_is_said_with_the_mend(
    tmp_path: Path, events: Events, source: SourcePlan, columns: str, path: str, what: str, mend: str
) -> None:
    with pytest.raises(MillpondError) as caught:
        events.read(source, [path], written(tmp_path, f"SELECT {columns}"))
    assert what in caught.value.what
    assert mend in (caught.value.mend or "")
    assert "given.parquet" in (caught.value.where or "")


def test_a_file_that_is_none_is_said(tmp_path: Path, events: Events, source: SourcePlan) -> None:
    (tmp_path / "given.parquet").write_text("no Parquet")
    with pytest.raises(MillpondError, match="it cannot be read"):
        events.read(source, [], tmp_path / "given.parquet")
    with pytest.raises(MillpondError, match="nothing was read of the source"):
        events.table(source)


def test_refusals_are_counted_and_copies_count_once(tmp_path: Path, events: Events, source: SourcePlan) -> None:
    rows = [
        ("'a'", "0", "0", "1"),
        ("'a'", "0", "5", "1"),  # a copy
        ("'a'", "1", "1", "1"),  # the same id at another time is another event
        ("'b'", "0", "86400000", "2"),
        ("'c'", "0", "86400001", "3"),
        ("'d'", "60001", "0", "4"),
        ("NULL", "0", "0", "5"),
        ("'e'", "NULL", "0", "6"),
        ("'f'", "0", "0", "'nan'"),
    ]
    listed = ", ".join(f"({name}, {at}, {arrival}, CAST({weight} AS DOUBLE))" for name, at, arrival, weight in rows)
    file = written(
        tmp_path,
        f"SELECT id AS sale_id, {NOON} + happened AS sold_at, {NOON} + arrival AS arrival, weight, 1 AS store_id "
        f"FROM (VALUES {listed}) AS t (id, happened, arrival, weight)",
    )
    loaded = events.read(source, ["store_id"], file)
    refused = {"future": 1, "late": 1, "non_finite": 1, "null_event_id": 1, "null_event_time": 1}
    assert dict(loaded.refused) == refused
    assert (loaded.records, loaded.events, loaded.copies) == (9, 3, 1)
    assert (loaded.first, loaded.last, loaded.has_arrivals) == (NOON, NOON + 1, True)


def test_of_copies_that_differ_the_first_to_come_in_counts(tmp_path: Path, events: Events, source: SourcePlan) -> None:
    file = written(
        tmp_path,
        f"SELECT 's' AS sale_id, {NOON} AS sold_at, {NOON} + arrival AS arrival, store_id "
        "FROM (VALUES (5, 1), (3, 2), (3, 3)) AS t (arrival, store_id)",
    )
    assert value(events, source, "store_id", file) == 2


def test_without_arrivals_none_is_late(tmp_path: Path, events: Events, source: SourcePlan) -> None:
    loaded = events.read(source, ["store_id"], written(tmp_path, f"SELECT {HEAD}, 1 AS store_id"))
    assert (loaded.events, dict(loaded.refused), loaded.has_arrivals) == (1, {}, False)
