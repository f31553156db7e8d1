"""When a simulation that is published is lived: in the past, or up to the present and on with the clock."""

import math
from datetime import UTC, datetime
from typing import Final

from millpond.plan.errors import MillpondError
from millpond.simulate.delivery import LATEST
from millpond.simulate.everyday import EVENTS_A_CUSTOMER_A_DAY
from millpond.simulate.places import DAY
from millpond.simulate.simulation import MIN_CUSTOMERS, Simulation

# Longer than anybody waits.
_WITHOUT_END: Final = 36_500
_SECONDS_A_DAY: Final = 86_400


def require_past(simulation: Simulation, now_ms: int) -> None:
    """All of a simulation has arrived by now (ms UTC): a record cannot be stamped with an instant to come.

    Raises:
        MillpondError: with the last day that it may begin on.
    """
    if simulation.end_ms + LATEST <= now_ms:
        return
    first = (now_ms - LATEST) // DAY * DAY - simulation.days * DAY
    raise MillpondError(
        f"what happens in {simulation.days} days from {_date(simulation.start_ms)} on will not all have arrived by now",
        mend=f"begin by --start {_date(first)}, or say --live: up to the present, and on with the clock",
    )


def up_to_now(*, seed: int, customers: int, days: int, events: int | None, now_ms: int) -> Simulation:
    """A simulation that begins so many days before today (UTC), and has no end."""
    start = now_ms // DAY * DAY - days * DAY
    return Simulation(seed=seed, customers=customers, start_ms=start, days=days + _WITHOUT_END, events=events)


def customers_for(events_a_second: float) -> int:
    """How many customers it takes that so many of their events happen, over a whole day, on average."""
    return max(MIN_CUSTOMERS, math.ceil(events_a_second * _SECONDS_A_DAY / EVENTS_A_CUSTOMER_A_DAY))


def _date(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).date().isoformat()
