"""Records of a topic that Flink writes, and the one among them that cannot be read."""

from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar

from confluent_kafka import Message

from millpond.materialize.retry import Stopped
from millpond.plan.errors import MillpondError
from millpond.store.applied import TopicPart
from millpond.store.suspects import Place

Record: TypeAlias = "Message[bytes, bytes]"
_T = TypeVar("_T")


def place_of(record: Record) -> Place:
    """Where a record stands: its topic, partition and key."""
    return Place(TopicPart(record.topic() or "", record.partition() or 0), record.key() or b"")


def naming_the_record(work: Callable[[Sequence[Record]], _T], records: Sequence[Record]) -> _T:
    """`work(records)`, or an error that names the record it failed for.

    A record that cannot be read stops the materializer: passed over, it would leave a wrong number nobody knows of.

    Raises:
        MillpondError: a record is not what its topic holds.
        Stopped: the process is to stop.
    """
    try:
        return work(records)
    except Stopped:
        raise
    except Exception as cause:
        if len(records) > 1:
            for record in records:
                naming_the_record(work, [record])
            raise
        (record,) = records
        raise MillpondError(
            f"the record cannot be read: {cause if isinstance(cause, MillpondError) else repr(cause)}",
            where=f"{record.topic()}[{record.partition()}] at offset {record.offset()}",
            mend="find what wrote it (only the job may), then deploy the fragment as a new generation",
        ) from cause
