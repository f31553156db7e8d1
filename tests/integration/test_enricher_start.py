"""An enricher that starts while a part is away: it says what it waits for, once, and goes on when the part is there."""

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from millpond.local.stack import Stack
from millpond.plan.clock import now_ms
from tests.integration.enriching import World, sale, world
from tests.integration.servers import until
from tests.integration.stacks import AnyStack

FAILS = "fails, and is tried again until it works"
SAYS = {
    "store": f"opening the set {FAILS}: the store does not answer: ConnectionError",
    "registry": f"registering the replies' schema {FAILS}: http",
    "kafka": f"creating the topics {FAILS}: 127.0.0.1",
}


@pytest.fixture
def here(stack: AnyStack, ns: str, tmp_path: Path) -> Iterator[World]:
    with world(stack.addresses, ns, tmp_path, "excludes") as made:
        yield made


@pytest.fixture
def away(here: World, processes: Stack) -> Iterator[Callable[[str], None]]:
    """Takes a part away; whatever a test does, the others' parts are back after it."""
    gone: list[str] = []

    def take(part: str) -> None:
        if part == "store":
            here.store.kill()
        else:
            processes.kill(part)
            gone.append(part)

    yield take
    for part in gone:
        processes.restart(part)


def test_it_waits_for_one_part_after_the_other_and_then_answers(here: World, processes: Stack) -> None:
    here.ask(sale(1, now_ms()))
    here.flush()
    here.store.kill()
    processes.kill("registry")
    processes.kill("kafka")
    process = here.start("--wait-ms", "0")
    until(lambda: process.said(SAYS["store"]))
    assert process.said("mend: check the address, and `millpond status`")
    until(lambda: process.said("opening the set still fails, after 1"), what="how long it has waited is not told")
    here.store.start()  # and it is empty, as one that is filled again
    until(lambda: process.said("shop.excludes version 1 is not published"), what="what it waits for now is not told")
    here.publish()
    until(lambda: process.said("opening the set works again") and process.said(SAYS["registry"]))
    processes.restart("registry")
    until(lambda: process.said(SAYS["kafka"]))
    processes.restart("kafka")
    (reply,) = here.answered(1)
    assert reply.record["status"] == "empty"
    log = process.log.read_text()
    assert [log.count(one) for one in (FAILS, "works again")] == [3, 3]
    process.leave()


@pytest.mark.parametrize("part", [*SAYS])
def test_who_waits_leaves_at_once_when_told(part: str, here: World, away: Callable[[str], None]) -> None:
    away(part)
    process = here.start()
    until(lambda: process.said(SAYS[part]))
    process.signal(signal.SIGTERM)
    assert process.popen.wait(5) == 0, "it waited on"
    assert process.said("no request was taken")


def test_what_waiting_does_not_mend_ends_it(here: World) -> None:
    with SchemaRegistryClient({"url": here.addresses.registry}) as registry:
        subject = f"{here.replies}-value"
        other = {"type": "record", "name": "Other", "fields": [{"name": "text", "type": "string"}]}
        registry.register_schema(subject, Schema(json.dumps(other), "AVRO"))
        registry.set_compatibility(subject, "FULL")
    process = here.start()
    assert process.popen.wait(30) == 2
    assert process.said("the registry refuses the schema of the replies")
    assert process.said("mend: a set's version has a topic of its own: name another with --replies")
