"""Asks every part of an environment how it is; a part that does not answer is a fact, not an error."""

import json
import time
import urllib.request
from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import closing
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import urlsplit

import redis
from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, OffsetSpec, ResourceType

from millpond.control.cluster import FlinkCluster
from millpond.control.facts import Facts, FlinkFacts, FlinkJob, KafkaFacts, PartFact, Service, StoreFacts, TopicFact
from millpond.control.settings import Settings
from millpond.control.status import age_ms
from millpond.control.topics import Topic, job_topics
from millpond.materialize.consumer import group_of
from millpond.plan.clock import now_ms
from millpond.plan.deployment import JobRecord
from millpond.plan.errors import DeployError, MillpondError
from millpond.plan.names import dead_letter_topic, journal_topic
from millpond.store import proven, publications
from millpond.store.documents import place_key
from millpond.store.keys import applied_key, counters_key
from millpond.store.nodes import Nodes, everywhere

TIMEOUT: Final = 10.0
LETTERS: Final = 10_000  # the most dead letters whose reasons are read; they are counted all


def examine(settings: Settings, parts: tuple[PartFact, ...] = (), *, since: Facts | None = None) -> Facts:
    """Look at an environment once.

    Args:
        settings: the environment.
        parts: of its local stack, as who runs it sees them.
        since: an earlier look: dead letters that came after it are read.
    """
    silent: dict[Service, tuple[str, str]] = {}
    store = flink = kafka = None
    unknown: frozenset[str] = frozenset()
    try:
        store = _store(settings)
    except redis.RedisError as failure:
        silent["store"] = (_without_secrets(settings.store), str(failure))
    try:
        flink = _flink(FlinkCluster(settings.flink))
    except DeployError as failure:
        silent["flink"] = (settings.flink, failure.what)
    # Jobs that an earlier look found are asked after even when the store has gone since.
    records = store.records if store is not None else since.records if since is not None else {}
    try:
        kafka = _kafka(settings, records, since)
    except KafkaException as failure:
        silent["kafka"] = (settings.kafka, failure.args[0].str())
    try:
        subjects = _subjects(settings.registry)
    except (OSError, HTTPException, ValueError) as failure:
        silent["registry"] = (_without_secrets(settings.registry), str(failure))
    else:
        sources = {record.source.topic for record in records.values()}
        unknown = frozenset(topic for topic in sources if f"{topic}-value" not in subjects)
    return Facts(
        now_ms=now_ms(),
        ns=settings.ns,
        parts=parts,
        silent=silent,
        unknown=unknown,
        flink=flink,
        kafka=kafka,
        store=store,
    )


def _subjects(registry: str) -> frozenset[str]:
    with urllib.request.urlopen(f"{registry.rstrip('/')}/subjects", timeout=TIMEOUT) as answer:
        return frozenset(json.load(answer))


def _without_secrets(url: str) -> str:
    address = urlsplit(url)
    return f"{address.scheme}://{address.netloc.rpartition('@')[2]}"


# --- store ----------------------------------------------------------------------------------------------------------


def _store(settings: Settings) -> StoreFacts:
    ns = settings.ns
    with closing(Nodes.connect(settings.store, timeout_s=TIMEOUT)) as nodes:
        client: Any = nodes.client_of(place_key(ns))
        memories = [one.info("memory") for _, one in nodes.shards()]
        # Of several, one that may drop tiles, else the fullest.
        memory = max(memories, key=lambda one: (one["maxmemory_policy"] != "noeviction", _fullness(one)))
        instants = proven.stamps(nodes, ns)
        records = publications.jobs(client, ns)
        now = now_ms()
        damaged = {}
        for name, content in publications.published(client, settings.ns).items():
            try:
                publications.load_content(client, settings.ns, content)
            except MillpondError as failure:
                damaged[name] = failure.what
        return StoreFacts(
            epoch=proven.epoch(nodes, ns),
            policy=memory["maxmemory_policy"],
            memory=(memory["used_memory"], memory["maxmemory"]),
            records=records,
            applied=everywhere([one.hgetall(applied_key(ns, shard.tag)) for shard, one in nodes.shards()]),
            ages_ms={
                fragment.label: age_ms(settings.ns, fragment, instants, now)
                for record in records.values()
                for fragment in record.living
            },
            counters=_numbers(nodes.client_of(counters_key(ns)).hgetall(counters_key(ns))),
            damaged=damaged,
        )


def _fullness(memory: Mapping[str, Any]) -> float:
    return float(memory["used_memory"] / memory["maxmemory"]) if memory["maxmemory"] else 0.0


def _numbers(raw: Mapping[bytes, bytes]) -> dict[str, int]:
    return {field.decode(): int(number) for field, number in raw.items()}


# --- Flink ----------------------------------------------------------------------------------------------------------


def _flink(cluster: FlinkCluster) -> FlinkFacts:
    overview = cluster.get("/overview")
    return FlinkFacts(
        task_managers=overview["taskmanagers"],
        slots=overview["slots-total"],
        slots_free=overview["slots-available"],
        jobs={job_id: _flink_job(cluster, job_id) for job_id in cluster.jobs()},
    )


