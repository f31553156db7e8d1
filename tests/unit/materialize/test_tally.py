"""Counts: none is lost between two reports, none is reported twice."""

from millpond.materialize.tally import Tally
from millpond.store.guard import Refused


def test_counts_are_kept_until_they_are_reported() -> None:
    tally = Tally()
    tally.add("rows", "t", 5)
    tally.refused({"t": Refused(older_tile=1, smaller_n=2)})
    reported = tally.pending()
    assert reported == {"rows|t": 5, "older_tile|t": 1, "smaller_n|t": 2}
    tally.add("rows", "t", 3)
    tally.reported(reported)
    assert tally.pending() == {"rows|t": 3}


def test_a_line_says_what_happened_since_the_last_one() -> None:
    tally = Tally()
    assert tally.line(5.0) is None
    tally.add("rows", "t", 50_000)
    tally.add("records", "t", 20_000)
    tally.add("tombstones", "u", 1)
    assert tally.line(5.0) == "10,000 rows/s, 4,000 records/s, tombstones 1"
    assert tally.line(5.0) is None
