"""What is counted in files, against the records and tiles that the algebra makes of the same events."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from millpond.algebra.evaluate import Event
from millpond.algebra.replay import tile_of
from millpond.algebra.tallies import Tally
from millpond.plan.errors import DefinitionError
from millpond.plan.model import ViewPlan
from millpond.plan.windows import DAY, MINUTE
from millpond.review.counted import Data
from millpond.review.held import HeldView
from millpond.store.parts import parts_of
from millpond.store.records import RecordLayout
from tests.unit.review import events
from tests.unit.serve.as_stored import stored

VIEWS = events.pool().views
NAMES = [view.name for view in VIEWS]
NOON = events.START + DAY // 2


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Data]:
    with Data.open(events.files(tmp_path_factory.mktemp("bank")), VIEWS) as opened:
        yield opened


def held(data: Data, view: ViewPlan) -> HeldView:
    return data.held_view(view, history=True)


@pytest.mark.parametrize("view", VIEWS, ids=NAMES)
def test_hashes_and_their_records_are_those_that_the_events_make(data: Data, view: ViewPlan) -> None:
    found = held(data, view)
    for kind in view.kinds:
        for part in parts_of(view, kind):
            rings = [stored(view, mine, part) for mine in events.by_key(view).values()]
            hashes = found.parts[part.name].hashes
            assert Counter(map(len, rings)) == _by_entries(hashes.entries.tolist(), hashes.count.tolist())
            size = sum(len(row.record) for ring in rings for row in ring)
            # A tile's marks count with their mean length, not with that of those it keeps.
            assert float(hashes.count @ (hashes.entries * hashes.record)) == pytest.approx(size, rel=0.01)
            assert (hashes.events is None) is (view.kept_events is None)
            if hashes.events is not None:
                beside = sum(len(row.events or b"") for ring in rings for row in ring)
                assert float(hashes.count @ (hashes.entries * hashes.events)) == pytest.approx(beside, rel=0.01)


def _by_entries(entries: list[float], counts: list[float]) -> Counter[int]:
    found: Counter[int] = Counter()
    for number, count in zip(entries, counts, strict=True):
        found[int(number)] += int(count)
    return found


@pytest.mark.parametrize("view", VIEWS, ids=NAMES)
def test_open_tiles_and_the_marks_they_keep_are_those_that_the_events_make(data: Data, view: ViewPlan) -> None:
    found, tile = held(data, view), tile_of(view.partials)
    for kind in view.kinds:
        for part in parts_of(view, kind):
            tiles = Counter[tuple[object, int]]()
            marks = Counter[str]()
            for key, mine in events.by_key(view).items():
                inside: dict[int, list[tuple[int, Event]]] = {}
                for event in mine:
                    ts = event[view.source.event_time]
                    assert isinstance(ts, int)
                    inside.setdefault(ts // part.size_ms, []).append((ts, event))
                for number, held_events in inside.items():
                    tiles[key, number] += 1
                    for partial, state in zip(view.partials, tile(held_events), strict=True):
                        marks[partial.name] += _marks(state)
            counted = found.parts[part.name].tiles
            assert counted.count == len(tiles)
            for name, told in counted.marks.items():
                assert told.number * counted.count == pytest.approx(marks[name]), (part.name, name)


def _marks(state: object) -> int:
    if isinstance(state, Tally):
        return len(state.entries)
    return len(state) if isinstance(state, tuple) else int(isinstance(state, str))


def test_a_slot_holds_the_last_of_its_tiles(tmp_path: Path) -> None:
    view = events.pool().view("bank.account_exact")
    ring = next(level for level in view.levels if level.size_ms == MINUTE)
    # Three events in one minute, and a single one a whole turn of the ring later.
    times = [NOON, NOON + 1, NOON + 2, NOON + ring.slots * MINUTE]
    given: list[Event] = [
        {"event_id": f"e{i}", "occurred_at": ts, "sender_id": "acc-1", "amount": Decimal("1.00")}
        for i, ts in enumerate(times)
    ]
    with duckdb.connect() as db:
        rows = ", ".join(f"('{e['event_id']}', make_timestamp({e['occurred_at']} * 1000))" for e in given)
        db.execute(
            f"COPY (SELECT id AS event_id, ts AS occurred_at, 'acc-1' AS sender_id, 1.00::DECIMAL(18, 2) AS amount, "
            f"ts AS arrival FROM (VALUES {rows}) AS t(id, ts)) TO '{tmp_path}/events.parquet'"
        )
    with Data.open(tmp_path / "events.parquet", [view]) as opened:
        hashes = opened.held_view(view, history=True).parts["1m"].hashes
    (row,) = stored(view, given, next(part for part in parts_of(view, "tiles_short") if part.name == "1m"))
    assert (hashes.count.tolist(), hashes.entries.tolist(), hashes.record.tolist()) == ([1], [1], [len(row.record)])
    assert row.events is not None and hashes.events is not None
    assert hashes.events.tolist() == [len(row.events)]


def test_late_events_and_copies_are_not_remembered(data: Data) -> None:
    for view in VIEWS:
        source = view.source
        assert data.held_events(source, history=True).count == len(events.counted(view))
        assert data.held_events(source, history=True).id_bytes == 32
        assert len(events.counted(view)) <= len(events.came()[source.topic])


def test_live_only_what_was_touched_lately_is_held(data: Data) -> None:
    view = events.pool().view("bank.account_out")
    live, whole = data.held_view(view, history=False), held(data, view)
    # Tiles of a minute are kept for two days and an hour.
    assert live.parts["1m"].tiles.count < whole.parts["1m"].tiles.count / 2
    assert live.parts["1d"].hashes.count.sum() == whole.parts["1d"].hashes.count.sum()
    assert live.parts["1m"].hashes.count.sum() < whole.parts["1m"].hashes.count.sum()
    remembered = data.held_events(view.source, history=False).count
    last = max(_time(event) for event in events.counted(view))
    since = last - 2 * DAY - view.source.skew_ms
    arrivals = dict(_arrivals(view))
    assert remembered == sum(arrivals[event["event_id"]] > since for event in events.counted(view))


@pytest.mark.parametrize("view", VIEWS, ids=NAMES)
def test_live_a_hash_that_nobody_touches_for_its_time_begins_anew(data: Data, view: ViewPlan) -> None:
    found = data.held_view(view, history=False)
    now = max(_time(event) for event in events.counted(view))
    arrivals, is_strip = dict(_arrivals(view)), RecordLayout.of(view).is_strip
    for kind in view.kinds:
        for part in parts_of(view, kind):
            lives: Counter[int] = Counter()
            for mine in events.by_key(view).values():
                ring: dict[int, int] = {}
                touched = 0
                for arrival, number in _takings(mine, arrivals, part.size_ms):
                    if arrival - touched > part.ttl_ms:
                        ring.clear()
                    touched = arrival
                    ring[number if part.slots is None else number % part.slots] = number
                if is_strip and part.slots is not None:
                    ring = {slot: tile for slot, tile in ring.items() if tile > max(ring.values()) - part.slots}
                if touched > now - part.ttl_ms:
                    lives[len(ring)] += 1
            hashes = found.parts[part.name].hashes
            assert _by_entries(hashes.entries.tolist(), hashes.count.tolist()) == lives, part.name


def _takings(mine: list[Event], arrivals: dict[object, int], size: int) -> list[tuple[int, int]]:
    """When each tile of an entity takes a slot, and which it is."""
    first: dict[int, int] = {}
    for event in mine:
        number = _time(event) // size
        first[number] = min(first.get(number, 2**62), arrivals[event["event_id"]])
    return sorted((arrival, number) for number, arrival in first.items())


def _arrivals(view: ViewPlan) -> Iterator[tuple[object, int]]:
    """When the first copy of each event came."""
    for arrival, event in reversed(events.came()[view.source.topic]):
        yield event["event_id"], arrival


def _time(event: Event) -> int:
    ts = event["occurred_at"]
    assert isinstance(ts, int)
    return ts


def test_rows_of_one_mini_batch_and_tile_are_put_together(data: Data) -> None:
    view = events.pool().view("bank.account_out")
    assert held(data, view).coalesced == pytest.approx(3, rel=0.01)


def test_a_source_without_a_file_is_said(tmp_path: Path) -> None:
    with (
        Data.open(tmp_path, VIEWS) as opened,
        pytest.raises(DefinitionError, match="no file of the source 'transfers'"),
    ):
        held(opened, VIEWS[0])


def test_a_file_without_what_a_view_reads_is_said(data: Data, tmp_path: Path) -> None:
    file = events.files(tmp_path) / "kyc.document.submitted.v1.parquet"
    with Data.open(file, VIEWS) as opened, pytest.raises(DefinitionError) as caught:
        held(opened, VIEWS[0])
    assert str(file) in str(caught.value)
    assert "`arrival`" in (caught.value.mend or "")
