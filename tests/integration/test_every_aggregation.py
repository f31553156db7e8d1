"""Every aggregation, type and kind of window: Flink, store and Reader against two oracles that are not ours."""

import random
import time
from collections.abc import Iterator
from typing import Final

import duckdb
import msgspec
import pytest

from millpond.control.deploy import deploy
from millpond.control.settings import Settings
from millpond.control.topics import Topic, Topics
from millpond.plan.clock import now_ms
from millpond.plan.model import Pool
from millpond.plan.windows import HOUR, MINUTE
from millpond.serve import Reader, Vector
from millpond.sql.dialects import DUCKDB
from tests.integration import cells_page
from tests.integration.cases import COLUMNS, PARTITIONS, TOPIC, cells, history, pool, records, scale_of, schema, told
from tests.integration.deployed import all_of, drained, materializing
from tests.integration.flink_world import Row, produce, register
from tests.integration.servers import until
from tests.integration.stacks import AnyStack
from tests.oracles import aggregations
from tests.oracles.aggregations_sql import SqlOracle
from tests.oracles.agree import agrees, beyond
from tests.unit.serve import as_stored

CASES: Final = 60
SEED: Final = 5


class World:
    """The pool of all cells, deployed, with a history in its topic.

    Attributes:
        end: the last instant of the history.
        instants: read at.
    """

    def __init__(self, settings: Settings, made: Pool, events: list[Row], end: int) -> None:
        self.settings = settings
        self.pool = made
        self.events = events
        self.end = end
        # The history's end; a window's edge past an event; edges of tiles; when a window has nothing left.
        self.instants = (end, end + 1, end + MINUTE, end + HOUR - 1, end + HOUR, end + 2 * HOUR + 7)
        self.wanted = [((f"case {case}",), q) for case in range(CASES + 1) for q in self.instants]

    def read(self, view: str) -> list[Vector]:
        with Reader.connect(self.settings.store, ns=self.settings.ns) as reader:
            opened = reader.open(f"cases.all_of_{view}", version=1)
            keys = [{"case_id": f"case {case}"} for case in range(CASES + 1)]
            by_instant = [opened.read_many(keys, as_of=q, timeout_ms=10_000) for q in self.instants]
        return [by_instant[at][case] for case in range(CASES + 1) for at in range(len(self.instants))]


@pytest.fixture(scope="module")
def world(settings: Settings, stack: AnyStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    draw = random.Random(SEED)
    made = pool(tmp_path_factory.mktemp("cases"))
    made = msgspec.structs.replace(made, sets=tuple(map(all_of, made.views)))
    end = time.time_ns() // 1_000_000 - 3 * HOUR
    events = history(draw, CASES, end)
    Topics(settings.kafka).create([Topic(name=TOPIC, partitions=PARTITIONS, config={"retention.ms": "-1"})])
    produce(settings, TOPIC, records(draw, register(settings, f"{TOPIC}-value", schema()), events))
    deployed = deploy(settings, made, start="earliest", replay=True)
    with materializing(settings, stack):
        for job in deployed.started:
            drained(settings, job)
        yield World(settings, made, events, end)


def test_what_caps_leave_out_is_the_same_in_flink_and_in_the_evaluator(world: World) -> None:
    until(lambda: all(vector.status != "stale" for vector in world.read("capped")), within_s=30)
    view = world.pool.view("cases.capped")
    capped = 0
    for (key, q), got in zip(world.wanted, world.read("capped"), strict=True):
        wanted = as_stored.read(all_of(view), view, world.events, key, q, now=now_ms())
        assert (got.computed, got.statuses) == (wanted.computed, wanted.statuses), (key, q)
        capped += got.statuses.count("capped")
    assert capped > CASES


@pytest.fixture(scope="module")
def sql(world: World) -> SqlOracle:
    """The events in DuckDB."""
    db = duckdb.connect()
    listed = ", ".join(f'"{name}" {DUCKDB.type_name(type)}' for name, type in COLUMNS.items())
    db.execute(f"CREATE TABLE events (id VARCHAR, ts BIGINT, case_id VARCHAR, flag BOOLEAN, {listed})")
    names = ("id", "at", "case_id", "flag", *COLUMNS)
    db.executemany(
        f"INSERT INTO events VALUES ({', '.join('?' for _ in names)})",
        [[event[name] for name in names] for event in world.events],
    )
    return SqlOracle(db, "events", keys=("case_id",), ts="ts", event_id="id")


def test_the_page_is_that_of_the_table() -> None:
    assert cells_page.PAGE.read_text("utf-8") == cells_page.text()


@pytest.mark.parametrize("view", [f"of_{column}{end}" for column in COLUMNS for end in ("", "_exactly")])
def test_every_cell_equals_both_oracles(world: World, sql: SqlOracle, view: str) -> None:
    until(lambda: all(vector.status != "stale" for vector in world.read(view)), within_s=30)
    vectors = world.read(view)
    plan = world.pool.view(f"cases.{view}")
    events = told(world.events)
    present = 0
    for cell in cells():
        if cell.view != view:
            continue
        for window in cell.given.windows:
            feature = plan.feature(f"{cell.name}_{window}")
            place = vectors[0].names.index(f"{view}.{feature.name}")
            asked = cell.asked(window, feature.level_ms)
            by_hand = aggregations.answers(asked, events, world.wanted)
            by_sql = sql.answers(asked, world.wanted)
            for where, vector, exact, other in zip(world.wanted, vectors, by_hand, by_sql, strict=True):
                told_where = (feature.name, where, vector.statuses[place])
                got = vector.computed[place]
                assert vector.statuses[place] in ("present", "empty", "overflow"), told_where
                present += vector.statuses[place] == "present"
                is_beyond = asked.kind == "sum" and beyond(exact, scale_of(asked))
                assert (vector.statuses[place] == "overflow") == is_beyond, told_where
                if is_beyond:
                    continue
                for wanted in (exact, other):
                    assert agrees(asked, got, wanted, doubles=cell.fields == ("real",)), (told_where, got, wanted)
    assert present > len(vectors)
