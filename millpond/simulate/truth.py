"""The ground truth: which events belong to a fraud, and to which pattern of it."""

import csv
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from millpond.plan.errors import MillpondError
from millpond.simulate.parquet import text_to_parquet

TRUTH: Final = "truth"
Truth = Mapping[str, str]
"""Event id -> pattern."""

_COLUMNS: Final = {"event_id": "VARCHAR", "pattern": "VARCHAR"}


def count_patterns(truth: Truth) -> dict[str, int]:
    """Pattern -> its events, by name."""
    return dict(sorted(Counter(truth.values()).items()))


def write_truth(truth: Truth, out: Path, *, scratch: Path) -> None:
    """Write it as a Parquet file; `scratch` is a folder for what is in between."""
    text = scratch / TRUTH
    with text.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(truth.items())
    text_to_parquet(text, _COLUMNS, out)


@contextmanager
def kept(out: Path) -> Iterator[dict[str, str]]:
    """A ground truth to be filled inside; it is a file once all has gone well, and none otherwise.

    Raises:
        MillpondError: there is such a file, or none can be written there: before anything inside is done.
    """
    out = out.resolve()
    if out.exists():
        raise MillpondError("there is such a file already", where=str(out), mend="name another one for the truth")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        # Beside it, hence on the same disk: a rename puts it into place.
        scratch = tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.")
    except OSError as cause:
        raise MillpondError(
            f"it cannot be written: {cause.strerror}", where=str(out), mend="name a file on a disk with room"
        ) from cause
    with scratch as folder:
        truth: dict[str, str] = {}
        yield truth
        whole = Path(folder) / out.name
        write_truth(truth, whole, scratch=Path(folder))
        whole.rename(out)
