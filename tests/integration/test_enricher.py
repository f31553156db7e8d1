"""Requests over Kafka: each is answered with its vector, in the order of its key, or is a dead letter that says why."""

import random
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from millpond.control.topics import Topic, Topics
from millpond.plan.clock import now_ms
from tests.integration.enriching import World, sale, wait_ms, world
from tests.integration.stacks import AnyStack

HEADERS: list[tuple[str, bytes | None]] = [
    ("traceparent", b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    ("correlation-id", b"\x00\xff"),
    ("twice", b"1"),
    ("twice", b"2"),
    ("nothing", None),
]


@pytest.fixture
def includes(stack: AnyStack, ns: str, tmp_path: Path) -> Iterator[World]:
    with world(stack.addresses, ns, tmp_path, "includes") as made:
        yield made


@pytest.fixture
def excludes(stack: AnyStack, ns: str, tmp_path: Path) -> Iterator[World]:
    with world(stack.addresses, ns, tmp_path, "excludes") as made:
        yield made


@pytest.fixture
def fields(stack: AnyStack, ns: str, tmp_path: Path) -> Iterator[World]:
    with world(stack.addresses, ns, tmp_path, "fields") as made:
        yield made


def test_a_reply_has_the_key_the_headers_and_the_partition_of_its_request(excludes: World) -> None:
    now = now_ms()
    excludes.put(sale(1, now - 1_000, cents=250), sale(2, now - 500, store=7))
    for number in range(9):
        excludes.ask(sale(10 + number, now), key=f"k{number}".encode(), headers=HEADERS, partition=number % 3)
    excludes.ask(sale(20, now), key=None)
    excludes.flush()
    process = excludes.start("--wait-ms", "0")
    replies = excludes.answered(10)
    assert len(replies) == 10
    for reply in replies:
        key = reply.message.key()
        if key is not None:
            assert reply.message.partition() == int(key[1:]) % 3
            assert reply.message.headers() == HEADERS
        assert reply.message.partition() == reply.record["partition"]
    assert len({reply.request for reply in replies}) == 10
    process.leave()


def test_values_and_statuses_are_those_of_the_windows(excludes: World) -> None:
    now = now_ms()
    excludes.put(sale(1, now - 1_000, cents=250), sale(2, now - 500, store=7), sale(3, now - 2 * 3_600_000))
    excludes.ask(sale(10, now, store=7, cents=700))
    excludes.flush()
    excludes.start()
    (reply,) = excludes.answered(1)
    assert reply.record["status"] == "present"
    assert reply.record["reason"] is None
    assert round(reply.record["as_of"].timestamp() * 1000) == now
    assert reply.values == {
        "buyer__visits_1h": 2,
        "buyer__spend_1h": Decimal("3.50"),
        "buyer__stores_1h": [7, 1],
        "at__visits_1h": 1,
        "at__spend_1h": Decimal("1.00"),
        "at__stores_1h": [7],
        "share": 2.0,
    }
    assert set(reply.statuses.values()) == {"present"}
    assert list(reply.values) == list(reply.statuses) == list(reply.values)
    assert "score" not in reply.record


def test_a_set_of_plain_fields_takes_them_from_any_schema_by_name(fields: World) -> None:
    now = now_ms()
    fields.put(sale(1, now - 1_000))
    schema = {
        "type": "record",
        "name": "Question",
        "fields": [
            {"name": "amount", "type": "int"},
            {"name": "ignored", "type": {"type": "array", "items": "string"}},
            {"name": "customer_id", "type": ["null", "string"]},
        ],
    }
    number = fields.register(f"{fields.requests}-other", schema)
    for customer in ("ann", None):
        question = {"amount": 7, "ignored": ["x"], "customer_id": customer}
        fields.ask(fields.wire(question, schema, number))
    fields.flush()
    fields.start()
    known, nobody = fields.answered(2)
    assert known.values["plain__visits_1h"] == 1
    assert known.values["twice"] == Decimal("14.00")
    assert set(nobody.statuses.values()) == {"no_key", "present"}
    assert nobody.record["status"] == "no_key"


# --- its own event, and others that happened -------------------------------------------------------------------------


def test_an_event_that_is_to_count_is_waited_for_and_holds_up_its_own_key_alone(includes: World) -> None:
    includes.start("--wait-ms", "20000")
    now = now_ms()
    first, second, other = sale(10, now), sale(11, now + 1), sale(12, now, customer="bob")
    includes.put(other)
    includes.stamp(-2_000)  # what is later is proven by nobody
    for one, key in ((first, b"ann"), (second, b"ann"), (other, b"bob")):
        includes.ask(one, key=key)
    includes.flush()
    includes.put(second)  # the later one is in first
    (bob,) = [reply for reply in includes.answered(1) if reply.message.key() == b"bob"]
    assert bob.values["buyer__visits_1h"] == 1
    wait_ms(300)
    assert [reply.message.key() for reply in includes.all_replies()] == [b"bob"]
    includes.put(first)
    ann = [reply for reply in includes.answered(3) if reply.message.key() == b"ann"]
    assert [reply.values["buyer__visits_1h"] for reply in ann] == [1, 2]
    assert [reply.record["status"] for reply in ann] == ["present", "present"]


def test_what_does_not_come_in_time_is_behind_and_says_so(includes: World) -> None:
    now = now_ms()
    includes.stamp(-2_000)
    includes.put(sale(1, now - 1_000))
    includes.ask(sale(10, now))
    includes.flush()
    includes.start("--wait-ms", "50")
    (reply,) = includes.answered(1)
    assert reply.record["status"] == "behind"
    assert reply.record["reason"] == "not all that happened was in the store after 50 ms"
    assert set(reply.values.values()) == {None}


def test_an_event_that_no_job_accepts_is_not_waited_for(includes: World) -> None:
    includes.stamp(-2_000)
    includes.ask(sale(10, now_ms() - 25 * 3_600_000))
    includes.flush()
    includes.start("--wait-ms", "600000")
    (reply,) = includes.answered(1)
    assert reply.record["status"] == "behind"
    assert reply.record["reason"] == "no job counts its event: late"


def test_left_out_itself_its_entitys_last_event_must_be_in(excludes: World) -> None:
    excludes.start("--wait-ms", "20000")
    now = now_ms()
    excludes.stamp(-2_000)
    first, second = sale(10, now - 5, cents=300), sale(11, now)
    excludes.ask(first)
    excludes.ask(second)
    excludes.flush()
    (reply,) = excludes.answered(1)
    assert reply.values["buyer__visits_1h"] == 0
    wait_ms(200)
    assert len(excludes.all_replies()) == 1
    excludes.put(second)
    wait_ms(200)
    assert len(excludes.all_replies()) == 1
    excludes.put(first)
    reply = excludes.answered(2)[1]
    assert reply.values["buyer__spend_1h"] == Decimal("3.00")
    assert reply.record["status"] == "present"


def test_whoever_takes_over_knows_what_happened_just_before(excludes: World) -> None:
    excludes.stamp(-2_000)
    now = now_ms()
    first = sale(10, now - 5)
    excludes.ask(first)
    excludes.flush()
    process = excludes.start()
    excludes.answered(1)
    process.leave()
    excludes.stamp(-2_000)
    excludes.ask(sale(11, now))
    excludes.flush()
    excludes.start("--wait-ms", "300")
    reply = excludes.answered(2)[1]
    assert reply.record["status"] == "behind"


# --- what cannot be answered ----------------------------------------------------------------------------------------


def test_what_cannot_be_read_is_a_dead_letter_as_it_came_and_nothing_else_suffers(excludes: World) -> None:
    now = now_ms()
    good = excludes.wire(sale(10, now))
    narrow = {"type": "record", "name": "Sale", "namespace": "shop", "fields": [{"name": "sale_id", "type": "string"}]}
    other = excludes.register(f"{excludes.requests}-narrow", narrow)
    wrong: dict[str, bytes | None] = {
        "null_value": None,
        "bad_magic": b"{}",
        "truncated": good[:-3],
        "undecodable": good + b"\0",
        "unknown_schema": b"\0" + (10**9).to_bytes(4, "big") + good[5:],
        "incompatible": excludes.wire({"sale_id": "x"}, narrow, other),
        "non_finite": excludes.wire(sale(11, now) | {"weight": float("nan")}),
        "oversize": good + bytes(100_000),
    }
    for reason, value in wrong.items():
        excludes.ask(value, key=reason.encode(), headers=HEADERS)
        excludes.ask(good, key=b"good")
    excludes.flush()
    excludes.start("--largest", "100000", "--wait-ms", "0")
    letters = excludes.buried(len(wrong))
    found = {dict(letter.headers() or [])["millpond.reason"].decode(): letter for letter in letters}  # type: ignore[union-attr]
    assert found.keys() == wrong.keys()
    for reason, letter in found.items():
        headers: list[Any] = list(letter.headers() or [])
        assert letter.key() == reason.encode()
        assert letter.value() == wrong[reason]
        assert headers[: len(HEADERS)] == HEADERS
        assert dict(headers[len(HEADERS) :])["millpond.topic"] == excludes.requests.encode()
    assert len(excludes.answered(len(wrong))) == len(wrong)


def test_requests_of_wrong_types_or_without_their_fields_are_dead_letters(fields: World) -> None:
    def asks(name: str, kind: Any, value: Any) -> None:
        schema = {"type": "record", "name": "Q", "fields": [{"name": "customer_id", "type": kind}]}
        schema["fields"] += [{"name": name, "type": "int"}] if name != "customer_id" else []  # type: ignore[operator]
        number = fields.register(f"{fields.requests}-{name}-{kind}", schema)
        fields.ask(fields.wire({"customer_id": value, name: 1} | {"customer_id": value}, schema, number))

    asks("amount", "int", 7)  # a key of another type
    asks("price", "string", "ann")  # no amount
    asks("amount", "string", "a1:{shop.customers}\r\nFLUSHALL\r\n%00")  # a key is no command
    fields.flush()
    fields.start()
    letters = fields.buried(2)
    details = [dict(letter.headers() or [])["millpond.detail"].decode() for letter in letters]  # type: ignore[union-attr]
    assert all(dict(letter.headers() or [])["millpond.reason"] == b"bad_request" for letter in letters)
    assert any("is not text" in detail for detail in details)
    assert any("no field 'amount'" in detail for detail in details)
    (reply,) = fields.answered(1)
    assert reply.values["plain__visits_1h"] == 0


def test_a_request_too_large_to_be_copied_names_its_place(excludes: World) -> None:
    value = b"\1" + random.Random(1).randbytes(900_000)
    small = Topic(name=f"{excludes.ns}.small", partitions=1, config={"max.message.bytes": "200000"})
    Topics(excludes.addresses.kafka).create([small])
    excludes.dead_letters = small.name
    excludes.ask(value)
    excludes.ask(b"\1small")
    excludes.flush()
    excludes.start("--dead-letters", small.name)
    letters = sorted(excludes.buried(2), key=lambda letter: letter.value() is not None)
    assert [letter.value() for letter in letters] == [None, b"\1small"]
    headers: list[dict[str, Any]] = [dict(letter.headers() or []) for letter in letters]
    assert [one["millpond.reason"] for one in headers] == [b"bad_magic"] * 2
    assert headers[0]["millpond.offset"] == b"0"
    assert headers[0]["millpond.detail"].startswith(b"900001 bytes, not copied")


# --- models ---------------------------------------------------------------------------------------------------------

MODEL = """
def score(vectors):
    return [float(vector["buyer.spend_1h"]) / 8 for vector in vectors]
"""


def test_a_model_scores_what_is_whole_and_says_what_is_not(excludes: World) -> None:
    (excludes.folder / "project").mkdir()
    (excludes.folder / "project" / "scoring.py").write_text(MODEL, "utf-8")
    now = now_ms()
    excludes.stamp(-2_000)
    excludes.put(sale(1, now - 1_000, cents=400))
    excludes.ask(sale(10, now - 5), key=b"a")
    excludes.ask(sale(11, now), key=b"b")
    excludes.flush()
    model = ("--model", "scoring:score", "--model-takes", "vectors", "--wait-ms", "50")
    process = excludes.start(*model, "--degraded", "default", "--default-score", "0.25")
    replies = {reply.message.key(): reply.record for reply in excludes.answered(2)}
    assert (replies[b"a"]["score"], replies[b"a"]["degraded"], replies[b"a"]["reason"]) == (0.5, False, None)
    assert (replies[b"b"]["score"], replies[b"b"]["degraded"], replies[b"b"]["status"]) == (0.25, True, "behind")
    assert replies[b"b"]["reason"].endswith("the default score: the vector is behind")
    process.leave()


def test_what_cannot_run_says_why_and_how_to_mend_it(excludes: World) -> None:
    for options, says in (
        (("--model", "math:fsum"), "buyer.stores_1h is list(int), which is no number"),
        (("--model", "nowhere:score"), "its folder must be on PYTHONPATH"),
        (("--model", "math:fsum", "--degraded", "default"), "give both --degraded default and --default-score"),
        (("--version", "7"), "shop.excludes"),
    ):
        process = excludes.start(*options)
        assert process.popen.wait(30) == 2
        assert process.said("error: ") and process.said("mend: ")
        assert process.said(says), process.log.read_text()
