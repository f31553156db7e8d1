"""Publishing and rolling back: each set version has a pointer of its own, and readers follow it."""

from collections.abc import Iterator

import msgspec
import pytest
import redis

from millpond.control.records import Records
from millpond.control.sets import roll_back
from millpond.control.settings import Settings
from millpond.plan.deployment import JobRecord, Publication, fragments_of
from millpond.plan.errors import DeployError, PlanError, ReadError
from millpond.plan.model import ViewPlan
from millpond.serve import Reader
from millpond.serve.flow import ReadFlow
from millpond.store import publications
from millpond.store.keys import EPOCH_FIELD, freshness_key
from tests.integration.servers import until
from tests.integration.stacks import AnyStack
from tests.unit.serve.sample import publication

NOW = 1_800_000_000_000


@pytest.fixture
def client(stack: AnyStack) -> redis.Redis:
    return redis.Redis.from_url(stack.addresses.store)


@pytest.fixture
def reader(stack: AnyStack, ns: str) -> Iterator[Reader]:
    with Reader.connect(stack.addresses.store, ns=ns, clock=lambda: NOW) as opened:
        yield opened


@pytest.fixture
def records(stack: AnyStack, ns: str) -> Iterator[Records]:
    at = stack.addresses
    settings = Settings(ns=ns, kafka=at.kafka, registry=at.registry, flink=at.flink, store=at.store)
    with Records(settings) as opened:
        yield opened


def described(text: str, *, version: int = 1) -> Publication:
    base = publication()
    return msgspec.structs.replace(base, plan=msgspec.structs.replace(base.plan, description=text, version=version))


def _runs(view: ViewPlan) -> JobRecord:
    """The job that runs a view: a roll-back serves an earlier plan from where its views are now."""
    return JobRecord(
        name="shop.sales.0",
        domain=view.domain,
        source=view.source,
        views=(view,),
        fragments=fragments_of(view, 1),
        flink_job_id="",
        partitions=1,
        topic_partitions=1,
        start_offsets=(0,),
        start_ts=0,
        covered_since=0,
        deployed_at=0,
    )


def served(reader: Reader, version: int = 1) -> str:
    return reader.open("shop.risk", version=version).publication.plan.description


def test_rolling_back_goes_one_publication_back_each_time_and_touches_no_other_version(
    client: redis.Redis, records: Records, reader: Reader, ns: str
) -> None:
    records.put(_runs(publication().views[0].view))
    records.publish(described("other", version=2), now_ms=NOW)
    for text in ("first", "second", "third"):
        assert records.publish(described(text), now_ms=NOW)
    assert not records.publish(described("third"), now_ms=NOW)

    for text in ("second", "first"):
        content = roll_back(records, "shop.risk", 1).content
        assert content == described(text).content
        assert served(reader) == text
    with pytest.raises(DeployError, match="nothing to roll back to"):
        roll_back(records, "shop.risk", 1)
    assert served(reader, version=2) == "other"

    records.publish(described("fourth"), now_ms=NOW)
    assert roll_back(records, "shop.risk", 1).content == described("first").content
    actions = [release.action for release in publications.history(client, ns, "shop.risk", 1)]
    assert actions == ["roll back", "publish", "roll back", "roll back", "publish", "publish", "publish"]


def test_an_open_set_follows_its_pointer_without_being_opened_again(
    client: redis.Redis, records: Records, reader: Reader, ns: str
) -> None:
    records.publish(described("first"), now_ms=NOW)
    client.hset(freshness_key(ns), EPOCH_FIELD, "one")
    now = [1_000_000]
    reader.environment.clock = lambda: now[0]
    opened = reader.open("shop.risk", version=1)
    opened.read({"card_id": "a"})
    records.publish(described("second"), now_ms=NOW)
    opened.read({"card_id": "a"})
    assert opened.publication.plan.description == "first"
    now[0] += 1_000
    opened.read({"card_id": "a"})
    until(lambda: opened.publication.plan.description == "second", what="it is not followed")


