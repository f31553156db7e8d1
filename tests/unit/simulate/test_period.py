"""When what is published is lived."""

import re
from datetime import date

import pytest

from millpond.plan.errors import MillpondError
from millpond.simulate import Simulation
from millpond.simulate.period import customers_for, require_past, up_to_now
from millpond.simulate.places import DAY
from millpond.simulate.simulation import START_MS

DAYS_IN_LIFE = 20


def test_the_last_copy_of_a_history_has_arrived_or_it_is_refused() -> None:
    simulation = Simulation(days=2)
    over = START_MS + 2 * DAY + 3 * DAY
    require_past(simulation, over)
    with pytest.raises(MillpondError, match="2 days from 2024-01-01 on"):
        require_past(simulation, over - 1)


@pytest.mark.parametrize("now", [START_MS + 100 * DAY, START_MS + 100 * DAY + 1, START_MS + 101 * DAY - 1])
def test_the_day_that_the_mend_names_is_the_last_that_will_do(now: int) -> None:
    with pytest.raises(MillpondError) as refused:
        require_past(Simulation(start_ms=now, days=7), now)
    named = re.search(r"--start (\S+),", refused.value.mend or "")
    assert named is not None
    first = START_MS + (date.fromisoformat(named[1]) - date(2024, 1, 1)).days * DAY
    require_past(Simulation(start_ms=first, days=7), now)
    with pytest.raises(MillpondError):
        require_past(Simulation(start_ms=first + DAY, days=7), now)


@pytest.mark.parametrize("since_midnight", [0, 1, DAY - 1])
def test_up_to_now_begins_so_many_days_before_the_day_it_is_and_goes_on(since_midnight: int) -> None:
    now = START_MS + since_midnight
    simulation = up_to_now(seed=3, customers=60, days=2, events=9_000, now_ms=now)
    assert simulation.start_ms == START_MS - 2 * DAY
    arrivals = [sent.arrival_ms for sent in simulation]
    assert len(arrivals) == 9_000
    assert arrivals[0] < START_MS - DAY
    assert arrivals[-1] > START_MS + 20 * DAY


@pytest.mark.parametrize("rate", [0.005, 0.02])
def test_as_many_customers_as_are_said_make_the_events_a_second(rate: float) -> None:
    count = sum(1 for _ in Simulation(customers=customers_for(rate), days=DAYS_IN_LIFE))
    assert count / (DAYS_IN_LIFE * 86_400) == pytest.approx(rate, rel=0.05)


def test_a_bank_has_its_fewest_customers_at_any_rate() -> None:
    assert customers_for(0.000_001) == 50
    Simulation(customers=customers_for(0.000_001))
