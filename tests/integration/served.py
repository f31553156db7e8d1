"""A published set with tiles and stamps in a store, as a pipeline leaves them, and readers of either kind."""

import asyncio
import contextvars
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from types import TracebackType
from typing import Any, Final, Self

from millpond.plan.clock import now_ms
from millpond.plan.deployment import Publication
from millpond.plan.windows import HOUR, MINUTE
from millpond.serve import AsyncOpenSet, AsyncReader, OpenSet, Reader, Vector
from millpond.serve.flow import ReadFlow
from millpond.store import documents
from millpond.store.keys import EPOCH_FIELD, SLOTS_FIELD, freshness_key
from millpond.store.publications import Release, publication_change
from millpond.store.shards import WHOLE, Shard
from tests.unit.serve.sample import Event, publication, strip

SET: Final = "shop.risk"
KINDS: Final = ("sync", "async", "sync_cached", "async_cached")


def publish(client: Any, ns: str, published: Publication | None = None, *, begin: int = 0) -> None:
    """Publish a set, as a materializer copies it from the journal."""
    published = published or publication()
    release = Release(content=published.content, at_ms=now_ms(), action="publish")
    documents.restore(client, ns, publication_change(ns, published, [], release), end=begin + 1)


def stamp(client: Any, ns: str, at: int, shard: Shard = WHOLE) -> None:
    """Everything was seen up to date at an instant."""
    stamps = {part.stamp.decode(): str(at) for part in ReadFlow(publication(), ns).parts}
    placed = {SLOTS_FIELD: shard.slots} if shard.slots else {}
    client.hset(freshness_key(ns, shard.tag), mapping={EPOCH_FIELD: "one", **placed, **stamps})


def put(client: Any, ns: str, card: str, events: Sequence[Event]) -> None:
    """The tiles of a card's events."""
    flow = ReadFlow(publication(), ns)
    for part, key in zip(flow.parts, flow.keys({"card_id": card}), strict=True):
        assert key is not None, "the card is given"
        held = strip(events, part.size, part.slots)
        if held is not None:
            client.set(key, held)


def spent(now: int, *amounts: str) -> list[Event]:
    """Events of the last hour, a minute apart."""
    return [(now - (at + 1) * MINUTE, Decimal(amount)) for at, amount in enumerate(amounts)]


def present(vector: Vector, *amounts: str) -> bool:
    """Whether a vector tells of the last hour what was spent in it."""
    assert vector.status in ("present", "empty"), (vector.status, vector.reason)
    found = {name: vector[f"card.{name}_1h"] for name in ("count", "sum")}
    return found == {"count": len(amounts), "sum": sum(map(Decimal, amounts), Decimal(0))}


class AnySet:
    """An open set of either kind."""

    def __init__(self, reader: "AnyReader", opened: OpenSet | AsyncOpenSet) -> None:
        self._reader = reader
        self.opened = opened

    @property
    def description(self) -> str:
        """Of the plan that is served now."""
        return self.opened.publication.plan.description

    def read(self, card: object, **options: Any) -> Vector:
        """One vector."""
        return self.many([card], **options)[0]

    def many(self, cards: Sequence[object], **options: Any) -> list[Vector]:
        """A vector a card."""
        return self.of([{"card_id": card} for card in cards], **options)

    def of(self, requests: Sequence[Mapping[str, object]], **options: Any) -> list[Vector]:
        """A vector a request."""
        if isinstance(self.opened, OpenSet):
            return self.opened.read_many(requests, **options)
        return self._reader.runner.run(self.opened.read_many(requests, **options), context=contextvars.copy_context())


class AnyReader:
    """A Reader, or an AsyncReader on a loop of its own: one interface to both."""

    def __init__(self, kind: str, url: str, **options: Any) -> None:
        self.runner = asyncio.Runner()
        connect = Reader.connect if kind.startswith("sync") else AsyncReader.connect
        self.reader: Reader | AsyncReader = connect(
            url, cache_bytes=1_000_000 if kind.endswith("cached") else 0, **options
        )

    def open(self, name: str = SET, *, version: int = 1) -> AnySet:
        """A published set."""
        if isinstance(self.reader, Reader):
            return AnySet(self, self.reader.open(name, version=version))
        return AnySet(self, self.runner.run(self.reader.open(name, version=version)))

    def clock(self, clock: Callable[[], int]) -> None:
        """Read at another time."""
        self.reader.environment.clock = clock

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(self.reader, Reader):
            self.reader.close()
        else:
            self.runner.run(self.reader.close())
        self.runner.close()


NOW: Final = 1_800_000_000_000 // HOUR * HOUR + 30 * MINUTE
