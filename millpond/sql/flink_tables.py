"""The tables of a job: its source, its dead letters, and a topic of tiles for each fragment."""

from collections.abc import Iterable
from typing import Final

import msgspec

from millpond.plan.deployment import Backfill, Fragment, JobRecord
from millpond.plan.errors import PlanError
from millpond.plan.model import ViewPlan
from millpond.plan.names import TILE_COLUMNS, dead_letter_topic, source_group
from millpond.sql.dialects import FLINK
from millpond.sql.quote import backticked, flink_text

# Sinks are at least once: the store's guard makes writes monotone, so that a repeated row changes nothing.
PRODUCER: Final = {
    "sink.delivery-guarantee": "at-least-once",
    "properties.acks": "all",
    "properties.enable.idempotence": "true",
    # Longer than a broker's restart takes; with 8 s an outage failed the job.
    "properties.delivery.timeout.ms": "120000",
    "properties.linger.ms": "2",
}


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Where a job runs.

    Args:
        ns: the environment's name.
        kafka: bootstrap servers, as Flink reaches them.
        registry: address of the schema registry, as Flink reaches it.
        schema_id: under which the source's own schema is registered there.
        parallelism: of the job.
    """

    ns: str
    kafka: str
    registry: str
    schema_id: int
    parallelism: int


def backfill_name(job: JobRecord) -> str:
    """What a job's backfill is called in Flink."""
    return f"{job.name}.backfill"


def _table(name: str, columns: Iterable[str], options: dict[str, str]) -> str:
    lines = ",\n".join(f"  {column}" for column in columns)
    pairs = ",\n".join(f"  {flink_text(key)} = {flink_text(value)}" for key, value in options.items())
    return f"CREATE TEMPORARY TABLE {backticked(name)} (\n{lines}\n) WITH (\n{pairs}\n)"


def _raw(topic: str, target: Target) -> dict[str, str]:
    return {
        "connector": "kafka",
        "topic": topic,
        "properties.bootstrap.servers": target.kafka,
        "key.format": "raw",
        "key.fields": "key",
        "value.format": "raw",
        "value.fields-include": "EXCEPT_KEY",
    }


def _upsert(topic: str, target: Target) -> dict[str, str]:
    return {
        "connector": "upsert-kafka",
        "topic": topic,
        "properties.bootstrap.servers": target.kafka,
        "key.format": "avro-confluent",
        "key.avro-confluent.url": target.registry,
        "value.format": "avro-confluent",
        "value.avro-confluent.url": target.registry,
        "value.fields-include": "EXCEPT_KEY",
        **PRODUCER,
    }


def _offsets(offsets: tuple[int, ...]) -> str:
    return ";".join(f"partition:{p},offset:{offset}" for p, offset in enumerate(offsets))


def source_table(job: JobRecord, target: Target) -> str:
    """The source, from where the job begins on."""
    return _source(job, target, job.name, {"scan.startup.specific-offsets": _offsets(job.start_offsets)})


def bounded_source_table(job: JobRecord, backfill: Backfill, target: Target) -> str:
    """The part of the topic that a backfill reads; it ends with it."""
    return _source(
        job,
        target,
        backfill_name(job),
        {
            "scan.startup.specific-offsets": _offsets(backfill.start_offsets),
            "scan.bounded.mode": "specific-offsets",
            "scan.bounded.specific-offsets": _offsets(backfill.bound_offsets),
        },
    )


def _source(job: JobRecord, target: Target, reader: str, scan: dict[str, str]) -> str:
    columns = (
        "`key` BYTES",
        "`value` BYTES",
        "`partition` INT METADATA VIRTUAL",
        "`offset` BIGINT METADATA VIRTUAL",
        "`timestamp` TIMESTAMP_LTZ(3) METADATA VIRTUAL",
        "`headers` MAP<STRING, BYTES> METADATA VIRTUAL",
        "`now` AS PROCTIME()",
    )
    options = {
        **_raw(job.source.topic, target),
        "properties.group.id": source_group(target.ns, reader),
        # Of transactions that were aborted nothing has happened.
        "properties.isolation.level": "read_committed",
        "scan.startup.mode": "specific-offsets",
        **scan,
    }
    return _table("source", columns, options)


def dead_letter_table(job: JobRecord, target: Target) -> str:
    """Where refused records go."""
    columns = ("`key` BYTES", "`value` BYTES", "`headers` MAP<STRING, BYTES> METADATA")
    return _table("dead_letters", columns, {**_raw(dead_letter_topic(target.ns, job.name), target), **PRODUCER})


def tile_table(fragment: Fragment, view: ViewPlan, target: Target) -> str:
    """A fragment's topic.

    Raises:
        PlanError: two of its columns have one name.
    """
    keys = [backticked(key.name) for key in view.entity.keys]
    names = [*(key.name for key in view.entity.keys), *TILE_COLUMNS, *(partial.name for partial in view.partials)]
    for name in names:
        if names.count(name) > 1:
            raise PlanError(
                f"two columns of its tiles are called {name!r}",
                where=f"view {view.full_name}",
                mend=f"rename the key column {name!r} of the entity {view.entity.name!r}",
            )
    columns = (
        *(f"{backticked(key.name)} {FLINK.type_name(key.type)}" for key in view.entity.keys),
        "`level` BIGINT",
        "`tile` BIGINT",
        "`n` BIGINT",
        "`first_ts` BIGINT",
        "`last_ts` BIGINT",
        *(f"{backticked(partial.name)} {FLINK.type_name(partial.type)}" for partial in view.partials),
        f"PRIMARY KEY ({', '.join([*keys, '`level`', '`tile`'])}) NOT ENFORCED",
    )
    return _table(fragment.label, columns, _upsert(fragment.topic(target.ns), target))
