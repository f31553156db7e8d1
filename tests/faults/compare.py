"""Compares everything that is there with everything that must be: pure, over mappings of rows."""

from collections.abc import Callable, Container, Iterator, Mapping
from decimal import Decimal

Key = tuple[int | str, ...]
Number = int | Decimal | float | None
Row = Mapping[str, Number]


def differences(expected: Mapping[Key, Row], found: Mapping[Key, Row], *, what: str) -> Iterator[str]:
    """Every key that is missing, too much, or holds another row, in words; none when the two are the same.

    Rows must have the same columns: one that is not expected is a difference, like one that is missing.
    """
    for key in expected.keys() - found.keys():
        yield f"{what} {key}: missing; it must be {_spell(expected[key])}"
    for key in found.keys() - expected.keys():
        yield f"{what} {key}: there is {_spell(found[key])}, and nothing must be there"
    for key in expected.keys() & found.keys():
        if expected[key] != found[key]:
            wrong = {
                name: (expected[key].get(name), found[key].get(name))
                for name in (*expected[key], *(found[key].keys() - expected[key].keys()))
                if expected[key].get(name) != found[key].get(name) or (name in expected[key]) != (name in found[key])
            }
            told = ", ".join(f"{name} is {there} and must be {right}" for name, (right, there) in wrong.items())
            yield f"{what} {key}: {told}"


def outlived(
    expected: Mapping[Key, Row],
    found: Mapping[Key, Row],
    log: Callable[[], Iterator[tuple[Key, Row]]],
    *,
    held: Container[Key],
) -> set[Key]:
    """The keys that end in another row than the right one, which the log has further up, and that are not `held`.

    Args:
        expected, found: the right and the last row of each key.
        log: reads every row that was ever written; only where there is such a key.
        held: the keys whose last row something reads.
    """
    both = expected.keys() & found.keys()
    doubtful = {key for key in both if key not in held and found[key] != expected[key]}
    return {key for key, row in log() if key in doubtful and row == expected[key]} if doubtful else set()


def last_rows(log: Iterator[tuple[bytes, bytes | None]]) -> tuple[dict[bytes, bytes], int]:
    """The last row of each key, in the order of a log, and how many tombstones lay among them.

    A key whose last row is a tombstone is left out: it will be found missing.
    """
    last: dict[bytes, bytes | None] = {}
    tombstones = 0
    for key, row in log:
        last[key] = row
        tombstones += row is None
    return {key: row for key, row in last.items() if row is not None}, tombstones


def _spell(row: Row) -> str:
    return ", ".join(f"{name} {value}" for name, value in row.items())
