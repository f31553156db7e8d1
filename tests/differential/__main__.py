"""`make differential`: replays the retail lines quarter by quarter, and compares every feature with SQL after each.

Every aggregation, over the lines of 5,000 households, stores and products, from tiles and exactly: what the Reader says
when all that was sent is in the store, and what hand-written SQL over the file says. Exits 1 where anything differs.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import duckdb
import msgspec
from confluent_kafka import Producer

from millpond.control.deploy import deploy
from millpond.control.settings import Settings
from millpond.control.source_topic import PARTITIONS
from millpond.demo.lines import Lines
from millpond.demo.source import create_topic, register_schema
from millpond.local.stack import Stack
from millpond.local.workspace import Workspace
from millpond.plan.deployment import JobRecord
from millpond.plan.errors import MillpondError
from millpond.plan.model import Pool, ViewPlan
from millpond.serve import Reader
from tests.differential import page
from tests.differential.everything import SCHEMA, VIEWS, asked_of, pool
from tests.differential.page import Compared
from tests.integration.deployed import drained, materializing
from tests.oracles.aggregations_sql import SqlOracle
from tests.oracles.agree import agrees
from tests.oracles.asked import Key

NS: Final = "differential"
ENTITIES: Final = 5_000
STOPS: Final = 4
DRAINS_WITHIN_S: Final = 600.0
AT_ONCE: Final = 200
TOLD: Final = 20
SEED: Final = 1
RUN: Final = Path(".millpond") / "differential"


def main() -> int:
    """1 where anything differs, 2 where it could not be found out."""
    parser = argparse.ArgumentParser(prog="make differential", description=__doc__)
    parser.add_argument("--lines", type=int, default=sys.maxsize, help="how many, from the first on; by default all")
    args = parser.parse_args()
    try:
        return _main(Lines.first(args.lines))
    except MillpondError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; nothing is kept", file=sys.stderr)
        return 130


def _main(lines: Lines) -> int:
    began = time.monotonic()
    workspace = Workspace.find()
    with tempfile.TemporaryDirectory(prefix="millpond-differential-") as folder, _run(RUN) as stack:
        made = pool(Path(folder), workspace.root)
        settings = msgspec.convert(
            {"ns": NS, "parallelism": 1, **stack.addresses.settings(workspace.flink_python)}, Settings
        )
        run = _Run(lines, made, settings, workspace.root / SCHEMA, stack)
        run.replay()
    compared = list(run.compare())
    took = time.monotonic() - began
    differing = [each for each in compared if each.different]
    for each in differing[:TOLD]:
        print(f"{each.view}.{each.aggregation}: {each.different} differ, such as {each.example}", file=sys.stderr)
    total = sum(each.values for each in compared)
    say(f"{total:,} values, {sum(each.different for each in compared):,} differ; {took / 60:.0f} min")
    if lines.count == Lines.first(sys.maxsize).count:
        page.write(page.Run(lines=lines.count, instants=STOPS, entities=run.entities, took_s=took, compared=compared))
    return 1 if differing else 0


@contextmanager
def _run(folder: Path) -> Iterator[Stack]:
    say("starting Kafka, schema registry, Flink and Valkey")
    with Stack.start(run_dir=folder, progress=lambda progress: None) as stack:
        yield stack


class _Run:
    """One replay, and what the Reader said at each stop."""

    def __init__(self, lines: Lines, made: Pool, settings: Settings, schema: Path, stack: Stack) -> None:
        self._lines = lines
        self._pool = made
        self._settings = settings
        self._stack = stack
        (source,) = {view.source.name: view.source for view in made.views}.values()
        create_topic(settings, source)
        self._topic = source.topic
        self._encoder = register_schema(settings, source, schema)
        self._db = duckdb.connect()
        self._db.execute(_EVENTS, [str(lines.path), lines.count])
        self._keys: dict[str, list[Key]] = _keys(self._db)
        self._instants: list[int] = []
        self._said: dict[str, dict[int, list[tuple[Any, ...]]]] = {view: {} for view in VIEWS}

    @property
    def entities(self) -> int:
        """How many are read."""
        return sum(len(keys) for view, keys in self._keys.items() if view != "household_exactly")

    def replay(self) -> None:
        """Send a part, wait until it is in the store, read everything; and so on."""
        (job,) = deploy(self._settings, self._pool, start="earliest", replay=True).started
        ends = [self._whole_second(self._lines.count * (stop + 1) // STOPS) for stop in range(STOPS)]
        with materializing(self._settings, self._stack):
            for start, end in zip([0, *ends], ends, strict=False):
                self._send(start, end)
                say(f"{end:,} of {self._lines.count:,} lines are sent")
                self._drain(job)
                self._read(self._lines.time_of(end))

    def _whole_second(self, end: int) -> int:
        """So many lines, and those of the same second as the last of them."""
        last = self._lines.time_of(end)
        ((count,),) = self._db.execute("SELECT count(*) FROM events WHERE sold_at <= ?", [last]).fetchall()
        return int(count)

    def _send(self, start: int, end: int) -> None:
        producer = Producer({"bootstrap.servers": self._settings.kafka, "linger.ms": 50, "acks": "all"})
        for line in self._lines.read(start, end):
            value = self._encoder.encode(line, event_id=f"{line[0]:08}", sold_at=line[1])
            while True:
                try:
                    producer.produce(self._topic, value, partition=line[0] % PARTITIONS, timestamp=line[1])
                except BufferError:
                    producer.poll(0.1)
                else:
                    break
            producer.poll(0)
        if producer.flush(120):
            raise MillpondError("Kafka does not take the lines", where=self._topic, mend="see the broker's log")

    def _drain(self, job: JobRecord) -> None:
        drained(self._settings, job, within_s=DRAINS_WITHIN_S)

    def _read(self, q: int) -> None:
        self._instants.append(q)
        settings = self._settings
        with Reader.connect(settings.store, ns=settings.ns, stale_after_ms=10**9) as reader:
            for view, keys in self._keys.items():
                opened = reader.open(f"everything.all_of_{view}", version=1)
                column = VIEWS[view]
                said = self._said[view][q] = []
                for at in range(0, len(keys), AT_ONCE):
                    asked = [{column: key} for (key,) in keys[at : at + AT_ONCE]]
                    vectors = opened.read_many(asked, as_of=q, timeout_ms=60_000)
                    said.extend((vector.computed, vector.statuses) for vector in vectors)
                say(f"  {view}: {len(said):,} vectors read")

    def compare(self) -> Iterator[Compared]:
        """Feature by feature: what was said, and what SQL says."""
        for view in self._pool.views:
            oracle = SqlOracle(self._db, "events", keys=(VIEWS[view.name],), ts="sold_at", event_id="event_id")
            say(f"comparing {view.name} with SQL")
            yield from self._compare(view, oracle)

    def _compare(self, view: ViewPlan, oracle: SqlOracle) -> Iterator[Compared]:
        wanted = [(key, q) for q in self._instants for key in self._keys[view.name]]
        vectors = [said for q in self._instants for said in self._said[view.name][q]]
        found: dict[str, Compared] = {}
        for place, (name, asked) in enumerate(asked_of(view)):
            assert view.features[place].name == name, "in the view's order"
            kind = view.features[place].aggregation
            compared = found.setdefault(kind, Compared(view=view.name, aggregation=kind))
            for (key, q), (values, statuses), answer in zip(
                wanted, vectors, oracle.answers(asked, wanted), strict=True
            ):
                compared.values += 1
                compared.present += statuses[place] == "present"
                right = statuses[place] in ("present", "empty") and agrees(asked, values[place], answer, doubles=False)
                if not right:
                    compared.different += 1
                    compared.example = compared.example or (
                        f"{name} of {key} at {q}: {values[place]!r} ({statuses[place]}), and by SQL {answer!r}"
                    )
        yield from found.values()


def _keys(db: "duckdb.DuckDBPyConnection") -> dict[str, list[Key]]:
    """Every household and store, and as many products as make it 5,000, half of them those that are sold most."""
    households = db.execute("SELECT DISTINCT household_id FROM events ORDER BY 1").fetchall()
    stores = db.execute("SELECT DISTINCT store_id FROM events ORDER BY 1").fetchall()
    products = db.execute("SELECT product_id FROM events GROUP BY 1 ORDER BY count(*) DESC, 1").fetchall()
    left = ENTITIES - len(households) - len(stores)
    some = products[: left // 2]
    rest = products[left // 2 :]
    some += random.Random(SEED).sample(rest, min(len(rest), left - len(some)))
    return {"household": households, "household_exactly": households, "store": stores, "product": some}


_EVENTS: Final = """
    CREATE TABLE events AS
    SELECT
        format('{:08d}', file_row_number + 1) AS event_id,
        epoch_ms(transaction_timestamp) AS sold_at,
        CAST(household_id AS BIGINT) AS household_id,
        CAST(store_id AS BIGINT) AS store_id,
        CAST(basket_id AS VARCHAR) AS basket_id,
        CAST(product_id AS VARCHAR) AS product_id,
        CAST(quantity AS BIGINT) AS quantity,
        CAST(round(sales_value * 100) AS DECIMAL(18, 0)) * CAST(0.01 AS DECIMAL(3, 2)) AS paid,
        coupon_disc > 0 AS with_coupon
    FROM read_parquet(?, file_row_number = true)
    WHERE file_row_number < ?
"""


def say(line: str) -> None:
    """Progress."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