def test_a_set_that_was_never_published_is_refused_with_those_that_were(records: Records, reader: Reader) -> None:
    records.publish(described("first"), now_ms=NOW)
    with pytest.raises(ReadError, match=r"shop.risk version 9 is not published[\s\S]*shop.risk.v1"):
        reader.open("shop.risk", version=9)
    with pytest.raises(DeployError, match="never published"):
        roll_back(records, "shop.other", 1)


def test_a_document_that_is_not_what_its_name_says_is_never_served(
    client: redis.Redis, records: Records, reader: Reader, ns: str
) -> None:
    records.publish(described("first"), now_ms=NOW)
    content = described("first").content
    client.set(publications.plan_key(ns, content), b"{}")
    with pytest.raises(PlanError, match="not what its name says"):
        reader.open("shop.risk", version=1)
    client.delete(publications.plan_key(ns, content))
    with pytest.raises(PlanError, match="missing"):
        reader.open("shop.risk", version=1)


def test_a_store_that_does_not_answer_makes_vectors_unavailable_and_never_raises(
    records: Records, ns: str, stack: AnyStack
) -> None:
    records.publish(described("first"), now_ms=NOW)
    with Reader.connect(stack.addresses.store, ns=ns) as reader:
        opened = reader.open("shop.risk", version=1)
        assert opened.read({"card_id": "a"}).status == "stale"
        stack.freeze("valkey")
        try:
            vector = opened.read({"card_id": "a"}, timeout_ms=50)
        finally:
            stack.thaw("valkey")
        assert vector.status == "unavailable"
        assert "Timeout" in vector.reason
        assert set(vector.values) == {None}
        assert opened.read({"card_id": "a"}, timeout_ms=1_000).status == "stale"


def test_a_store_that_was_emptied_is_never_read_with_what_was_remembered_of_it(
    client: redis.Redis, records: Records, reader: Reader, ns: str
) -> None:
    records.publish(described("first"), now_ms=NOW)
    opened = reader.open("shop.risk", version=1)
    stamps = {part.stamp.decode(): NOW for part in ReadFlow(described("first"), ns).parts}
    for stamp, at in stamps.items():
        client.hset(freshness_key(ns), stamp, at)
    client.hset(freshness_key(ns), EPOCH_FIELD, "one")
    assert opened.read({"card_id": "a"}).status == "empty"

    # Within the second for which freshness is remembered: emptied, and in use again but not filled.
    client.delete(freshness_key(ns))
    assert opened.read({"card_id": "a"}).status == "stale"
    client.hset(freshness_key(ns), mapping={EPOCH_FIELD: "two"})
    assert opened.read({"card_id": "a"}).status == "stale"
    for stamp, at in stamps.items():
        client.hset(freshness_key(ns), stamp, at)
    reader.environment.clock = lambda: NOW + 2_000
    assert opened.read({"card_id": "a"}).status == "empty"


def test_a_store_that_came_back_from_a_snapshot_is_never_read_with_what_was_remembered_of_it(
    client: redis.Redis, records: Records, reader: Reader, ns: str
) -> None:
    records.publish(described("first"), now_ms=NOW)
    opened = reader.open("shop.risk", version=1)
    stamps = {part.stamp.decode() for part in ReadFlow(described("first"), ns).parts}
    client.hset(freshness_key(ns), mapping={EPOCH_FIELD: "one", **dict.fromkeys(stamps, str(NOW))})
    assert opened.read({"card_id": "a"}).status == "empty"

    # As a snapshot has them: of the same epoch, and older.
    client.hset(freshness_key(ns), mapping=dict.fromkeys(stamps, NOW - 40_000))
    assert opened.read({"card_id": "a"}).status == "empty", "remembered: nothing came back"
    client.client_kill_filter(_type="normal", skipme=True)
    assert opened.read({"card_id": "a"}).status == "stale"
