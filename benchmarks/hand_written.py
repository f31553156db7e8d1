"""What somebody who knows Flink would write by hand instead: the same aggregates as plain SQL.

Events are read by Flink's own Avro format, so there are no rules of acceptance and no dead letters.
Copies are dropped by a running count, as in our jobs: the usual ROW_NUMBER() = 1 takes rows back under mini-batch and
ran at less than half the speed. Then one GROUP BY for each of the three entities and each of the three tile sizes,
each into its own compacted topic through the same connector with the same delivery, mini-batches and state backend.
"""

from typing import Final

from benchmarks.world import PARTITIONS
from millpond.control.settings import Settings
from millpond.control.topics import Topic
from millpond.sql.flink import CONFIG
from millpond.sql.flink_tables import PRODUCER
from millpond.sql.job_sql import JobSql
from millpond.sql.quote import flink_text

ENTITIES: Final = ("card", "merchant", "device")
SIZES: Final = {"15s": 15_000, "1h": 3_600_000, "1d": 86_400_000}

_EVENTS: Final = """\
CREATE TEMPORARY VIEW events AS
SELECT card_id, merchant_id, device_id, made_at, amount, channel
FROM (
  SELECT *, COUNT(*) OVER (
    PARTITION BY event_id, made_at ORDER BY proc ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS copy
  FROM payments
)
WHERE copy = 1"""


def topics(ns: str) -> list[Topic]:
    """The topics it writes."""
    config = {"cleanup.policy": "compact,delete"}
    return [Topic(name=_topic(ns, e, s), partitions=PARTITIONS, config=config) for e in ENTITIES for s in SIZES]


def job(settings: Settings, source: str, *, state_ttl_ms: int) -> JobSql:
    """The job.

    Args:
        source: the topic of payments.
        state_ttl_ms: how long an idle tile is kept.
    """
    return JobSql(
        name=f"hand-written.{settings.ns}",
        config={
            **CONFIG,
            "pipeline.name": f"hand-written.{settings.ns}",
            "parallelism.default": str(settings.parallelism),
            "table.exec.state.ttl": f"{state_ttl_ms} ms",
        },
        statements=(
            _payments(settings, source),
            _EVENTS,
            *(_sink(settings, entity, size) for entity in ENTITIES for size in SIZES),
        ),
        inserts=tuple(_insert(entity, size) for entity in ENTITIES for size in SIZES),
    )


def _topic(ns: str, entity: str, size: str) -> str:
    return f"by-hand.{ns}.{entity}-{size}"


def _with(options: dict[str, str]) -> str:
    return "WITH (\n" + ",\n".join(f"  {flink_text(k)} = {flink_text(v)}" for k, v in options.items()) + "\n)"


def _payments(settings: Settings, source: str) -> str:
    options = {
        "connector": "kafka",
        "topic": source,
        "properties.bootstrap.servers": settings.kafka,
        "properties.group.id": f"by-hand.{settings.ns}",
        "scan.startup.mode": "earliest-offset",
        "format": "avro-confluent",
        "avro-confluent.url": settings.registry,
    }
    return f"""\
CREATE TEMPORARY TABLE payments (
  event_id STRING NOT NULL,
  made_at BIGINT NOT NULL,
  card_id STRING NOT NULL,
  merchant_id STRING NOT NULL,
  device_id STRING NOT NULL,
  amount DECIMAL(12, 2) NOT NULL,
  channel STRING NOT NULL,
  proc AS PROCTIME()
) {_with(options)}"""


def _sink(settings: Settings, entity: str, size: str) -> str:
    options = {
        "connector": "upsert-kafka",
        "topic": _topic(settings.ns, entity, size),
        "properties.bootstrap.servers": settings.kafka,
        "key.format": "avro-confluent",
        "key.avro-confluent.url": settings.registry,
        "value.format": "avro-confluent",
        "value.avro-confluent.url": settings.registry,
        "value.fields-include": "EXCEPT_KEY",
        **PRODUCER,
    }
    return f"""\
CREATE TEMPORARY TABLE {entity}_{size} (
  {entity}_id STRING,
  tile BIGINT,
  n BIGINT,
  first_ts BIGINT,
  last_ts BIGINT,
  volume DECIMAL(22, 2),
  amounts BIGINT,
  least DECIMAL(12, 2),
  most DECIMAL(12, 2),
  by_web BIGINT,
  PRIMARY KEY ({entity}_id, tile) NOT ENFORCED
) {_with(options)}"""


def _insert(entity: str, size: str) -> str:
    tile = f"made_at / {SIZES[size]}"
    return f"""\
INSERT INTO {entity}_{size}
SELECT {entity}_id, {tile}, COUNT(*), MIN(made_at), MAX(made_at),
  CAST(SUM(amount) AS DECIMAL(22, 2)), COUNT(amount), MIN(amount), MAX(amount),
  COUNT(*) FILTER (WHERE channel = 'WEB')
FROM events
GROUP BY {entity}_id, {tile}"""  # noqa: S608 - names of our own
