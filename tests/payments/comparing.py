"""What the Reader said beside what the SQL says."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from millpond.serve.status import USABLE
from tests.oracles.payments import Answer, Asked, PaymentsOracle
from tests.payments.asking import Said

CLOSE: Final = 1e-9  # what is declared of doubles


@dataclass
class Compared:
    """One set.

    Attributes:
        statuses: how often each was met.
        different: values or statuses that are not those of the SQL.
        examples: the first of those.
    """

    set: str
    vectors: int = 0
    values: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    different: int = 0
    examples: list[str] = field(default_factory=list)


def compare(oracle: PaymentsOracle, said: Sequence[Said], *, most_examples: int = 10) -> list[Compared]:
    """Every place of every vector, by set."""
    found: dict[str, Compared] = {}
    for kind, answers in (("transfers", oracle.transfers), ("documents", oracle.documents)):
        some = [one for one in said if one.kind == kind]
        asked = [Asked(event_id=one.event["event_id"], cutoff=one.cutoff, counts=one.counts) for one in some]
        for one, wanted in zip(some, answers(asked), strict=True):
            compared = found.setdefault(one.set, Compared(one.set))
            compared.vectors += 1
            _compare(compared, one, wanted, most_examples)
    return list(found.values())


def _compare(compared: Compared, one: Said, wanted: dict[str, Answer], most_examples: int) -> None:
    vector = one.vector
    assert vector.names == tuple(wanted), "the SQL has the places of the set, in their order"
    for name, value, status in zip(vector.names, vector.values, vector.statuses, strict=True):
        right, says = wanted[name]
        compared.values += 1
        compared.statuses[status] = compared.statuses.get(status, 0) + 1
        if status == says and _same(value, right if says in USABLE else None):
            continue
        compared.different += 1
        if len(compared.examples) < most_examples:
            compared.examples.append(
                f"{name} of {one.event['event_id']} at {vector.as_of}, known until {one.cutoff}: "
                f"{value!r} ({status}), by SQL {right!r} ({says})"
            )


def _same(value: Any, right: Any) -> bool:
    if isinstance(value, float):
        return right is not None and math.isclose(value, right, rel_tol=CLOSE, abs_tol=0.0)
    if isinstance(value, Decimal) or isinstance(right, Decimal):
        return value is not None and right is not None and Decimal(value) == Decimal(right)
    return bool(value == right)
