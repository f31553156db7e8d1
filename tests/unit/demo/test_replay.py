"""What a replay sends: every line, everything planted, in the order of arrival, and nothing of the next segment."""

import io
import json
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import fastavro
import pytest

from millpond.demo.encode import LineEncoder
from millpond.demo.lines import Line, Lines
from millpond.demo.plants import FUTURE, POISON_EACH, POISONS, TOO_LATE, Planting, Sabotage, planting
from millpond.demo.replay import Record, Replay
from tests.unit.demo.test_encode import SCHEMA, line

COUNT = 2_000
PARTITIONS = 4
DAY = 86_400_000
MINUTE = 60_000
START = 1_483_228_800_000
PHYSICAL = fastavro.parse_schema(json.loads(SCHEMA.replace(', "logicalType": "timestamp-millis"', "")))


class FewLines(Lines):
    """One line every 100 s, from 50 households."""

    def read(self, start: int, end: int) -> Iterator[Line]:
        for number in range(start + 1, end + 1):
            yield line(number, number=number, sold_at=START + number * 100_000, household=number % 50)


def planted(sabotage: Sabotage | None = None) -> Planting:
    return planting(COUNT, partitions=PARTITIONS, lateness=DAY, skew=MINUTE, seed=1, sabotage=sabotage)


def segments(plan: Planting, ends: tuple[int, ...] = (COUNT,)) -> list[list[Record]]:
    lines = FewLines(path=Path("nowhere"), count=COUNT)
    replay = Replay(lines, plan, LineEncoder(SCHEMA, 7), partitions=PARTITIONS, lateness=DAY)
    return [list(replay.segment(start, end)) for start, end in zip((0, *ends), ends, strict=False)]


def read(record: Record) -> tuple[str, int]:
    """The event id and event time of a good record."""
    assert record.value is not None
    event = fastavro.schemaless_reader(io.BytesIO(record.value[5:]), PHYSICAL, None)
    assert isinstance(event, dict)
    return event["event_id"], event["sold_at"]


def good(records: list[Record]) -> list[Record]:
    return [record for record in records if record.plant is None]


def test_every_line_is_sent_once_but_for_its_copies() -> None:
    plan = planted()
    (records,) = segments(plan)
    sent = Counter(read(record)[0] for record in good(records))
    assert sent == {str(number): 2 if number in plan.copies else 1 for number in range(1, COUNT + 1)}


def test_copies_are_identical_and_a_third_takes_another_partition() -> None:
    (records,) = segments(planted())
    copies: dict[str, list[Record]] = {}
    for record in good(records):
        copies.setdefault(read(record)[0], []).append(record)
    pairs = [pair for pair in copies.values() if len(pair) == 2]
    assert len(pairs) == COUNT // 100
    assert all(one.value == other.value and one.key == other.key for one, other in pairs)
    displaced = sum(one.partition != other.partition for one, other in pairs)
    assert displaced == -(-len(pairs) // 3)


def test_no_good_record_is_late_or_of_the_future_and_some_stand_at_the_bound() -> None:
    (records,) = segments(planted())
    delays = Counter(record.timestamp - read(record)[1] for record in good(records))
    assert min(delays) == -MINUTE
    assert max(delays) == DAY


def test_what_is_planted_is_refused_by_a_millisecond_at_least() -> None:
    (records,) = segments(planted())
    kinds = Counter(record.plant.kind for record in records if record.plant is not None)
    assert kinds == dict.fromkeys(POISONS, POISON_EACH) | {"too_late": TOO_LATE, "future": FUTURE}
    for record in records:
        if record.plant is not None and record.plant.kind == "too_late":
            assert record.timestamp - read(record)[1] >= DAY + 1
        if record.plant is not None and record.plant.kind == "future":
            assert read(record)[1] - record.timestamp >= MINUTE + 1


def test_poison_cannot_be_decoded() -> None:
    (records,) = segments(planted())
    for record in records:
        kind = None if record.plant is None else record.plant.kind
        assert (record.value is None) == (kind == "null_value")
        assert record.value is None or (record.value[:1] == b"\0") == (kind != "wrong_magic_byte")
        assert record.value is None or (record.value[1:5] == b"\0\0\0\7") == (kind != "unknown_schema_id")
        if kind == "truncated_body":
            with pytest.raises((EOFError, IndexError)):
                read(record)
        if kind == "null_event_time":
            assert read(record)[1] is None


def test_records_come_in_the_order_of_arrival_but_for_clocks_that_are_ahead() -> None:
    (records,) = segments(planted())
    arrivals = [record.timestamp for record in records]
    assert all(later >= earlier - MINUTE for earlier, later in pairwise(arrivals))


def test_a_pause_leaves_nothing_of_its_lines_behind() -> None:
    plan = planted()
    paused = segments(plan, (500, 1_000, COUNT))
    for records, (start, end) in zip(paused, ((0, 500), (500, 1_000), (1_000, COUNT)), strict=True):
        assert {int(read(record)[0]) for record in good(records)} == set(range(start + 1, end + 1))
    (whole,) = segments(plan)
    assert Counter(map(repr, whole)) == Counter(repr(record) for records in paused for record in records)


def test_the_same_seed_plants_the_same() -> None:
    assert planted() == planted()


@pytest.mark.parametrize("sabotage", ["drop", "late", "duplicate"])
def test_a_sabotage_changes_exactly_one_event(sabotage: Sabotage) -> None:
    (right,), (wrong,) = segments(planted()), segments(planted(sabotage))
    missing = Counter(map(repr, right)) - Counter(map(repr, wrong))
    added = Counter(map(repr, wrong)) - Counter(map(repr, right))
    expected = {"drop": (1, 0), "late": (1, 1), "duplicate": (0, 1)}[sabotage]
    assert (missing.total(), added.total()) == expected


def test_the_late_one_is_late_and_the_other_one_has_an_id_of_its_own() -> None:
    (late,) = segments(planted("late"))
    assert sum(record.timestamp - read(record)[1] > DAY for record in good(late)) == 1
    (twice,) = segments(planted("duplicate"))
    assert [event for event, _ in map(read, good(twice)) if event.endswith("-again")] == [
        f"{planted('duplicate').twice}-again"
    ]