def _flink_job(cluster: FlinkCluster, job_id: str) -> FlinkJob:
    job = cluster.get(f"/jobs/{job_id}")
    told = cluster.get(f"/jobs/{job_id}/checkpoints")
    (restarts,) = [*cluster.get(f"/jobs/{job_id}/metrics?get=numRestarts"), None][:1]
    completed = told["latest"]["completed"]
    done = -1 if completed is None else completed["id"]
    failed = [each for each in told["history"] if each["status"] == "FAILED" and each["id"] > done]
    last = told["latest"]["failed"]
    return FlinkJob(
        name=job["name"],
        state=job["state"],
        why=cluster.why_failed(job_id),
        running_since_ms=job["timestamps"]["RUNNING"] if job["state"] == "RUNNING" else None,
        restarts=None if restarts is None else int(restarts["value"]),
        checkpoint_ms=None if completed is None else completed["latest_ack_timestamp"],
        failed_since=len(failed),
        checkpoint_failure=(last.get("failure_message") or "") if last is not None and failed else "",
    )


# --- Kafka ----------------------------------------------------------------------------------------------------------


def _kafka(settings: Settings, records: Mapping[str, JobRecord], since: Facts | None) -> KafkaFacts:
    admin = AdminClient({"bootstrap.servers": settings.kafka, "log_level": 0})
    partitions = {name: len(topic.partitions) for name, topic in admin.list_topics(timeout=TIMEOUT).topics.items()}
    wanted = _wanted(settings, records.values())
    present = {name: partitions[name] for name in wanted if name in partitions}
    ends = _ends(admin, present)
    wrong = _wrong(admin, [topic for topic in wanted.values() if topic.name in present])
    topics = {name: TopicFact(ends=ends.get(name, ()), wrong=wrong.get(name, {})) for name in wanted}
    (group,) = admin.describe_consumer_groups([group_of(settings.ns)], request_timeout=TIMEOUT).values()
    letters = {}
    if since is not None and since.kafka is not None:
        for job in records:
            name = dead_letter_topic(settings.ns, job)
            earlier = since.kafka.topics[name].ends if name in since.kafka.topics else ()
            if name in topics and len(earlier) == len(topics[name].ends):
                letters[job] = _reasons(settings.kafka, name, earlier, topics[name].ends)
    return KafkaFacts(topics=topics, materializers=len(group.result(TIMEOUT).members), letters=letters)


def _wanted(settings: Settings, records: Collection[JobRecord]) -> dict[str, Topic]:
    """Every topic of these jobs as it must be; of sources only that they are there."""
    wanted = {}
    if records:
        # Were its old segments deleted, records would go with them.
        journal = journal_topic(settings.ns)
        wanted[journal] = Topic(name=journal, partitions=1, config={"cleanup.policy": "compact"})
    for job in records:
        wanted[job.source.topic] = Topic(name=job.source.topic, partitions=job.partitions)
        for topic in job_topics(
            settings.ns,
            job.name,
            {fragment: job.view_of(fragment) for fragment in job.living},
            partitions=job.topic_partitions,
            dead_letter_days=settings.dead_letter_days,
        ):
            wanted[topic.name] = topic
    return wanted


def _ends(admin: AdminClient, partitions: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    asked = {TopicPartition(name, p): OffsetSpec.latest() for name, count in partitions.items() for p in range(count)}
    found = {
        (tp.topic, tp.partition): answer for tp, answer in admin.list_offsets(asked, request_timeout=TIMEOUT).items()
    }
    return {
        name: tuple(found[name, p].result(TIMEOUT).offset for p in range(count)) for name, count in partitions.items()
    }


def _wrong(admin: AdminClient, topics: list[Topic]) -> dict[str, dict[str, tuple[str, str]]]:
    resources = {topic.name: ConfigResource(ResourceType.TOPIC, topic.name) for topic in topics if topic.config}
    if not resources:
        return {}
    answers = {
        r.name: answer for r, answer in admin.describe_configs([*resources.values()], request_timeout=TIMEOUT).items()
    }
    wrong = {}
    for topic in topics:
        if topic.name in answers:
            config = {name: entry.value for name, entry in answers[topic.name].result(TIMEOUT).items()}
            wrong[topic.name] = {
                name: (config[name], value)
                for name, value in topic.config.items()
                if sorted(config[name].split(",")) != sorted(value.split(","))
            }
    return wrong


def _reasons(kafka: str, topic: str, earlier: tuple[int, ...], ends: tuple[int, ...]) -> dict[str, int]:
    """Reason -> dead letters between two looks; from the last LETTERS of a partition where there are more."""
    starts = {p: max(low, end - LETTERS) for p, (low, end) in enumerate(zip(earlier, ends, strict=True)) if end > low}
    if not starts:
        return {}
    reasons: Counter[str] = Counter()
    consumer = Consumer(
        {"bootstrap.servers": kafka, "group.id": "millpond-doctor", "enable.auto.commit": False, "log_level": 0}
    )
    try:
        consumer.assign([TopicPartition(topic, p, low) for p, low in starts.items()])
        deadline = time.monotonic() + TIMEOUT
        while starts and time.monotonic() < deadline:
            message = consumer.poll(0.5)
            if message is None or message.error() is not None:
                continue
            partition, offset = message.partition(), message.offset()
            if partition in starts and offset is not None:
                if offset < ends[partition]:
                    headers: Any = dict(message.headers() or ())
                    reasons[headers["millpond.reason"].decode()] += 1
                if offset >= ends[partition] - 1:
                    del starts[partition]
    finally:
        consumer.close()
    return dict(reasons)
