"""A run of the demo that never was: two frauds caught, one missed, one not scored, one false alarm, two that passed."""

from decimal import Decimal
from typing import Final

from examples.fraud.tally import Answer, Clue, Tally, Transfer

CLUES: Final = (Clue(place="device.accounts_7d", words="device: accounts <that> sent with it", value="12"),)
# Pattern of fraud, score, status, latency in ms; an amount of a hundred times the number.
ANSWERS: Final = (
    ("burst", 0.9, "empty", 10),
    ("burst", 0.5, "present", 20),
    ("mule", 0.499, "empty", 30),
    ("mule", None, "behind", 1_000),
    (None, 0.7, "empty", 40),
    (None, 0.0001, "empty", 50),
    (None, None, "stale", 60),
)


def transfer(number: int, pattern: str | None) -> Transfer:
    return Transfer(
        event_id=f"e{number}", at_ms=number * 1_000, sender="a&b", recipient="c",
        amount=Decimal(100 * number), currency="EUR", pattern=pattern,
    )  # fmt: skip


def tally() -> Tally:
    made = Tally(threshold=0.5)
    for number, (pattern, score, status, latency) in enumerate(ANSWERS, start=1):
        sent = transfer(number, pattern)
        made.sent[sent.event_id] = sent
        made.answers[sent.event_id] = Answer(
            transfer=sent, read_ms=sent.at_ms + latency, score=score, status=status,
            reason="" if score is not None else f"not scored: the vector is {status}",
            clues=CLUES if score is not None and score >= 0.5 else (),
        )  # fmt: skip
    return made
