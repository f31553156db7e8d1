"""Job records and publications survive the store: whatever happens to it, the journal gives them back."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from millpond.control.records import Records
from millpond.control.topics import Topics, journal
from millpond.plan.deployment import Publication
from millpond.plan.errors import DeployError, ReadError
from millpond.serve import Reader
from millpond.store import documents, publications
from tests.integration.servers import until
from tests.integration.stacks import AnyStack
from tests.integration.tile_world import LEVEL, World, grown, world
from tests.unit.serve.sample import publication

NOW = 1_800_000_000_000


@pytest.fixture
def here(stack: AnyStack, ns: str, tmp_path: Path) -> Iterator[World]:
    with world(stack.addresses, ns, tmp_path) as made:
        yield made


def described(text: str) -> Publication:
    base = publication()
    return msgspec.structs.replace(base, plan=msgspec.structs.replace(base.plan, description=text))


def served(here: World) -> str | None:
    """What a Reader that comes now is served; None where it is refused."""
    with Reader.connect(here.store.url, ns=here.ns) as reader:
        try:
            return reader.open("shop.risk", version=1).publication.plan.description
        except ReadError:
            return None


def test_a_materializer_that_finds_an_emptied_store_fills_it_and_publishes_again(here: World) -> None:
    here.records.publish(described("first"), now_ms=NOW)
    here.records.publish(described("second"), now_ms=NOW)
    here.write(here.job.fragments[0], grown("c:1", LEVEL["tiles_short"], 5, 1))
    here.store.client.flushall()
    assert served(here) is None

    here.start()
    until(lambda: served(here) == "second")
    here.drained()
    assert here.held() == here.expected()
    assert publications.jobs(here.store.client, here.ns) == {here.job.name: here.job}
    assert len(publications.history(here.store.client, here.ns, "shop.risk", 1)) == 2

    with Reader.connect(here.store.url, ns=here.ns) as reader:
        opened = reader.open("shop.risk", version=1)
        here.store.client.flushall()
        opened.read({"card_id": "a"})
        assert opened.publication.plan.description == "second"
    until(lambda: served(here) == "second")
    here.drained()
    assert here.held() == here.expected()


def test_a_store_restored_from_an_older_snapshot_learns_what_changed_since(here: World) -> None:
    gone = msgspec.structs.replace(here.job, name="shop.sales.gone")
    here.records.put(gone)
    here.records.publish(described("first"), now_ms=NOW)
    process = here.start()
    until(lambda: process.said("'shop.sales.gone'"))
    here.store.client.save()
    here.records.publish(described("second"), now_ms=NOW)
    here.records.end(gone)
    until(lambda: process.said("removed ['shop.sales.gone']"))

    here.store.kill()
    here.store.start()
    until(lambda: served(here) == "second")
    assert publications.jobs(here.store.client, here.ns).keys() == {here.job.name}
    assert (
        here.store.client.get(publications.pointer_key(here.ns, "shop.risk", 1)) == described("second").content.encode()
    )


def test_what_one_deployment_recorded_the_next_one_knows_whatever_became_of_the_store(here: World) -> None:
    here.records.publish(described("first"), now_ms=NOW)
    here.store.client.flushall()
    with Records(here.settings) as later:
        assert later.jobs() == {here.job.name: here.job}
        assert later.published() == {"shop.risk.v1": described("first")}
        assert served(here) == "first"  # without any materializer
        assert not later.publish(described("first"), now_ms=NOW)


def test_a_record_written_while_the_store_was_empty_does_not_hide_that_others_are_missing(here: World) -> None:
    here.records.publish(described("first"), now_ms=NOW)
    here.store.client.flushall()
    other = msgspec.structs.replace(here.job, name="shop.sales.other")
    here.records.put(other)
    assert publications.jobs(here.store.client, here.ns).keys() == {other.name}

    here.start()
    until(lambda: publications.jobs(here.store.client, here.ns).keys() == {here.job.name, other.name})
    assert served(here) == "first"


def test_a_journal_that_lost_records_the_store_has_is_refused_and_nothing_is_written(here: World) -> None:
    here.records.publish(described("first"), now_ms=NOW)
    before = here.store.client.get(documents.place_key(here.ns))
    topics = Topics(here.settings.kafka)
    name = journal(here.ns).name
    for outcome in topics.admin.delete_topics([name]).values():
        outcome.result(30)
    until(lambda: name not in topics.admin.list_topics(timeout=10).topics)
    with pytest.raises(DeployError, match=rf"records are lost: the store has copies of {int(before)}[\s\S]*runbook"):
        Records(here.settings)
    assert here.store.client.get(documents.place_key(here.ns)) == before
    here.store.client.delete(documents.place_key(here.ns))
    with Records(here.settings) as begun_again:
        assert begun_again.jobs() == {}


def test_whoever_read_the_records_before_another_changed_them_changes_nothing(here: World) -> None:
    with Records(here.settings) as late:
        here.records.publish(described("first"), now_ms=NOW)
        with pytest.raises(DeployError, match=r"somebody else has changed the records meanwhile"):
            late.put(msgspec.structs.replace(here.job, name="shop.sales.late"))
    with Records(here.settings) as after:
        assert after.jobs().keys() == {here.job.name}


def test_no_generation_is_used_again_whichever_goes_last(here: World) -> None:
    for generation in (3, 2):
        fragments = tuple(msgspec.structs.replace(f, generation=generation) for f in here.job.fragments)
        here.records.end(msgspec.structs.replace(here.job, name=f"shop.sales.g{generation}", fragments=fragments))
    assert set(here.records.retired_generations().values()) == {3}
