"""The tally: what an alarm comes to, and figures that are counted from answers alone."""

from decimal import Decimal

import pytest

from examples.fraud.tally import Tally, money
from tests.unit.examples.run import tally, transfer


def test_a_score_of_the_threshold_is_an_alarm_and_no_score_is_none() -> None:
    made = tally()
    assert [made.verdict(answer) for answer in made.answers.values()] == [
        "caught", "caught", "missed", "missed", "false alarm", "passed", "passed",
    ]  # fmt: skip
    assert made.counts() == {"caught": 2, "missed": 2, "false alarm": 1, "passed": 2}


def test_precision_is_of_the_alarms_and_recall_of_the_frauds() -> None:
    made = tally()
    assert made.precision == pytest.approx(2 / 3)
    assert made.recall == pytest.approx(2 / 4)
    nothing = Tally(threshold=0.5)
    assert nothing.precision is None
    assert nothing.recall is None
    assert nothing.latency_ms(50) is None


def test_what_was_not_answered_is_in_no_figure_but_its_own() -> None:
    made = tally()
    late = transfer(8, "burst")
    made.sent[late.event_id] = late
    assert made.unanswered == [late]
    assert made.by_pattern() == [("burst", 2, 2), ("mule", 2, 0)]
    assert (made.figures()["sent"], made.figures()["answered"]) == (8, 7)


def test_latencies_and_statuses_are_those_of_all_answers() -> None:
    made = tally()
    assert made.figures()["latency_ms"] == {"p50": 40, "p90": 1_000, "p99": 1_000}
    assert made.statuses == {"empty": 4, "present": 1, "behind": 1, "stale": 1}
    assert made.unscored == 2
    assert [answer.transfer.event_id for answer in made.recent(10_050)] == ["e6", "e7"]


def test_money_is_added_as_it_is() -> None:
    assert money(tally().of("caught")) == Decimal(300)
    assert money(tally().of("missed", "false alarm")) == Decimal(1_200)
