"""Faults of records: how numbers are packed, and read again."""

from typing import Final

from tests.mutants.mutant import Mutant

RECORDS: Final = ("tests/unit/store/test_records.py",)
TILES: Final = ("tests/unit/materialize/test_tiles.py",)
AVRO: Final = ("tests/unit/materialize/test_avro.py",)

RECORDS_FAULTS: Final = (
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
)
