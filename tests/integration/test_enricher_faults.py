"""Whatever dies while requests are answered: none is lost, none is answered out of the order of its key."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import redis

from millpond.control.topics import Topics
from millpond.local.stack import Stack
from millpond.plan.clock import now_ms
from millpond.plan.names import enricher_group
from tests.integration.enriching import PARTITIONS, SCHEMA, World, first_of_each, messages_in, sale, world
from tests.integration.servers import until
from tests.integration.stacks import AnyStack

KEYS = 7
RATE = 150.0


@pytest.fixture
def here(stack: AnyStack, ns: str, tmp_path: Path) -> Iterator[World]:
    with world(stack.addresses, ns, tmp_path, "excludes") as made:
        yield made


def stream(here: World, count: int) -> Iterator[int]:
    """Requests at RATE, a customer each: no event is in anybody's windows but its own."""
    until(lambda: here.processes[-1].said("continues at"))
    for number in range(count):
        here.ask(
            sale(number, now_ms(), customer=f"c{number}"),
            key=b"k%d" % (number % KEYS),
            headers=[("number", b"%d" % number)],
            partition=number % KEYS % PARTITIONS,
        )
        if number % 20 == 0:
            with suppress(redis.ConnectionError):
                here.stamp()
        yield number
        time.sleep(1 / RATE)
    here.flush()


def check(here: World, count: int) -> None:
    """Each was answered, and those of a key in their order."""
    here.flush()
    until(lambda: len(first_of_each(here.all_replies())) >= count, within_s=60, what="some have no reply")
    replies = first_of_each(here.all_replies())
    numbers = [int(dict(reply.message.headers())["number"]) for reply in replies]
    assert sorted(numbers) == list(range(count))
    for key in range(KEYS):
        mine = [number for number in numbers if number % KEYS == key]
        assert mine == sorted(mine)


def committed(here: World) -> int:
    return sum(Topics(here.addresses.kafka).committed(enricher_group(here.ns, here.replies), here.requests).values())


def killed(here: World) -> None:
    here.processes[-1].kill()
    here.start()


def joined_and_left(here: World) -> None:
    here.start()
    time.sleep(2)
    here.processes[0].leave()


def frozen_and_thawed(here: World) -> None:
    here.start()
    here.processes[0].signal(signal.SIGSTOP)
    time.sleep(13)  # it has lost its partitions
    here.processes[0].signal(signal.SIGCONT)


@pytest.mark.parametrize("fault", [killed, joined_and_left, frozen_and_thawed], ids=lambda fault: fault.__name__)
def test_members_come_and_go(here: World, fault: Callable[[World], None]) -> None:
    here.start()
    count = 600
    for number in stream(here, count):
        if number == count // 3:
            until(lambda: bool(here.all_replies()))
            fault(here)
    check(here, count)
    for process in here.processes:
        if process.popen.poll() is None:
            process.leave()
    assert committed(here) == count


def test_who_is_told_to_stop_answers_what_he_took_and_nothing_is_answered_twice(here: World) -> None:
    count = 300
    process = here.start()
    for number in stream(here, count):
        if number in (100, 200):
            until(lambda: here.processes[-1].said("continues at"))
            process.leave()
            process = here.start()
    until(lambda: len(here.all_replies()) >= count)
    process.leave()
    check(here, count)
    assert len(here.all_replies()) == count
    assert committed(here) == count


def test_a_store_that_is_away_is_said_and_nothing_is_lost(here: World) -> None:
    here.start("--budget-ms", "200")
    count = 450
    for number in stream(here, count):
        if number == 150:
            here.store.kill()
        if number == 300:
            here.store.start()
            here.publish()
        if number == 0:
            here.put(sale(10_000, now_ms() - 1_000, customer="c0"))
    check(here, count)
    status = {int(dict(one.message.headers())["number"]): one for one in here.all_replies()}
    assert status[10].record["status"] == "empty"
    away = [reply.record for reply in status.values() if reply.record["status"] not in ("present", "empty", "stale")]
    assert {record["status"] for record in away} == {"unavailable"}  # an empty store is stale: it knows of nothing
    assert all("ConnectionError" in record["reason"] for record in away)
    assert status[count - 1].record["status"] == "empty"


def test_who_waits_for_the_store_answers_when_it_is_back(here: World) -> None:
    here.start("--when-unavailable", "wait")
    count = 300
    for number in stream(here, count):
        if number == 100:
            here.store.kill()
    answered = len(here.all_replies())
    assert answered < 150
    here.store.start()
    here.publish()
    check(here, count)
    assert {reply.record["status"] for reply in here.all_replies()} <= {"empty", "stale"}  # stale until it is published


def test_a_broker_outage_is_waited_out(here: World, processes: Stack) -> None:
    here.start()
    count = 450
    for number in stream(here, count):
        if number == 150:
            processes.kill("kafka")
        if number == 300:
            processes.restart("kafka")
    check(here, count)
    until(lambda: committed(here) == count)


def test_a_registry_that_is_away_holds_up_only_what_needs_it(here: World, processes: Stack) -> None:
    here.start()
    count = 240
    other = here.register(f"{here.requests}-other", {**SCHEMA, "doc": "the same, with another id"})
    for number in stream(here, count):
        if number == 80:
            until(lambda: bool(here.all_replies()))
            processes.kill("registry")
            here.ask(here.wire(sale(1_000, now_ms(), customer="late"), SCHEMA, other), key=b"late")
    here.flush()
    wanted = {b"k%d" % key for key in range(KEYS)}
    until(lambda: len(messages_in(here.addresses.kafka, here.replies)) >= count, what="what is known waited, too")
    assert {message.key() for message in messages_in(here.addresses.kafka, here.replies)} == wanted
    processes.restart("registry")
    until(lambda: len(here.all_replies()) == count + 1)
    assert [reply for reply in here.all_replies() if reply.message.key() == b"late"]
