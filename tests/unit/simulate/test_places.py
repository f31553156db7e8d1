"""What time it is where somebody lives."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from millpond.simulate.places import HOUR, PLACES, Place, WallClock


def instant(*moment: int) -> int:
    return round(datetime(*moment, tzinfo=UTC).timestamp() * 1000)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.zone)
def test_the_hour_is_that_of_the_zone_through_a_whole_year(place: Place) -> None:
    clock, zone = WallClock(), ZoneInfo(place.zone)
    for at in range(instant(2024, 1, 1), instant(2025, 1, 1), 7 * HOUR + 1):
        assert clock.hour(at, place.zone) == datetime.fromtimestamp(at / 1000, zone).hour


def test_the_next_night_begins_now_or_at_a_full_hour() -> None:
    clock = WallClock()
    at = instant(2024, 7, 1, 12, 30)
    assert clock.next_hour(at, "Europe/Berlin", 2) == instant(2024, 7, 2, 0, 0)
    assert clock.next_hour(at, "Europe/Berlin", 14) == at


def test_an_hour_that_the_clocks_skip_is_that_of_the_next_day() -> None:
    at = instant(2024, 3, 30, 23, 30)
    assert WallClock().next_hour(at, "Europe/Berlin", 2) == instant(2024, 4, 1, 0, 0)


def test_every_country_has_one_place() -> None:
    assert len({place.country for place in PLACES}) == len(PLACES)
