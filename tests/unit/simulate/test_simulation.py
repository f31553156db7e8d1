"""The stream: repeatable, in the order of arrival, skewed, with labels that come days later."""

import hashlib
from collections import Counter
from itertools import islice, pairwise
from random import Random

import pytest

from millpond.plan.errors import MillpondError
from millpond.simulate import Simulation
from millpond.simulate.customers import Population
from millpond.simulate.delivery import LATEST
from millpond.simulate.fraud import PATTERNS, Structuring
from millpond.simulate.places import DAY
from millpond.simulate.simulation import _reported
from millpond.simulate.topics import CARDS, REPORTS, TOPICS, TRANSFERS
from tests.unit.simulate.conftest import Stream


def test_the_same_seed_gives_the_same_events_and_the_same_truth() -> None:
    one, two = (Simulation(seed=3, customers=300, days=15) for _ in range(2))
    assert list(one) == list(two)
    assert one.truth == two.truth != {}


def test_every_iteration_begins_anew() -> None:
    simulation = Simulation(seed=3, customers=300, events=2_000)
    assert list(simulation) == list(simulation)


def test_another_seed_gives_other_events() -> None:
    one, two = ({s.event["event_id"] for s in Simulation(seed=n, customers=300, events=2_000)} for n in (1, 2))
    assert one.isdisjoint(two)


def test_a_seed_gives_the_same_bits_on_every_python() -> None:
    """A change of the simulation on purpose changes this digest; another Python must not."""
    digest = hashlib.sha256()
    for sent in Simulation(seed=1, customers=300, days=10):
        digest.update(repr(sent).encode())
    assert digest.hexdigest() == "ca59667e565689dc5c0e97154942e828836464ba1fd16e22714c54d5fdac1396"


def test_copies_come_in_the_order_of_arrival_and_never_before_they_happened(stream: Stream) -> None:
    assert all(a.arrival_ms <= b.arrival_ms for a, b in pairwise(stream.sent))
    assert all(s.arrival_ms >= s.event["occurred_at"] for s in stream.sent)


def test_some_copies_are_late_some_too_late_and_some_come_after_the_last_day(stream: Stream) -> None:
    delays = [sent.arrival_ms - sent.event["occurred_at"] for sent in stream.sent]
    assert sum(delay < 1_000 for delay in delays) / len(delays) == pytest.approx(0.988, abs=0.002)
    assert sum(delay > DAY for delay in delays) / len(delays) == pytest.approx(0.0002, rel=0.5)
    assert stream.simulation.end_ms < stream.sent[-1].arrival_ms < stream.simulation.end_ms + LATEST


def test_event_ids_are_unique_but_for_copies_which_are_equal(stream: Stream) -> None:
    first: dict[str, object] = {}
    for sent in stream.sent:
        assert first.setdefault(sent.event["event_id"], (sent.topic, sent.key, sent.event)) == sent[:1] + sent[2:]
    assert max(Counter(s.event["event_id"] for s in stream.sent).values()) == 2


def test_nothing_happens_outside_of_the_days(stream: Stream) -> None:
    simulation = stream.simulation
    assert simulation.end_ms == simulation.start_ms + 40 * DAY
    assert all(simulation.start_ms <= s.event["occurred_at"] < simulation.end_ms for s in stream.sent)


def test_every_topic_is_there_and_transfers_and_cards_are_most(stream: Stream) -> None:
    assert set(stream.events) == {topic.name for topic in TOPICS}
    most = len(stream.events[TRANSFERS.name]) + len(stream.events[CARDS.name])
    assert most > 0.95 * len(stream.sent)


def test_the_key_is_a_field_of_the_event(stream: Stream) -> None:
    keys = {topic.name: topic.key for topic in TOPICS}
    assert all(s.key == s.event[keys[s.topic]] for s in islice(stream.sent, 5_000))


