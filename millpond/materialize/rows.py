"""Rows of a topic that Flink writes: Avro keys and values read as plain values."""

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any, TypeAlias, TypeVar

from confluent_kafka import Message
from fastavro import schemaless_reader

from millpond.materialize.retry import Stopped
from millpond.materialize.schemas import WriterSchemas
from millpond.plan.errors import MillpondError

Record: TypeAlias = "Message[bytes, bytes]"
Row = dict[str, Any]
_T = TypeVar("_T")


def read_rows(schemas: WriterSchemas, payloads: Sequence[bytes | None]) -> list[Row]:
    """One row a payload; raises in as many ways as bytes can be wrong (see `naming_the_record`)."""
    of = schemas.of
    rows: list[Any] = []
    for payload in payloads:
        stream = BytesIO(payload or b"")
        rows.append(schemaless_reader(stream, of(stream.read(5)), None))
        if stream.read(1):
            raise ValueError("bytes are left over")
    return rows


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
