"""One deployment at a time: whoever changes what runs is the only member of a consumer group meanwhile.

Kafka ends the membership of a process that was killed, some seconds later, so that nothing is left locked.
"""

import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, MemberDescription

from millpond.control.lifecycle import Say
from millpond.control.settings import Settings
from millpond.control.topics import Topics, journal
from millpond.plan.errors import DeployError

SESSION_MS: Final = 6_000  # brokers take no less by default
WAIT_S: Final = 3 * SESSION_MS / 1000
JOIN_S: Final = 30.0
ASK_S: Final = 15.0
POLL_S: Final = 0.1

# The broker that knows the group has just begun to, or has handed it on.
_PASSING: Final = frozenset(
    {
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.NOT_COORDINATOR,
    }
)


@contextmanager
def turn(settings: Settings, say: Say) -> Iterator[None]:
    """Be the only one who changes what runs; waits a little for another, who may have been killed.

    Raises:
        DeployError: another deployment is under way, or Kafka does not answer.
    """
    topic = journal(settings.ns)
    Topics(settings.kafka).create([topic])
    admin = AdminClient({"bootstrap.servers": settings.kafka, "log_level": 0})
    group = f"{topic.name}.deploying"
    own = f"process {os.getpid()} on {socket.gethostname()}, {uuid.uuid4().hex[:8]}"
    _wait_alone(admin, group, say)
    consumer = Consumer(
        {
            "bootstrap.servers": settings.kafka,
            "group.id": group,
            "client.id": own,
            "session.timeout.ms": SESSION_MS,
            "heartbeat.interval.ms": SESSION_MS // 4,
            "enable.auto.commit": False,
            "log_level": 0,
        }
    )
    joined, over = threading.Event(), threading.Event()

    def on_assign(member: Consumer, _parts: list[TopicPartition]) -> None:
        member.assign([])  # the membership is all that is wanted
        joined.set()

    def stay() -> None:
        while not over.is_set():
            consumer.poll(POLL_S)

    consumer.subscribe([topic.name], on_assign=on_assign)
    member = threading.Thread(target=stay, name="turn", daemon=True)
    member.start()
    try:
        settled = joined.wait(JOIN_S)
        # Of two that come at once each sees the other and gives way; who was alone when it looked goes on.
        others = _others(admin, group, own)
        if others:
            raise _is_under_way(group, others)
        if not settled:
            raise DeployError(
                f"Kafka did not say within {JOIN_S:.0f} s that this is the only deployment",
                where=group,
                mend="see `millpond doctor`, then run the same command again",
            )
        yield
    finally:
        over.set()
        member.join()
        consumer.close()


def _wait_alone(admin: AdminClient, group: str, say: Say) -> None:
    deadline = time.monotonic() + WAIT_S
    told = False
    while others := _others(admin, group, ""):
        if time.monotonic() > deadline:
            raise _is_under_way(group, others)
        if not told:
            say(f"waiting for another deployment to end: {_named(others)}")
            told = True
        time.sleep(POLL_S)


def _others(admin: AdminClient, group: str, own: str) -> list[MemberDescription]:
    deadline = time.monotonic() + ASK_S
    while True:
        (asked,) = admin.describe_consumer_groups([group], request_timeout=ASK_S).values()
        try:
            return [member for member in asked.result(ASK_S).members if member.client_id != own]
        except (KafkaException, TimeoutError) as failure:
            code = failure.args[0].code() if isinstance(failure, KafkaException) else None
            if code == KafkaError.GROUP_ID_NOT_FOUND:
                return []
            if code not in _PASSING or time.monotonic() > deadline:
                raise DeployError(
                    f"Kafka does not say who else deploys: {failure}",
                    where=group,
                    mend="see `millpond doctor`, then run the same command again",
                ) from failure
        time.sleep(POLL_S)


def _is_under_way(where: str, others: list[MemberDescription]) -> DeployError:
    return DeployError(
        f"another deployment is under way: {_named(others)}",
        where=where,
        mend="wait until it has ended, or stop it and run the same command again: it goes on from what is recorded",
    )


def _named(others: list[MemberDescription]) -> str:
    return " and ".join(
        sorted(f"{member.client_id.partition(',')[0]} at {member.host.strip('/')}" for member in others)
    )
