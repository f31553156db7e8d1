"""Everything that is there after a run: all keys of the store, the last row of every key of every tile topic."""

import functools
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

import redis

from millpond.control.topics import Topics
from millpond.demo.ledger import RowDecoder, read_topic
from millpond.plan.deployment import JobRecord
from millpond.plan.model import Pool, ViewPlan
from millpond.plan.types import Type
from millpond.store.keys import parse_key
from millpond.store.parts import parts_of
from millpond.store.records import RecordLayout
from millpond.store.strip import records_in
from tests.faults.compare import Key, Number, Row, differences, last_rows, outlived
from tests.faults.pools import original
from tests.oracles.tiles import STRIPS, TOPICS, TileOracle

PAGE: Final = 1_000
PLACE: Final = ("level", "tile")
HEADER: Final = {"n": "n", "first_ts": "first", "last_ts": "last"}


class Tiles(NamedTuple):
    """What comparing the tiles showed.

    Attributes:
        compared: how many.
        outlived: keys of tile topics that have the right row and end in another, of tiles that have given way
            to a later one. Nothing reads them, and a store filled from the topic comes out right; they are told, and
            are no faults.
        faults: every other difference.
    """

    compared: int
    outlived: int
    faults: list[str]


def tile_faults(
    oracle: TileOracle,
    jobs: Sequence[JobRecord],
    pool: Pool,
    *,
    ns: str,
    topics: Topics,
    registry: str,
    store: str,
) -> Tiles:
    """Every difference between the oracle and the store, and the tile topics, of all views of a pool."""
    views = {view.name: view for view in pool.views}
    wanted = {(view, kind) for view in views for kind in TOPICS[original(view)]}
    faults: list[str] = []
    compared, gone = 0, 0
    with redis.Redis.from_url(store) as client:
        held = read_store(client, ns, views)
    for view in views:
        for part in STRIPS[original(view)]:
            expected, found = oracle.strip(original(view), part), held.pop((view, part), {})
            compared += len(expected)
            faults += differences(expected, found, what=f"store {view}:{part}")
    faults += [f"store {view}:{part}: no such strip must be there" for view, part in held]
    with RowDecoder(registry) as decoder:
        for fragment in (fragment for job in jobs for fragment in job.fragments):
            view, kind = original(fragment.view), fragment.kind.replace("_", "-")
            if (fragment.view, kind) not in wanted:
                faults.append(f"topic {fragment.view}.{kind}: there must be none")
                continue
            wanted.remove((fragment.view, kind))
            rows, tombstones = read_tiles(topics, decoder, fragment.topic(ns), views[fragment.view])
            what = f"topic {fragment.view}.{kind}"
            expected = oracle.fragment(view, kind)
            compared += len(expected)
            written = functools.partial(read_rows, topics, decoder, fragment.topic(ns), views[fragment.view])
            unread = outlived(expected, rows, written, held=oracle.held(view, kind))
            gone += len(unread)
            faults += differences(_without(unread, expected), _without(unread, rows), what=what)
            if tombstones:
                faults.append(f"{what}: {tombstones} tombstones")
    faults += [f"topic {view}.{kind}: there is none" for view, kind in sorted(wanted)]
    return Tiles(compared, gone, faults)


def _without(keys: set[Key], rows: Mapping[Key, Row]) -> Mapping[Key, Row]:
    return {key: row for key, row in rows.items() if key not in keys}


def read_tiles(topics: Topics, decoder: RowDecoder, topic: str, view: ViewPlan) -> tuple[dict[Key, Row], int]:
    """Key columns, level and tile -> the last row; and the number of tombstones."""
    rows, tombstones = last_rows((m.key() or b"", m.value()) for m in read_topic(topics, topic))
    return {_place(decoder, view, key): decoder.decode(row) for key, row in rows.items()}, tombstones


def read_rows(topics: Topics, decoder: RowDecoder, topic: str, view: ViewPlan) -> Iterator[tuple[Key, Row]]:
    """Every row of a topic, oldest first."""
    for message in read_topic(topics, topic):
        if (row := message.value()) is not None:
            yield _place(decoder, view, message.key() or b""), decoder.decode(row)


def _place(decoder: RowDecoder, view: ViewPlan, key: bytes) -> Key:
    where = decoder.decode(key)
    return tuple(where[name] for name in (*(column.name for column in view.entity.keys), *PLACE))


def read_store(client: Any, ns: str, views: dict[str, ViewPlan]) -> dict[tuple[str, str], dict[Key, Row]]:
    """(View, part) -> key columns and tile -> the record, of every tile key of an environment."""
    held: dict[tuple[str, str], dict[Key, Row]] = {}
    for keys in _pages(client.scan_iter(match=f"{ns}.*", count=PAGE)):
        with client.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.get(key)
            for key, strip in zip(keys, pipe.execute(), strict=True):
                parsed = parse_key(key.decode())
                view = views[parsed.view]
                entity = _entity(view, parsed.values)
                rows = _rows(view, parsed.part, strip)
                held.setdefault((parsed.view, parsed.part), {}).update({(*entity, tile): row for tile, row in rows})
    return held


def _pages(keys: Iterator[bytes]) -> Iterator[list[bytes]]:
    page: list[bytes] = []
    for key in keys:
        page.append(key)
        if len(page) == PAGE:
            yield page
            page = []
    yield page


def _entity(view: ViewPlan, values: tuple[str, ...]) -> Key:
    return tuple(
        int(value) if column.type.kind == "int" else value
        for column, value in zip(view.entity.keys, values, strict=True)
    )


def _rows(view: ViewPlan, part: str, strip: bytes) -> Iterator[tuple[int, Row]]:
    """The tiles of a strip, in the oracle's terms."""
    layout = RecordLayout.of(view)
    size = next(p.size_ms for kind in view.kinds for p in parts_of(view, kind) if p.name == part)
    for record in records_in(layout, strip):
        table = layout.decode([record])
        tile = int(table["tile"][0])
        row: dict[str, Number] = {"n": int(table["n"][0])}
        row |= {name: tile * size + int(table[column][0]) for name, column in HEADER.items() if name != "n"}
        for partial in view.partials:
            nullable = partial.name in layout.nullable
            is_null = nullable and bool(int(table["nulls"][0]) & layout.bit(partial.name))
            row[partial.name] = (
                None if is_null else _number(table[partial.name], partial.type, layout.is_wide(partial.name))
            )
        yield tile, row


def _number(column: Any, type: Type, is_wide: bool) -> Number:
    value = (int(column["hi"][0]) << 64) + int(column["lo"][0]) if is_wide else column[0].item()
    return Decimal(value).scaleb(-type.scale) if type.kind == "decimal" else value
