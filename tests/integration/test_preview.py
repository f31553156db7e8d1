"""A source's own topic as the data of a preview: the numbers of the events that were sent, and the refusals told."""

import random
from pathlib import Path
from typing import Final

import msgspec

from millpond.control.settings import Settings
from millpond.control.topics import Topic, Topics
from millpond.offline.events import Events
from millpond.offline.topic import Topics as TopicData
from millpond.offline.vectors import Ask, vectors
from millpond.plan.windows import DAY, HOUR
from tests.integration.cases import LATENESS, PARTITIONS, history, pool, records, schema
from tests.integration.deployed import all_of
from tests.integration.flink_world import Record, produce, register, wire
from tests.unit.offline.given import events as events_of

END: Final = 20_000 * DAY + 12 * HOUR
ASKS: Final = [Ask({"case_id": f"case {case}"}, q) for case in range(6) for q in (END - HOUR, END)]


def test_a_topic_gives_what_was_sent_and_tells_what_it_refuses(settings: Settings, ns: str, tmp_path: Path) -> None:
    draw = random.Random(1)
    topic = f"{ns}.event"
    view = pool(tmp_path).view("cases.of_money")
    view = msgspec.structs.replace(view, source=msgspec.structs.replace(view.source, topic=topic))
    sent = history(draw, 6, END)
    Topics(settings.kafka).create([Topic(name=topic, partitions=PARTITIONS, config={"retention.ms": "-1"})])
    number = register(settings, f"{topic}-value", schema())
    written = records(draw, number, sent)
    first = wire(number, schema(), sent[0] | {"id": "other"})
    written += [
        Record(value=first, partition=0, arrival=sent[0]["at"] + LATENESS + 1),
        Record(value=first[:-1], partition=0, arrival=END),
        Record(value=b"\0\xff\xff\xff\xff" + first[5:], partition=0, arrival=END),
        Record(value=None, partition=0, arrival=END),
    ]
    produce(settings, topic, written)

    with Events() as found, events_of(view.source, sent) as wanted:
        TopicData(settings.kafka, settings.registry).read(found, view.source, sorted(view.fields_read))
        loaded = found.loaded[view.source.name]
        assert dict(loaded.refused) == {"late": 1, "null_value": 1, "truncated": 1, "unknown_schema": 1}
        assert (loaded.records, loaded.events) == (len(written), len(sent))
        got, expected = (vectors(one, all_of(view), [view], ASKS) for one in (found, wanted))
        assert [vector.values for vector in got] == [vector.values for vector in expected]
        assert [vector.statuses for vector in got] == [vector.statuses for vector in expected]
