"""Waits before a start, on an axis of seconds."""

from millpond.local.backoff import Backoff


def test_waits_double_up_to_half_a_minute() -> None:
    backoff = Backoff()
    assert [backoff.died(float(now)) for now in range(7)] == [1, 2, 4, 8, 16, 30, 30]


def test_a_minute_of_health_makes_the_next_wait_short_again() -> None:
    # died 0   died 10   healthy 20            died 80
    # |        |         |<------- 60 s ------>|
    backoff = Backoff()
    assert [backoff.died(0.0), backoff.died(10.0)] == [1, 2]
    backoff.healthy(20.0)
    assert backoff.died(80.0) == 1


def test_less_than_a_minute_of_health_forgives_nothing() -> None:
    backoff = Backoff()
    backoff.died(0.0)
    backoff.healthy(20.0)
    assert backoff.died(79.9) == 2


def test_health_before_an_earlier_death_does_not_count() -> None:
    backoff = Backoff()
    backoff.healthy(0.0)
    assert [backoff.died(60.0), backoff.died(130.0)] == [1, 2]
