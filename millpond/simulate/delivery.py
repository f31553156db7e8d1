"""When events arrive: most within a second, some late, some twice."""

from random import Random
from typing import Final

from millpond.simulate.places import DAY, HOUR, MINUTE

SECOND: Final = 1_000
LATEST: Final = 3 * DAY  # no copy arrives later after its event than that
# Shares of all copies.
OVER_A_DAY: Final = 0.0002
HOURS: Final = 0.002
MINUTES: Final = 0.01
# Share of the events.
TWICE: Final = 0.005

_TO_HOURS: Final = OVER_A_DAY + HOURS
_TO_MINUTES: Final = _TO_HOURS + MINUTES


def arrivals(at: int, rng: Random) -> tuple[int, ...]:
    """When the one or two copies of an event of an instant arrive, all in ms UTC; each is late on its own."""
    if rng.random() < TWICE:
        return _arrival(at, rng), _arrival(at, rng)
    return (_arrival(at, rng),)


def _arrival(at: int, rng: Random) -> int:
    draw = rng.random()
    if draw >= _TO_MINUTES:
        return at + min(int(rng.lognormvariate(4.4, 0.6)), SECOND - 1)
    if draw >= _TO_HOURS:
        return at + rng.randrange(MINUTE, HOUR)
    if draw >= OVER_A_DAY:
        return at + rng.randrange(HOUR, 20 * HOUR)
    return at + rng.randrange(DAY + MINUTE, LATEST)
