"""The events of some entities as a source's topic holds them now, each with its place: what jobs had to count from."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from millpond.algebra.evaluate import Event, Value, evaluator
from millpond.materialize.decode import Decoded, Decoder
from millpond.materialize.to_the_end import records
from millpond.offline.topic import SILENCE_S, schemas_of
from millpond.plan.deployment import JobRecord
from millpond.plan.model import SourcePlan, ViewPlan
from millpond.sql.flink import LAST_INSTANT

GROUP: Final = "millpond-explain"
Key = tuple[Value | None, ...]
ViewId = tuple[str, int, str]


class Place(NamedTuple):
    """Where a record is, and when it came in (ms): records order by it as they arrived."""

    arrival: int
    partition: int
    offset: int


@dataclass(eq=False, slots=True)
class Arrived:
    """An accepted event.

    Attributes:
        place: of its first copy.
        ts: its time, ms.
        id: None where events have none.
        event: its values by path.
        copies: the places of its other copies.
        copies_differ: a copy says something else.
    """

    place: Place
    ts: int
    id: Value | None
    event: Event
    copies: list[Place] = field(default_factory=list)
    copies_differ: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """The entities of a view whose events are wanted."""

    view: ViewPlan
    keys: set[Key]


def id_of(view: ViewPlan) -> ViewId:
    """What tells views apart by what they mean."""
    return view.full_name, view.version, view.meaning


class Record(NamedTuple):
    """A record of a topic, decoded."""

    place: Place
    decoded: Decoded


def refusal(source: SourcePlan, record: Record) -> str | None:
    """Why a record does not count, by the rules of a job that depend on it alone; None: it counts (sql/flink.py)."""
    found = record.decoded
    if isinstance(found, str):
        return found
    ts, arrival = found[source.event_time], record.place.arrival
    if ts is None:
        return "null_event_time"
    if source.event_id is not None and found[source.event_id] is None:
        return "null_event_id"
    if not 0 <= ts <= LAST_INSTANT:
        return "event_time_out_of_range"
    if arrival - ts > source.lateness_ms:
        return "late"
    return "future" if ts - arrival > source.skew_ms else None


def came_in_since(source: SourcePlan, since_ms: int) -> int:
    """No accepted event of an instant or later came in before this one (ms)."""
    return max(since_ms - source.skew_ms, 0)


def first_copies(source: SourcePlan, held: Iterable[Record]) -> list[Arrived]:
    """The accepted events, once each: of copies (one id, one time) the one that came in first."""
    events: list[Arrived] = []
    known: dict[tuple[Value, int], Arrived] = {}
    for place, found in sorted(
        (record for record in held if refusal(source, record) is None), key=lambda record: record.place
    ):
        assert not isinstance(found, str), "it was accepted"
        ts = found[source.event_time]
        event_id = None if source.event_id is None else found[source.event_id]
        earlier = None if event_id is None else known.get((event_id, ts))
        if earlier is not None:
            earlier.copies.append(place)
            earlier.copies_differ |= earlier.event != found
            continue
        event = Arrived(place, ts, event_id, found)
        events.append(event)
        if event_id is not None:
            known[event_id, ts] = event
    return events


def is_counted_by(job: JobRecord, event: Arrived) -> bool:
    """Whether a job, or its backfill, was there to read an event: neither counts what is the other's to count."""
    return any(_is_read_by(job, event.ts, place) for place in (event.place, *event.copies))


def _is_read_by(job: JobRecord, ts: int, place: Place) -> bool:
    _, partition, offset = place
    if job.backfill is None or ts >= job.start_ts:
        return offset >= _at(job.start_offsets, partition)
    return _at(job.backfill.start_offsets, partition) <= offset < _at(job.backfill.bound_offsets, partition)


def _at(offsets: tuple[int, ...], partition: int) -> int:
    """0 for a partition that came later, which nobody has read before."""
    return offsets[partition] if partition < len(offsets) else 0


class Arrivals:
    """Reads the events of entities from topics.

    Args:
        kafka: bootstrap servers.
        registry: the schema registry's Confluent-compatible API.

    Attributes:
        unread: how many records could not be decoded, by topic and reason: nobody knows whose they are.
    """

    def __init__(self, kafka: str, registry: str) -> None:
        self._kafka = kafka
        self._registry = registry
        self.unread: Counter[tuple[str, str]] = Counter()

    def of(
        self, source: SourcePlan, wanted: Sequence[Wanted], since_ms: int | None
    ) -> dict[tuple[ViewId, Key], list[Arrived]]:
        """The events of each wanted entity, in the order in which they came in.

        Args:
            wanted: of views over that source.
            since_ms: no event before that instant (ms) is asked for; None for all there are.

        Raises:
            MillpondError: the broker or the registry does not answer, or a schema cannot be read.
        """
        paths = {path for one in wanted for path in one.view.fields_read}
        paths |= {source.event_time} | ({source.event_id} if source.event_id is not None else set())
        since = None if since_ms is None else came_in_since(source, since_ms)
        with schemas_of(self._registry) as fetch:
            held = self._decoded(source, Decoder(source, sorted(paths), fetch), since)
            events = first_copies(source, _of_keys(held, wanted))
        return by_entity(events, wanted)

    def _decoded(self, source: SourcePlan, decoder: Decoder, since: int | None) -> Iterator[Record]:
        for message in records(self._kafka, source.topic, group=GROUP, silence_s=SILENCE_S, since_ms=since):
            place = Place(message.timestamp()[1], _told(message.partition()), _told(message.offset()))
            decoded = decoder.decode(message.value())
            if isinstance(decoded, str):
                self.unread[source.topic, decoded] += 1
            yield Record(place, decoded)


def _told(number: int | None) -> int:
    assert number is not None, "a record that was read has its place"
    return number


def by_entity(events: Iterable[Arrived], wanted: Sequence[Wanted]) -> dict[tuple[ViewId, Key], list[Arrived]]:
    """Events by the entities whose they are."""
    found: dict[tuple[ViewId, Key], list[Arrived]] = {(id_of(one.view), key): [] for one in wanted for key in one.keys}
    keys = [(id_of(one.view), _key_of(one.view)) for one in wanted]
    for event in events:
        for view, key_of in keys:
            mine = found.get((view, key_of(event.event)))
            if mine is not None:
                mine.append(event)
    return found


def _key_of(view: ViewPlan) -> Callable[[Event], Key]:
    by = [evaluator(tree) for tree in view.by]
    return lambda event: tuple(of(event) for of in by)


def _of_keys(held: Iterable[Record], wanted: Sequence[Wanted]) -> Iterator[Record]:
    """The records of entities that are asked about: others need not be kept."""
    asked = [(_key_of(one.view), one.keys) for one in wanted]
    for record in held:
        found = record.decoded
        if not isinstance(found, str) and any(key_of(found) in keys for key_of, keys in asked):
            yield record
