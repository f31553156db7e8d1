"""Events beside a record: they begin as it does, and come back."""

import pytest

from millpond.plan.errors import MillpondError
from millpond.store.kept import kept, kept_in
from millpond.store.records import RecordLayout
from tests.unit.materialize.sample import view
from tests.unit.store.columns import columns

HEADER = {"tile": 7, "n": 3, "first": 10, "last": 59_999}


def record() -> bytes:
    layout = RecordLayout.of(view(partials=view().partials[:1]))
    (packed,) = layout.pack(columns({name: [value] for name, value in {**HEADER, "sales_count": 3}.items()}))
    return packed


def test_events_begin_with_the_tile_and_the_events_it_counts_as_their_record_does() -> None:
    found = kept_in(kept(record(), "caf\u00e9".encode()))
    assert (found.tile, found.n, found.first, found.last, found.text) == (7, 3, 10, 59_999, "caf\u00e9")


def test_they_tell_whether_a_record_is_of_the_same_events() -> None:
    events = kept_in(kept(record(), b"x"))
    assert events.is_of(record())
    assert not events.is_of(record()[:12] + b"\0" + record()[13:])


def test_no_events_are_an_empty_text() -> None:
    assert kept_in(kept(record(), None)).text == ""


def test_what_is_too_short_is_refused() -> None:
    with pytest.raises(MillpondError, match="15 bytes are no events"):
        kept_in(b"\0" * 15)
