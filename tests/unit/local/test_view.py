"""What a terminal shows, where there is none."""

from io import StringIO
from pathlib import Path

from rich.console import Console

from millpond.local.progress import Progress
from millpond.local.state import ProcessId, StackState
from millpond.local.status import PartStatus
from millpond.local.view import age, live_report, status_table


def test_without_a_terminal_each_phase_is_a_line_and_progress_in_between_is_not() -> None:
    written = StringIO()
    with live_report(Console(file=written, width=200)) as report:
        for done in range(50):
            report(Progress(part="downloads", phase="fetching", detail=f"{done} MiB"))
        report(Progress(part="kafka", phase="starting"))
        report(Progress(part="kafka", phase="ready", detail="127.0.0.1:9"))
    lines = written.getvalue().splitlines()
    assert [line.split()[2:4] for line in lines] == [
        ["downloads", "fetching"],
        ["kafka", "starting"],
        ["kafka", "ready"],
    ]
    assert lines[-1].endswith("127.0.0.1:9")


def test_age_is_told_in_the_largest_unit() -> None:
    state = StackState(supervisor=ProcessId(pid=1, started=1.0), since_ms=1_000, phase="ready")
    ages = [age(state, 1_000 + 1_000 * seconds) for seconds in (0, 59, 60, 3_599, 3_600, 90_000)]
    assert ages == ["0 s", "59 s", "1 min", "59 min", "1 h", "1 d"]


def test_a_part_that_is_not_healthy_says_why() -> None:
    written = StringIO()
    log = Path("kafka.log")
    part = PartStatus(
        name="kafka",
        pid=None,
        healthy=False,
        why_not="not listening",
        address="a:1",
        rss_bytes=5 << 20,
        log=log,
        restarts=3,
    )
    Console(file=written, width=120).print(status_table([part]))
    (row,) = (line for line in written.getvalue().splitlines() if "kafka" in line)
    assert row.split() == ["kafka", "not", "listening", "-", "5", "MiB", "3", "a:1"]
