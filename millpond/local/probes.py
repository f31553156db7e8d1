"""Looks at a running part once: None when it serves, else why not yet."""

import json
import socket
from collections.abc import Callable
from http.client import HTTPException
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

import psutil

from millpond.local.ports import is_listening

TIMEOUT_S = 3.0
# Loopback addresses must not go through a proxy of the user's environment.
_opener = build_opener(ProxyHandler({}))


def process(pid: int, probe: Callable[[int], str | None] | None, since_ms: int) -> str | None:
    """None when a process is not frozen and its probe, if it has one, is content.

    A program of our own answers nobody; and of a frozen TaskManager its probe hears 10 s later only.
    """
    try:
        if psutil.Process(pid).status() == psutil.STATUS_STOPPED:
            return "frozen by a signal"
    except psutil.NoSuchProcess:
        return "does not run"
    return None if probe is None else probe(since_ms)


def kafka(bootstrap: str, _since_ms: int) -> str | None:
    """Ready when the broker answers a metadata request and knows its controller."""
    # Librdkafka logs and backs off when refused; asking for a mere connection first is quiet and quick.
    if not is_listening(int(bootstrap.rpartition(":")[2])):
        return "not listening"
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    try:
        metadata = admin.list_topics(timeout=TIMEOUT_S)
    except KafkaException as error:
        return f"no metadata: {error.args[0].name()}"
    return None if metadata.brokers and metadata.controller_id >= 0 else "no controller"


def registry(url: str, _since_ms: int) -> str | None:
    """Ready when it lists its subjects."""
    subjects = _get(f"{url}/subjects")
    return None if isinstance(subjects, list) else str(subjects)


def job_manager(url: str, _since_ms: int) -> str | None:
    """Ready when it answers over REST."""
    overview = _get(f"{url}/overview")
    return None if isinstance(overview, dict) else str(overview)


def task_manager(url: str, data_port: int, since_ms: int) -> str | None:
    """Ready when the JobManager has heard, since it was started, of the one that exchanges data on `data_port`.

    For some 10 s the JobManager goes on listing one that was killed: its slots alone say nothing of its successor.
    """
    answer = _get(f"{url}/taskmanagers")
    if not isinstance(answer, dict):
        return "JobManager not ready"
    # The field is named as a span and holds an instant, in milliseconds since the epoch.
    heard = [
        each
        for each in answer["taskmanagers"]
        if each["dataPort"] == data_port and each["timeSinceLastHeartbeat"] >= since_ms
    ]
    return None if any(each["slotsNumber"] >= 1 for each in heard) else "no slots registered"


def valkey(url: str, _since_ms: int) -> str | None:
    """Ready when it answers PING."""
    address = urlsplit(url)
    assert address.hostname is not None and address.port is not None, url
    return _said(address.hostname, address.port, b"PING\r\n", b"+PONG")


def zookeeper(address: str, _since_ms: int) -> str | None:
    """Ready when it says which version serves."""
    host, _, port = address.rpartition(":")
    return _said(host, int(port), b"srvr", b"Zookeeper version")


def _said(host: str, port: int, question: bytes, wanted: bytes) -> str | None:
    """None when the answer begins as it should, else what came instead."""
    try:
        with socket.create_connection((host, port), TIMEOUT_S) as connection:
            connection.sendall(question)
            answer = connection.recv(64)
    except OSError as error:
        return str(error)
    return None if answer.startswith(wanted) else f"answered {answer!r}"


def _get(url: str) -> object:
    """The JSON answered, or, as a string, why there is none."""
    try:
        with _opener.open(url, timeout=TIMEOUT_S) as answer:
            found: object = json.load(answer)
            return found
    except (OSError, HTTPException, ValueError) as error:  # it may die in the middle of its answer
        return str(getattr(error, "reason", error))
