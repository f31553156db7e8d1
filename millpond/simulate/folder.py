"""A simulation as a folder of Parquet files: one a topic, and the ground truth."""

import csv
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from millpond.plan.errors import MillpondError
from millpond.simulate.parquet import text_to_parquet
from millpond.simulate.simulation import Simulation
from millpond.simulate.topics import TOPICS
from millpond.simulate.truth import TRUTH, count_patterns, write_truth

PROGRESS_EVERY: Final = 5_000

_INSTANTS: Final = """
    * REPLACE (
        CAST(make_timestamp_ms(occurred_at) AS TIMESTAMP_MS) AS occurred_at,
        CAST(make_timestamp_ms(arrival) AS TIMESTAMP_MS) AS arrival
    )
"""


@dataclass(frozen=True, kw_only=True)
class Written:
    """What was written.

    Attributes:
        rows: topic -> rows of its file; an event that arrived twice is two.
        patterns: pattern -> events of the ground truth.
    """

    rows: Mapping[str, int]
    patterns: Mapping[str, int]


def write(
    simulation: Simulation, out: Path, *, force: bool = False, progress: Callable[[int, int], None] | None = None
) -> Written:
    """Write a simulation into a folder, which appears when it is whole, or not at all.

    Args:
        simulation: what to write.
        out: a folder that does not exist or is empty.
        force: it may hold an earlier simulation, which is replaced.
        progress: told now and then how many events were written, and the arrival of the last, ms UTC.

    Raises:
        MillpondError: the folder holds something else, or cannot be written.
    """
    out = out.resolve()
    try:
        refuse_occupied(out, force=force)
        return _put_into_place(simulation, out, force, progress or (lambda _events, _arrival: None))
    except OSError as cause:
        raise MillpondError(
            f"it cannot be written: {cause.strerror}", where=str(out), mend="name a folder on a disk with room"
        ) from cause


def refuse_occupied(out: Path, *, force: bool) -> None:
    """Refuse a folder that holds something, or, with `force`, something other than an earlier simulation.

    Raises:
        MillpondError: with the mend.
    """
    if not out.exists():
        return
    if not out.is_dir():
        raise MillpondError("it is a file", where=str(out), mend="name a new folder")
    found = {file.name for file in out.iterdir()}
    if found - {f"{name}.parquet" for name in (*(topic.name for topic in TOPICS), TRUTH)}:
        raise MillpondError("the folder holds other files", where=str(out), mend="name a new folder, or an empty one")
    if found and not force:
        raise MillpondError(
            "the folder holds a simulation", where=str(out), mend="name a new folder, or replace it with --force"
        )


def _put_into_place(simulation: Simulation, out: Path, force: bool, progress: Callable[[int, int], None]) -> Written:
    out.parent.mkdir(parents=True, exist_ok=True)
    # Beside it, hence on the same disk: a rename puts it into place.
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as folder:
        half = Path(folder)
        whole = half / "new"
        whole.mkdir()
        written = _write(simulation, half, whole, progress)
        refuse_occupied(out, force=force)  # again: much may have been put there meanwhile
        if out.exists():
            out.rename(half / "old")
        whole.rename(out)
    return written


def _write(simulation: Simulation, half: Path, whole: Path, progress: Callable[[int, int], None]) -> Written:
    rows = _write_texts(simulation, half, progress)
    for topic in TOPICS:
        columns = {**topic.columns, "arrival": "BIGINT"}
        text_to_parquet(half / topic.name, columns, whole / f"{topic.name}.parquet", select=_INSTANTS)
    write_truth(simulation.truth, whole / f"{TRUTH}.parquet", scratch=half)
    return Written(rows=rows, patterns=count_patterns(simulation.truth))


def _write_texts(simulation: Simulation, half: Path, progress: Callable[[int, int], None]) -> dict[str, int]:
    """Every topic as text: DuckDB reads it in far less time than rows one by one, and nothing is held in memory."""
    rows = {topic.name: 0 for topic in TOPICS}
    with ExitStack() as stack:
        files = {name: stack.enter_context((half / name).open("w", newline="", encoding="utf-8")) for name in rows}
        write_row = {name: csv.writer(file).writerow for name, file in files.items()}
        for number, (topic, arrival, _, event) in enumerate(simulation, 1):
            write_row[topic]((*event.values(), arrival))
            rows[topic] += 1
            if number % PROGRESS_EVERY == 0:
                progress(number, arrival)
    return rows
