"""The comparison finds each way in which tiles can be wrong, and nothing where they are right."""

from decimal import Decimal

from tests.faults.compare import Key, Row, differences, last_rows, outlived

RIGHT: dict[Key, Row] = {
    (1, 60_000, 5): {"n": 2, "spend_sum": Decimal("3.50"), "dearest": None},
    (1, 60_000, 6): {"n": 1, "spend_sum": Decimal("0.10"), "dearest": Decimal("0.10")},
}


def found(**changed: object) -> list[str]:
    rows = {key: dict(row) for key, row in RIGHT.items()}
    rows[1, 60_000, 5].update(changed)  # type: ignore[arg-type]
    return list(differences(RIGHT, rows, what="topic"))


def test_what_is_the_same_has_no_differences() -> None:
    assert found() == []
    assert found(spend_sum=Decimal("3.5")) == []


def test_a_wrong_tile_is_named_with_what_it_is_and_what_it_must_be() -> None:
    assert found(n=3) == ["topic (1, 60000, 5): n is 3 and must be 2"]
    assert found(spend_sum=Decimal("3.51")) == ["topic (1, 60000, 5): spend_sum is 3.51 and must be 3.50"]


def test_null_is_not_nothing_and_nothing_is_not_zero() -> None:
    assert found(dearest=Decimal(0)) == ["topic (1, 60000, 5): dearest is 0 and must be None"]
    assert found(other=None) == ["topic (1, 60000, 5): other is None and must be None"]


def test_a_lost_row_and_one_too_many_are_found() -> None:
    first, second = RIGHT
    lost = list(differences(RIGHT, {first: RIGHT[first]}, what="store"))
    assert lost == [f"store {second}: missing; it must be n 1, spend_sum 0.10, dearest 0.10"]
    extra = list(differences({first: RIGHT[first]}, RIGHT, what="store"))
    assert extra == [f"store {second}: there is n 1, spend_sum 0.10, dearest 0.10, and nothing must be there"]


def test_the_last_row_by_offset_counts_and_tombstones_are_counted() -> None:
    log = [(b"a", b"1"), (b"b", b"1"), (b"a", b"2"), (b"b", None)]
    assert last_rows(iter(log)) == ({b"a": b"2"}, 1)
    assert last_rows(iter([*log, (b"b", b"3")])) == ({b"a": b"2", b"b": b"3"}, 1)


def test_an_earlier_row_of_a_tile_that_nothing_reads_is_told_apart_only_where_the_right_one_was_written() -> None:
    read, unread = RIGHT
    worse: dict[Key, Row] = {key: {**row, "n": 0} for key, row in RIGHT.items()}
    both = [*RIGHT.items(), *worse.items()]
    assert outlived(RIGHT, worse, lambda: iter(both), held={read}) == {unread}
    assert outlived(RIGHT, worse, lambda: iter(worse.items()), held={read}) == set()
    assert outlived(RIGHT, RIGHT, lambda: iter(both), held={read}) == set()
    assert outlived(RIGHT, {}, lambda: iter(both), held=set()) == set()
