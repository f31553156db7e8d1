"""The page is made of the runs that are kept, one line a kind."""

from tests.faults.page import PAGE, load, text_of
from tests.faults.run import Result


def run(kind: str, seed: int, recovered: float | None, *, wrong: int = 0) -> Result:
    return Result(
        kind=kind,
        seed=seed,
        lines=20_000,
        seconds=55,
        rate=200,
        recovered_s=recovered,
        held_up_s=None if recovered is None else recovered + 15,
        tiles=10,
        values=100,
        usable=60,
        statuses={"present": 60, "stale": 40},
        wrong=wrong,
        faults=("a tile is lost",) if wrong else (),
    )


def test_each_kind_has_a_line_with_its_least_median_and_most() -> None:
    page = text_of([run("broker", 1, 3.0), run("broker", 2, 9.0), run("broker", 3, 4.0), run("flushall", 4, 2.5)])
    assert "| broker killed | 3 | 0 | 18.0 / 19.0 / 24.0 | 3.0 / 4.0 / 9.0 | present 60%, stale 40% |" in page
    assert "| FLUSHALL | 1 | 0 | 17.5 | 2.5 |" in page
    assert "None of the runs found anything wrong." in page


def test_what_was_wrong_or_never_recovered_is_not_hidden() -> None:
    page = text_of([run("broker", 1, 3.0), run("broker", 2, None, wrong=2)])
    assert "| broker killed | 2 | 1 | never | never |" in page
    assert "1 of the runs found anything wrong." in page
    assert "- `make faults KIND=broker SEED=2`: 2 wrong, such as: a tile is lost" in page


def test_a_run_at_another_pace_stands_by_itself_with_its_own_command() -> None:
    fast = run("broker", 4, 3.0)
    fast.lines, fast.seconds, fast.sent_s = 200_000, 20.0, 40.0
    page = text_of([run("broker", 1, 9.0), fast])
    assert "| broker killed | 1 | 0 | 24.0 | 9.0 |" in page
    command = "make faults KIND=broker SEED=4 LINES=200000 SECONDS=20 RATE=200 STALE=15"
    assert f"| `{command}` | 5,000 | 10 | 100 | 0 | 18.0 | 3.0 |" in page


def test_the_page_that_is_kept_is_that_of_the_runs_that_are_kept() -> None:
    assert PAGE.read_text("utf-8") == text_of(load().runs)
