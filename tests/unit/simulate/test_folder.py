"""The folder: whole or not at all, and never in the place of something else."""

import json
from collections import Counter
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from millpond.cli.app import app
from millpond.plan.errors import MillpondError
from millpond.simulate import Simulation
from millpond.simulate.folder import write
from millpond.simulate.topics import TOPICS, TRANSFERS

SMALL = Simulation(seed=7, customers=200, days=20)


def rows(path: Path) -> int:
    ((count,),) = duckdb.execute("SELECT count(*) FROM read_parquet(?)", [str(path)]).fetchall()
    return int(count)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("simulate") / "out"
    write(SMALL, out)
    return out


def test_there_is_a_file_a_topic_and_the_truth(folder: Path) -> None:
    assert {file.name for file in folder.iterdir()} == {f"{t.name}.parquet" for t in TOPICS} | {"truth.parquet"}
    assert [file.name for file in folder.parent.iterdir()] == ["out"]


def test_the_rows_are_the_events_in_the_order_of_arrival(folder: Path) -> None:
    query = "SELECT * REPLACE (epoch_ms(occurred_at) AS occurred_at, epoch_ms(arrival) AS arrival) FROM read_parquet(?)"
    found = duckdb.execute(query, [str(folder / f"{TRANSFERS.name}.parquet")]).fetchall()
    assert found == [(*s.event.values(), s.arrival_ms) for s in SMALL if s.topic == TRANSFERS.name]


def test_columns_are_typed(folder: Path) -> None:
    found = duckdb.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(folder / f"{TRANSFERS.name}.parquet")])
    types = {name: type for name, type, *_ in found.fetchall()}
    assert list(types) == [*TRANSFERS.columns, "arrival"]
    assert (types["amount"], types["occurred_at"], types["arrival"]) == ("DECIMAL(18,2)", "TIMESTAMP", "TIMESTAMP")


def test_the_truth_is_the_simulation_s(folder: Path) -> None:
    found = duckdb.execute("SELECT event_id, pattern FROM read_parquet(?)", [str(folder / "truth.parquet")]).fetchall()
    for _ in SMALL:
        pass
    assert dict(found) == SMALL.truth != {}


def test_progress_is_told_until_close_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    written = write(SMALL, tmp_path / "out", progress=lambda events, arrival: told.append((events, arrival)))
    assert told == sorted(told)
    assert sum(written.rows.values()) - told[-1][0] < 5_000
    assert told[-1][1] > SMALL.start_ms


def test_an_interruption_leaves_nothing(tmp_path: Path) -> None:
    def interrupt(events: int, arrival: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(SMALL, tmp_path / "out", progress=interrupt)
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_leaves_the_earlier_simulation(tmp_path: Path) -> None:
    def interrupt(events: int, arrival: int) -> None:
        raise KeyboardInterrupt

    write(Simulation(customers=60, events=10), tmp_path / "out")
    with pytest.raises(KeyboardInterrupt):
        write(SMALL, tmp_path / "out", force=True, progress=interrupt)
    assert [file.name for file in tmp_path.iterdir()] == ["out"]
    assert sum(rows(tmp_path / "out" / f"{topic.name}.parquet") for topic in TOPICS) == 10


def test_files_put_there_meanwhile_stay(tmp_path: Path) -> None:
    out = tmp_path / "out"

    def put(events: int, arrival: int) -> None:
        out.mkdir(exist_ok=True)
        (out / "thesis.txt").touch()

    with pytest.raises(MillpondError, match="holds other files"):
        write(SMALL, out, progress=put)
    assert [file.name for file in out.iterdir()] == ["thesis.txt"]


def test_a_folder_that_cannot_be_made_is_an_error_with_a_mend(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MillpondError, match="cannot be written"):
        write(SMALL, tmp_path / "file" / "out")


def simulate(*options: str) -> str:
    ran = CliRunner().invoke(app, ["simulate", "--customers", "60", "--days", "3", *options], catch_exceptions=False)
    assert ran.exit_code == 0
    return ran.stdout


def test_the_verb_says_as_many_rows_as_it_writes(tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    said = json.loads(simulate("--out", str(out), "--seed", "7", "--start", "2023-06-01", "--json"))
    assert said["rows"] == {topic.name: rows(out / f"{topic.name}.parquet") for topic in TOPICS}
    assert sum(said["rows"].values()) > 500
    patterns = duckdb.execute("SELECT pattern FROM read_parquet(?)", [str(out / "truth.parquet")]).fetchall()
    assert said["patterns"] == Counter(pattern for (pattern,) in patterns)
    first = duckdb.execute("SELECT min(occurred_at)::DATE::VARCHAR FROM read_parquet(?)", [str(out / "payments*")])
    assert first.fetchall() == [("2023-06-01",)]


def test_the_verb_tells_people_what_it_wrote(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    said = simulate("--out", str(tmp_path / "out"), "--events", "100")
    assert "payments.transfer.initiated.v1" in said
    assert "100 events written to" in said


def test_the_verb_refuses_a_folder_that_holds_something_unless_it_is_a_simulation_and_forced(tmp_path: Path) -> None:
    out = tmp_path / "out"
    simulate("--out", str(out), "--events", "100")
    with pytest.raises(MillpondError, match=r"holds a simulation[\s\S]*--force"):
        simulate("--out", str(out), "--events", "50")
    assert "50 events written to" in simulate("--out", str(out), "--events", "50", "--force")
    (out / "thesis.txt").touch()
    for force in ([], ["--force"]):
        with pytest.raises(MillpondError, match=r"holds other files[\s\S]*name a new folder"):
            simulate("--out", str(out), *force)
    assert (out / "thesis.txt").exists()


def test_the_verb_refuses_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(MillpondError, match="it is a file"):
        simulate("--out", str(tmp_path / "out"))


def test_an_interrupted_verb_says_so_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(self: Simulation) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Simulation, "__iter__", interrupt)
    ran = CliRunner().invoke(app, ["simulate", "--out", str(tmp_path / "out")])
    assert ran.exit_code == 130
    assert list(tmp_path.iterdir()) == []
