"""Dead letters are compared byte for byte with what was sent."""

from dataclasses import dataclass
from typing import Any

import pytest

from millpond.demo import ledger
from millpond.demo.ledger import DeadLetters, dead_letters, expected_reasons
from millpond.demo.plants import Plant
from millpond.demo.replay import Sent

PLANT = Plant(kind="wrong_magic_byte", after=1, key=b"\xff", headers=(("trace", b"\0\1"), ("empty", b"")), partition=2)
SENT = Sent(plant=PLANT, value=b"\x07abc", partition=2, offset=40)


@dataclass
class FakeMessage:
    """A record of the dead letter topic."""

    key_: bytes | None = PLANT.key
    value_: bytes | None = SENT.value
    trace: bytes = b"\0\1"
    reason: bytes = b"bad_magic"
    offset_: bytes = b"40"

    def key(self) -> bytes | None:
        return self.key_

    def value(self) -> bytes | None:
        return self.value_

    def headers(self) -> list[tuple[str, bytes]]:
        own = {"reason": self.reason, "detail": b"7", "topic": b"lines", "partition": b"2", "offset": self.offset_}
        return [("empty", b""), ("trace", self.trace), *((f"millpond.{name}", text) for name, text in own.items())]


def balance(monkeypatch: pytest.MonkeyPatch, *messages: FakeMessage) -> DeadLetters:
    def read_topic(topics: Any, topic: str) -> list[FakeMessage]:
        return list(messages)

    monkeypatch.setattr(ledger, "read_topic", read_topic)
    return dead_letters(None, "dlq", "lines", [SENT])  # type: ignore[arg-type]


def test_an_untouched_letter_is_right_and_its_copies_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    found = balance(monkeypatch, FakeMessage(), FakeMessage())
    assert (found.reasons, found.faults) == ({"bad_magic": 1}, ())


@pytest.mark.parametrize(
    ("letter", "fault"),
    [
        (FakeMessage(key_=b"\xfe"), "the key came back as"),
        (FakeMessage(key_=None), "the key came back as"),
        (FakeMessage(value_=b"\x07ab"), "the value came back as"),
        (FakeMessage(trace=b""), "the headers came back as"),
        (FakeMessage(reason=b"late"), "was refused as 'late' instead of 'bad_magic'"),
    ],
)
def test_a_touched_letter_is_a_fault(monkeypatch: pytest.MonkeyPatch, letter: FakeMessage, fault: str) -> None:
    (found,) = balance(monkeypatch, letter).faults
    assert fault in found


def test_a_missing_letter_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    assert balance(monkeypatch).faults == ("lines[2]@40, a wrong_magic_byte, was not refused",)


def test_a_refused_good_event_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    found = balance(monkeypatch, FakeMessage(), FakeMessage(offset_=b"41", reason=b"late"))
    assert found.reasons == {"bad_magic": 1, "late": 1}
    assert found.faults == ("lines[2]@41 was refused as 'late', and is a good event",)


def test_reasons_are_expected_from_what_was_planted() -> None:
    assert expected_reasons([PLANT, PLANT]) == {"bad_magic": 2}
