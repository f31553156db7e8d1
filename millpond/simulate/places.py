"""Where people live and travel, and what time it is there."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from millpond.plan.clock import EPOCH, MILLISECOND

HOUR: Final = 3_600_000
MINUTE: Final = 60_000
DAY: Final = 24 * HOUR


@dataclass(frozen=True, kw_only=True)
class Place:
    """A town.

    Attributes:
        country: ISO 3166 alpha-2.
        zone: IANA name.
        lat: degrees.
        lon: degrees.
        currency: ISO 4217.
    """

    country: str
    zone: str
    lat: float
    lon: float
    currency: str


# Those with more customers first.
PLACES: Final = (
    Place(country="DE", zone="Europe/Berlin", lat=52.52, lon=13.41, currency="EUR"),
    Place(country="FR", zone="Europe/Paris", lat=48.86, lon=2.35, currency="EUR"),
    Place(country="GB", zone="Europe/London", lat=51.51, lon=-0.13, currency="GBP"),
    Place(country="ES", zone="Europe/Madrid", lat=40.42, lon=-3.70, currency="EUR"),
    Place(country="PL", zone="Europe/Warsaw", lat=52.23, lon=21.01, currency="PLN"),
    Place(country="US", zone="America/New_York", lat=40.71, lon=-74.01, currency="USD"),
    Place(country="SE", zone="Europe/Stockholm", lat=59.33, lon=18.07, currency="SEK"),
    Place(country="PT", zone="Europe/Lisbon", lat=38.72, lon=-9.14, currency="EUR"),
    Place(country="CH", zone="Europe/Zurich", lat=47.37, lon=8.54, currency="CHF"),
    Place(country="BR", zone="America/Sao_Paulo", lat=-23.55, lon=-46.63, currency="BRL"),
    Place(country="SG", zone="Asia/Singapore", lat=1.35, lon=103.82, currency="SGD"),
    Place(country="AU", zone="Australia/Sydney", lat=-33.87, lon=151.21, currency="AUD"),
    Place(country="AE", zone="Asia/Dubai", lat=25.20, lon=55.27, currency="AED"),
    Place(country="NG", zone="Africa/Lagos", lat=6.52, lon=3.38, currency="NGN"),
)


class WallClock:
    """Tells the hour of the day in a zone; remembers each zone's offset for the UTC hour it was last asked about."""

    def __init__(self) -> None:
        self._zones = {place.zone: ZoneInfo(place.zone) for place in PLACES}
        self._offsets: dict[str, tuple[int, int]] = {}

    def hour(self, at: int, zone: str) -> int:
        """The hour of the day, 0 to 23, at an instant (ms UTC)."""
        hours = at // HOUR
        known = self._offsets.get(zone)
        if known is None or known[0] != hours:
            known = self._offsets[zone] = (hours, self._offset(hours * HOUR, zone))
        return (at + known[1]) // HOUR % 24

    def next_hour(self, at: int, zone: str, hour: int) -> int:
        """The first instant (ms UTC) from `at` on at which it is `hour` there; `at` itself if it is already."""
        if self.hour(at, zone) == hour:
            return at
        moment = (at // HOUR + 1) * HOUR
        while self.hour(moment, zone) != hour:
            moment += HOUR
        return moment

    def _offset(self, at: int, zone: str) -> int:
        local = (EPOCH + at * MILLISECOND).astimezone(self._zones[zone])
        return (local.utcoffset() or timedelta()) // MILLISECOND
