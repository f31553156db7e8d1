"""The independent answer to every feature of a transfer and of a document: SQL by hand over the simulator's Parquet.

    oracle = PaymentsOracle(Path("bank"))
    oracle.transfers([Asked(event_id="…", cutoff=1_709_000_000_000, counts=False)])
    # [{"pace.attempts_10m": (3, "present"), …}]

Knows nothing of Millpond.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb

Answer = tuple[int | float | Decimal | None, str]
"""A value, and its status."""

LATENESS = 86_400_000
SKEW = 60_000
RANKS = ("present", "empty", "no_key", "capped", "overflow", "ahead", "behind", "incomplete")
ONLY_WHERE_COUNTED = frozenset(
    {
        "reports.frauds_30d",
        "card.attempts_1h",
        "card.attempts_24h",
        "card.declined_1h",
        "card.declined_24h",
        "card.countries_24h",
    }
)
FILES = {
    "transfers": "payments.transfer.initiated.v1",
    "cards": "payments.card.authorised.v1",
    "reports": "payments.fraud.reported.v1",
    "documents": "kyc.document.submitted.v1",
    "profiles": "accounts.profile.changed.v1",
}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One question.

    Args:
        event_id: of the event that is the request.
        cutoff: what had arrived by then was known, ms.
        counts: whether the event itself does.
    """

    event_id: str
    cutoff: int
    counts: bool


class PaymentsOracle:
    """Answers from the files of a simulation.

    Args:
        folder: with a Parquet file a topic.
    """

    def __init__(self, folder: Path) -> None:
        self.db = duckdb.connect()
        self.db.execute("SET TimeZone = 'UTC'")
        for table, topic in FILES.items():
            path = str(folder / f"{topic}.parquet")
            self.db.execute(
                f"""
                CREATE TABLE {table} AS
                SELECT * EXCLUDE (occurred_at, arrival), epoch_ms(occurred_at) AS ts, min(epoch_ms(arrival)) AS known
                FROM read_parquet($path)
                WHERE epoch_ms(arrival) - epoch_ms(occurred_at) BETWEEN {-SKEW} AND {LATENESS}
                GROUP BY ALL
                """,
                {"path": path},
            )
            self.db.execute(
                f"""
                CREATE TABLE requested_{table} AS
                SELECT DISTINCT * EXCLUDE (occurred_at, arrival), epoch_ms(occurred_at) AS ts FROM read_parquet($path)
                """,
                {"path": path},
            )
        self.db.execute("CREATE TABLE asked (n INTEGER, event_id VARCHAR, cutoff BIGINT, counts BOOLEAN)")
        self.db.execute(Path(__file__).with_suffix(".sql").read_text())

    def transfers(self, asked: Sequence[Asked]) -> list[dict[str, Answer]]:
        """Every place of each transfer's vector."""
        return self._answers("transfers", asked)

    def documents(self, asked: Sequence[Asked]) -> list[dict[str, Answer]]:
        """Every place of each document's vector."""
        return self._answers("documents", asked)

    def _answers(self, kind: str, asked: Sequence[Asked]) -> list[dict[str, Answer]]:
        self.db.execute("DELETE FROM asked")
        columns = {
            "n": list(range(len(asked))),
            "id": [one.event_id for one in asked],
            "cutoff": [one.cutoff for one in asked],
            "counts": [one.counts for one in asked],
        }
        self.db.execute("INSERT INTO asked SELECT unnest($n), unnest($id), unnest($cutoff), unnest($counts)", columns)
        found = self.db.execute(f"FROM {kind}_vectors() ORDER BY n")
        names = [name for name, *_ in found.description or ()][1:]
        rows = found.fetchall()
        assert [n for n, *_ in rows] == columns["n"], "an event that was asked about is not there"
        return [
            {
                name: (place["v"], RANKS[place["rank"]])
                for name, place in zip(names, places, strict=True)
                if one.counts or name not in ONLY_WHERE_COUNTED
            }
            for one, (_, *places) in zip(asked, rows, strict=True)
        ]
