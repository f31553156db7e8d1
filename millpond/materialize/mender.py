"""Mends tile topics: a key whose last row was refused gets the better row, the store's, written behind it.

    topic of a key     n=33    n=64    n=33              n=64
    ---------------------------------|-------------------|----> t
                                     refused: a suspect   nothing better came: written again

In a recovery Flink writes thousands of such rows, and the better ones follow within seconds; only what stays is mended.
A row of Flink's that overtakes the mended one makes it a suspect again, so that in the end the best row is the last.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from confluent_kafka import KafkaError, Message, Producer

from millpond.materialize.rows import place_of
from millpond.materialize.tiles import TileTopic
from millpond.store import suspects
from millpond.store.applied import TopicPart
from millpond.store.guard import GuardedWrite
from millpond.store.keys import suspects_key
from millpond.store.scripts import Client
from millpond.store.suspects import Place, Suspect

AFTER_MS: Final = 20_000  # longer than a job takes to catch up with what it had written before it failed
AT_ONCE: Final = 1_000

log = logging.getLogger("millpond.materialize")


class Mender:
    """The suspects among the partitions we own.

    Args:
        kafka: the brokers' addresses.
        client_of: a client of the node that holds a key.
        ns: the environment.
        clock: the wall clock in ms.
    """

    def __init__(self, kafka: str, client_of: Callable[[str], Client], ns: str, clock: Callable[[], int]) -> None:
        self._client_of = client_of
        self._ns = ns
        self._clock = clock
        self._since: dict[Place, tuple[Suspect, int]] = {}
        self._unread: frozenset[TopicPart] | None = None
        self._producer = Producer(
            {"bootstrap.servers": kafka, "acks": "all", "enable.idempotence": True, "linger.ms": 5, "log_level": 2}
        )

    def own(self, parts: Iterable[TopicPart]) -> None:
        """These partitions are ours now, and only these: the store remembers what those before us suspected."""
        self._unread = frozenset(parts)

    def written(
        self, tiles: Mapping[str, TileTopic], writes: Sequence[GuardedWrite], smaller: Mapping[int, list[int]]
    ) -> None:
        """Take note of what became of a batch: rows refused for their smaller n, and rows that came after such.

        Raises:
            RedisError: the store does not answer; the same call may be made again.
        """
        self._learn()
        if not smaller and not self._since:
            return
        now, after = self._clock(), dict(self._since)
        for number, write in enumerate(writes):
            refused = set(smaller.get(number, ()))
            for at, row in enumerate(write.rows):
                if at in refused:
                    suspect = tiles[write.topic].suspect(write, at)
                    after[suspect.place] = (suspect, now)
                elif after:
                    after.pop(place_of(row.origin), None)
        self._change(after)

    def mend(self, tiles: Mapping[str, TileTopic]) -> list[Place]:
        """Write the better row behind every suspect that nothing has followed for AFTER_MS; returns whose was written.

        Raises:
            RedisError: the store does not answer; nothing is lost by trying again.
            MillpondError: the store or the topic holds what the plan does not.
        """
        self._learn()
        self._producer.poll(0)
        now = self._clock()
        old = [suspect for suspect, since in self._since.values() if since <= now - AFTER_MS][:AT_ONCE]
        if not old:
            return []
        after, written = dict(self._since), []
        for suspect in old:
            place, topic = suspect.place, tiles.get(suspect.place.part.topic)
            row = None if topic is None else self._better_row(topic, suspect)
            if row is None:
                del after[place]
                continue
            topic_name, partition = place.part
            self._producer.produce(topic_name, key=place.key, value=row, partition=partition, on_delivery=_tell)
            # It comes back through the topic, in its place among Flink's rows, and clears the suspect then; one that is
            # lost on the way is written again after the same wait.
            after[place] = (suspect, now)
            written.append(place)
        self._change(after)
        if written:
            log.info("%d keys end in a worse row than the store's: the better rows are written again", len(written))
        return written

    def _better_row(self, topic: TileTopic, suspect: Suspect) -> bytes | None:
        with self._client_of(suspect.hash).pipeline(transaction=False) as pipe:
            topic.ask(pipe, suspect)
            found, events = pipe.execute()
        return topic.better_row(suspect, found, events)

    def _learn(self) -> None:
        """Before the first row of a partition is looked at, its suspects are known."""
        if self._unread is None:
            return
        parts, now = self._unread, self._clock()
        known = {suspect.place: suspect for suspect in suspects.read(self._client_of(suspects_key(self._ns)), self._ns)}
        held = {place: (suspect, now) for place, suspect in known.items()} | self._since
        self._since = {place: since for place, since in held.items() if place.part in parts}
        self._unread = None

    def _change(self, after: dict[Place, tuple[Suspect, int]]) -> None:
        added = [suspect for place, (suspect, _) in after.items() if self._since.get(place, (None,))[0] != suspect]
        cleared = self._since.keys() - after.keys()
        if added or cleared:
            suspects.change(self._client_of(suspects_key(self._ns)), self._ns, added=added, cleared=cleared)
        self._since = after


def _tell(error: KafkaError | None, message: Message) -> None:
    if error is not None:
        log.warning("%s: a better row was not written, and will be tried again: %s", message.topic(), error)
