"""Reads random entities through the Reader and compares every value and status with the independent oracle."""

import importlib.util
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import duckdb

from millpond.algebra.values import Value
from millpond.demo.lines import Lines
from millpond.plan.errors import MillpondError
from millpond.plan.windows import DAY
from millpond.serve import OpenSet, Vector

Key = tuple[int | str, ...]
Answer = tuple[Value, str]
Request = dict[str, int | str]

CHUNK: Final = 100  # requests a round trip
TIMEOUT_MS: Final = 30_000  # what is compared here is values, not speed

_COLUMNS: Final = {
    "household_id": "household_id",
    "store_id": "store_id",
    "product_id": "CAST(product_id AS VARCHAR)",
    "basket_id": "CAST(basket_id AS VARCHAR)",
}
_STRANGERS: Final[Request] = {"household_id": -1, "store_id": 0, "product_id": "no such product", "basket_id": "ø {}:%"}


class Oracle(Protocol):
    """What the demo asks of tests/oracles/retail.py."""

    def answers(self, view: str, keys: Sequence[Key], *, at: int, lines: int) -> dict[Key, dict[str, Answer]]:
        """Value and status of every feature of a view, by entity."""
        ...


def load_oracle(path: Path, transactions: Path) -> Oracle:
    """The oracle in a file outside of the package, which knows nothing of it.

    Raises:
        MillpondError: there is no such file.
    """
    spec = importlib.util.spec_from_file_location("retail_oracle", path) if path.is_file() else None
    if spec is None or spec.loader is None:
        raise MillpondError("there is no oracle", where=str(path), mend="run it in the checkout, or give --oracle")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    oracle: Oracle = module.RetailOracle(transactions)
    return oracle


@dataclass(frozen=True, kw_only=True)
class Mismatch:
    """One feature that is not what it should be."""

    request: Request
    feature: str
    at: int
    expected: Answer
    got: Answer

    def __str__(self) -> str:
        asked = ", ".join(f"{name}={value!r}" for name, value in self.request.items())
        (value, status), (other, other_status) = self.expected, self.got
        return f"{self.feature} of {asked} at {self.at}: expected {value!r} {status}, got {other!r} {other_status}"


@dataclass(kw_only=True)
class Checked:
    """What was compared so far."""

    vectors: int = 0
    values: int = 0
    mismatches: int = 0


class Sampler:
    """Draws entities to ask for: some that were seen, some seen lately, some that never met, some nobody knows."""

    def __init__(self, lines: Lines, rng: random.Random) -> None:
        self._lines = lines
        self._rng = rng

    def draw(self, fields: Sequence[str], count: int, *, end: int, now: int) -> list[Request]:
        """Requests over entities of the first `end` lines; `now` is the last line's instant."""
        seen = self._rows(fields, count, end, since=0)
        lately = self._rows(fields, count // 2, end, since=now - DAY)
        drawn: list[Request] = []
        for _ in range(count):
            fate = self._rng.random()
            row = self._rng.choice(lately if fate < 0.3 else seen)
            request = dict(zip(fields, row, strict=True))
            if fate > 0.8:
                # A household at a store it may never have gone to.
                last = fields[-1]
                request[last] = self._rng.choice(seen)[-1]
            if fate > 0.95:
                stranger = self._rng.choice(fields)
                request[stranger] = _STRANGERS[stranger]
            drawn.append(request)
        return drawn

    def _rows(self, fields: Sequence[str], count: int, end: int, *, since: int) -> list[tuple[Any, ...]]:
        # Nothing here is typed in by anybody: columns are ours, the rest are numbers.
        query = f"""
            SELECT {", ".join(_COLUMNS[field] for field in fields)}
            FROM (
                FROM read_parquet(?, file_row_number = true)
                WHERE file_row_number < ? AND epoch_ms(transaction_timestamp) >= ?
            )
            USING SAMPLE reservoir({count} ROWS) REPEATABLE ({self._rng.randrange(1 << 30)})
        """  # noqa: S608
        with duckdb.connect() as db:
            return db.execute(query, [str(self._lines.path), end, since]).fetchall()


class Verifier:
    """Compares sets with the oracle.

    Args:
        sets: opened sets by full name.
        oracle: the independent answers.
        checked: counts what was compared.
    """

    def __init__(self, sets: Mapping[str, OpenSet], oracle: Oracle, checked: Checked) -> None:
        self.sets = sets
        self._oracle = oracle
        self._checked = checked

    def fields(self, name: str) -> tuple[str, ...]:
        """The request fields of a set, in order."""
        bindings = self.sets[name].publication.plan.bindings
        return tuple(dict.fromkeys(field for binding in bindings for field in binding.request_fields))

    def check(self, name: str, requests: Sequence[Request], *, at: int, lines: int) -> Iterator[Mismatch]:
        """Every feature of a set for every request, at an instant, after so many lines."""
        opened = self.sets[name]
        expected = self._expected(opened, requests, at=at, lines=lines)
        for start in range(0, len(requests), CHUNK):
            chunk = requests[start : start + CHUNK]
            for request, vector in zip(chunk, opened.read_many(chunk, as_of=at, timeout_ms=TIMEOUT_MS), strict=True):
                yield from self._compare(opened, request, vector, expected)

    def _expected(
        self, opened: OpenSet, requests: Sequence[Request], *, at: int, lines: int
    ) -> dict[str, dict[Key, dict[str, Answer]]]:
        answers = {}
        for binding in opened.publication.plan.bindings:
            keys = [_key(request, binding.request_fields) for request in requests]
            answers[binding.alias] = self._oracle.answers(binding.view.split(".")[1], keys, at=at, lines=lines)
        return answers

    def _compare(
        self,
        opened: OpenSet,
        request: Request,
        vector: Vector,
        expected: Mapping[str, Mapping[Key, Mapping[str, Answer]]],
    ) -> Iterator[Mismatch]:
        plan = opened.publication.plan
        right = {b.alias: expected[b.alias][_key(request, b.request_fields)] for b in plan.bindings}
        self._checked.vectors += 1
        self._checked.values += len(plan.features)
        for feature, value, status in zip(plan.features, vector.computed, vector.statuses, strict=True):
            wanted = right[feature.alias][feature.feature]
            if not _same(wanted, (value, status)):
                self._checked.mismatches += 1
                yield Mismatch(
                    request=request, feature=feature.name, at=vector.as_of, expected=wanted, got=(value, status)
                )


def _key(request: Request, fields: Sequence[str]) -> Key:
    return tuple(request[field] for field in fields)


def _same(expected: Answer, got: Answer) -> bool:
    """Equal to the last digit and of one type: a mean may not be off by one bit, nor a decimal come as a float."""
    (value, status), (other, other_status) = expected, got
    return status == other_status and type(value) is type(other) and value == other
