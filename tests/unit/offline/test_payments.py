"""The sets of the payments pool, previewed over a small simulated bank, beside SQL written by hand."""

import math
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from millpond.offline.data import Files, load
from millpond.offline.subject import Subject, subject
from millpond.offline.vectors import Ask, vectors
from millpond.serve.status import USABLE
from millpond.simulate import Simulation
from millpond.simulate.folder import write
from tests.oracles.payments import Asked, PaymentsOracle

ROOT = Path(__file__).parents[3]
END = 4_102_444_800_000  # all had arrived by then
EVENTS, ASKED = 20_000, 150


class Bank(NamedTuple):
    folder: Path
    oracle: PaymentsOracle

    def requests(self, table: str) -> list[dict[str, Any]]:
        """Some of the events that count, evenly."""
        found = self.oracle.db.execute(
            f"""
            SELECT * EXCLUDE (ts, known, n), ts AS occurred_at FROM (
                SELECT *, row_number() OVER (ORDER BY known, event_id) AS n FROM {table}
            ) WHERE n % greatest(1, (SELECT count(*) FROM {table}) // {ASKED}) = 0
            """
        )
        names = [name for name, *_ in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    folder = tmp_path_factory.mktemp("bank") / "files"
    write(Simulation(seed=4, customers=90, days=60, events=EVENTS), folder)
    oracle = PaymentsOracle(folder)
    yield Bank(folder, oracle)
    oracle.db.close()


@pytest.mark.parametrize(
    ("name", "table", "counts"),
    [
        ("payments.transfer_fraud", "transfers", False),
        ("payments.transfer_monitoring", "transfers", True),
        ("kyc.document_fraud", "documents", False),
        ("kyc.document_monitoring", "documents", True),
    ],
)
def test_a_previewed_vector_is_what_the_sql_says(bank: Bank, name: str, table: str, counts: bool) -> None:
    wanted: Subject = subject(ROOT, name)
    requests = bank.requests(table)
    events = load(wanted, Files(bank.folder))
    found = vectors(events, wanted.plan, wanted.views, [Ask(request) for request in requests])
    events.close()
    asked = [Asked(event_id=request["event_id"], cutoff=END, counts=counts) for request in requests]
    answers = bank.oracle.transfers(asked) if table == "transfers" else bank.oracle.documents(asked)

    differing = [
        (place, request["event_id"], value, status, right)
        for request, vector, answer in zip(requests, found, answers, strict=True)
        for (place, right), value, status in zip(answer.items(), vector.values, vector.statuses, strict=True)
        if not agree(value, status, *right)
    ]

    assert len(found) >= min(ASKED, len(requests)) > 10
    assert differing == []


def agree(value: Any, status: str, right: Any, says: str) -> bool:
    """A preview has all events at hand: of what a ring would have lost it knows the value, too."""
    if isinstance(value, float) and right is not None:
        same = math.isclose(value, right, rel_tol=1e-9)
    else:
        same = value is None if right is None else value is not None and Decimal(value) == Decimal(right)
    return same and (status == says or says not in USABLE)
