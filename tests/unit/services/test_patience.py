"""How long a request waits."""

import pytest

from millpond.serve.status import STATUSES, Status
from millpond.services.patience import Patience, again_ms


@pytest.mark.parametrize("status", [one for one in STATUSES if one not in ("behind", "unavailable")])
def test_nothing_but_behind_and_unavailable_is_waited_for(status: Status) -> None:
    assert Patience().is_enough(["present", status], 0)


def test_behind_is_waited_for_so_long_also_under_a_worse_status() -> None:
    patience = Patience(wait_ms=100)
    assert not patience.is_enough(["present", "behind", "stale"], 99.9)
    assert patience.is_enough(["present", "behind"], 100)
    assert Patience(wait_ms=0).is_enough(["behind"], 0)


def test_an_event_that_never_comes_is_not_waited_for() -> None:
    assert Patience().is_enough(["behind"], 0, is_hopeless=True)


def test_a_store_that_is_away_is_waited_for_within_the_budget_or_for_ever() -> None:
    assert not Patience(budget_ms=500).is_enough(["unavailable"], 499)
    assert Patience(budget_ms=500).is_enough(["unavailable"], 500)
    assert not Patience(when_unavailable="wait").is_enough(["unavailable"], 10**9)
    assert not Patience(when_unavailable="wait").is_enough(["unavailable"], 10**9, is_hopeless=True)


def test_looking_again_leaves_most_of_the_time_to_others() -> None:
    assert again_ms(1) == 15
    assert again_ms(40) == 80
