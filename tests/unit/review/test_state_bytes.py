"""Bytes of Flink's state, against what was found in the files of a run."""

import numpy as np
import pytest

from millpond.plan.aggregations import FragmentKind
from millpond.review import state_bytes
from millpond.review.held import Hashes, HeldEvents, HeldView, Marks, OpenTiles, Part
from tests.unit.review import events

NOBODY = Hashes(count=np.zeros(0), entries=np.zeros(0), record=np.zeros(0), events=None, key_bytes=0)


def held(open_part: str, key: tuple[float, ...], **marks: tuple[float, float]) -> HeldView:
    """A million open tiles of one part, none of the others."""
    kept = {name: Marks(number=number, size=size) for name, (number, size) in marks.items()}
    return HeldView(
        parts={
            part: Part(hashes=NOBODY, tiles=OpenTiles(count=1e6 if part == open_part else 0, marks=kept))
            for part in ("15s", "1m", "1h", "6h", "lifetime")
        },
        text_bytes=key,
        coalesced=1,
    )


# Of RocksDB's files after 982,074 simulated events: bytes of keys and values as written, and of the files, a row.
@pytest.mark.parametrize(
    ("view", "kind", "given", "raw", "files"),
    [
        ("pair", "lifetime", held("lifetime", (11, 11)), 162.0, 47.8),
        ("pair", "tiles_long", held("6h", (11, 11)), 162.0, 47.5),
        ("card", "tiles_short", held("15s", (21,), merchants_tally=(1.005, 12.1)), 210.3, 80.9),
        (
            "account_exact",
            "tiles_short",
            held("1m", (11,), last_lasts=(1.021, 84.8), events=(1.024, 87.0)),
            349.9,
            121.6,
        ),
        (
            "profile",
            "tiles_long",
            held("6h", (11,), fields_tally=(1.022, 8.4), device_greatest=(1.0, 73.0)),
            250.8,
            123.9,
        ),
    ],
)
def test_a_fragments_bytes_are_those_that_were_measured(
    view: str, kind: FragmentKind, given: HeldView, raw: float, files: float
) -> None:
    plan = events.pool().view(f"bank.{view}")
    assert state_bytes.savepoint_of_tiles(plan, kind, given) / 1e6 == pytest.approx(raw, rel=0.02)
    assert state_bytes.checkpoint_of_tiles(plan, kind, given) / 1e6 == pytest.approx(files, rel=0.15)


def test_an_event_that_is_remembered_takes_what_was_measured() -> None:
    remembered = HeldEvents(count=398_211, id_bytes=32)
    assert state_bytes.savepoint_of_events(remembered) == pytest.approx(39_029_414, rel=0.001)
    assert state_bytes.checkpoint_of_events(remembered) == pytest.approx(20_894_616, rel=0.05)