@pytest.mark.parametrize(("field", "share"), [("sender_id", 0.15), ("recipient_id", 0.08)])
def test_one_customer_of_a_hundred_has_a_large_share(stream: Stream, field: str, share: float) -> None:
    counts = Counter(event[field] for event in stream.events[TRANSFERS.name])
    assert sum(n for _, n in counts.most_common(6)) > share * counts.total()


def test_every_pattern_occurs_and_the_truth_knows_only_events_that_were_sent(stream: Stream) -> None:
    truth = stream.simulation.truth
    assert set(truth.values()) == {pattern.name for pattern in PATTERNS}
    assert truth.keys() <= {s.event["event_id"] for s in stream.sent}
    assert len(truth) < 0.03 * len(stream.sent)


def test_the_truth_fills_as_the_stream_is_read() -> None:
    simulation = Simulation(seed=7, customers=600, days=10)
    for sent in simulation:
        if simulation.truth:
            assert set(simulation.truth) == {sent.event["event_id"]}
            break
    else:
        pytest.fail("no fraud within ten days")


def test_the_truth_is_that_of_the_latest_iteration_alone() -> None:
    simulation = Simulation(seed=7, customers=600, days=10)
    assert [*simulation] and simulation.truth
    next(iter(simulation))
    assert simulation.truth == {}


def test_most_labels_come_within_two_weeks_and_none_after_thirty_days() -> None:
    population, rng = Population(50, 0, Random(1)), Random(2)
    fraud = next(happening for happening in Structuring(population, rng).incident(0))
    labels = [label for _ in range(4_000) for label in _reported(fraud, rng)]
    delays = [label.event["occurred_at"] - fraud.event["occurred_at"] for label in labels]
    assert len(labels) / 4_000 == pytest.approx(0.85, abs=0.02)
    assert DAY <= min(delays) < 1.1 * DAY
    assert max(delays) == 30 * DAY
    assert 0.8 < sum(delay < 14 * DAY for delay in delays) / len(delays) < 0.95


def test_a_label_comes_1_to_30_days_after_its_transfer_and_says_the_truth(stream: Stream) -> None:
    transfers = {event["event_id"]: event for event in stream.events[TRANSFERS.name]}
    truth = stream.simulation.truth
    labels = stream.events[REPORTS.name]
    for label in labels:
        transfer = transfers[label["transfer_id"]]
        assert DAY <= label["occurred_at"] - transfer["occurred_at"] <= 30 * DAY
        assert (label["sender_id"], label["recipient_id"]) == (transfer["sender_id"], transfer["recipient_id"])
        assert label["is_fraud"] == (label["transfer_id"] in truth)
    assert len({label["transfer_id"] for label in labels}) == len(labels)


def test_some_labels_are_false_alarms_and_some_frauds_are_never_reported(stream: Stream) -> None:
    labels = stream.events[REPORTS.name]
    assert {label["is_fraud"] for label in labels} == {True, False}
    old = stream.simulation.end_ms - 30 * DAY
    frauds = {
        event["event_id"]
        for event in stream.events[TRANSFERS.name]
        if event["event_id"] in stream.simulation.truth and event["occurred_at"] < old
    }
    reported = frauds & {label["transfer_id"] for label in labels}
    assert 0.7 < len(reported) / len(frauds) < 0.95


def test_the_stream_ends_after_as_many_events_as_wanted() -> None:
    assert len(list(Simulation(customers=100, events=123))) == 123
    assert list(Simulation(customers=100, events=0)) == []


@pytest.mark.parametrize("wrong", [{"customers": 49}, {"days": 0}, {"events": -1}])
def test_what_cannot_be_simulated_is_refused_with_a_mend(wrong: dict[str, int]) -> None:
    with pytest.raises(MillpondError) as refused:
        Simulation(**wrong)
    assert refused.value.mend


def test_it_is_lazy() -> None:
    assert next(iter(Simulation(days=100_000))).topic
