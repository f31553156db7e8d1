"""What became of the transfers: which were scored, which frauds were caught, and how long it took."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Literal

from millpond.demo.probe import percentile

Verdict = Literal["caught", "missed", "false alarm", "passed"]
VERDICTS: Final[tuple[Verdict, ...]] = ("caught", "missed", "false alarm", "passed")
RECENT_MS: Final = 5_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Clue:
    """What speaks for a fraud in a vector.

    Attributes:
        place: its name in the vector.
        words: what it is.
        value: as people read it.
    """

    place: str
    words: str
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Transfer:
    """A transfer that was sent; `at_ms` after the beginning, and `pattern` is the truth, which no model is told."""

    event_id: str
    at_ms: int
    sender: str
    recipient: str
    amount: Decimal
    currency: str
    pattern: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """The first reply to a transfer.

    Attributes:
        read_ms: when it was read from the topic, after the beginning.
        score: None where the vector was not whole, or the model failed.
        status: of the vector.
        reason: why something is not to be used; empty where all is.
        clues: the strongest first; of alarms only.
    """

    transfer: Transfer
    read_ms: int
    score: float | None
    status: str
    reason: str = ""
    clues: tuple[Clue, ...] = ()

    @property
    def latency_ms(self) -> int:
        """From the transfer to its score in the hands of a reader."""
        return self.read_ms - self.transfer.at_ms


@dataclass(kw_only=True)
class Tally:
    """What was sent, and what was answered, by event id.

    Attributes:
        threshold: a score of at least this is an alarm.
        again: replies to what was answered before.
        strange: replies to what was never sent.
    """

    threshold: float
    sent: dict[str, Transfer] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    again: int = 0
    strange: int = 0

    def verdict(self, answer: Answer) -> Verdict:
        """What the alarm, or that there is none, comes to. No score is no alarm."""
        if self.is_alarm(answer.score):
            return "false alarm" if answer.transfer.pattern is None else "caught"
        return "passed" if answer.transfer.pattern is None else "missed"

    def is_alarm(self, score: float | None) -> bool:
        """Whether a transfer of that score is to be stopped."""
        return score is not None and score >= self.threshold

    def of(self, *verdicts: Verdict) -> list[Answer]:
        """The answers of these verdicts, in the order of coming."""
        return [answer for answer in self.answers.values() if self.verdict(answer) in verdicts]

    def counts(self) -> dict[Verdict, int]:
        """How many answers there are of each verdict."""
        found = Counter(map(self.verdict, self.answers.values()))
        return {verdict: found[verdict] for verdict in VERDICTS}

    @property
    def unanswered(self) -> list[Transfer]:
        """What was sent and has no reply."""
        return [transfer for event_id, transfer in self.sent.items() if event_id not in self.answers]

    @property
    def precision(self) -> float | None:
        """Which share of the alarms are frauds; None without alarms."""
        counts = self.counts()
        return _share(counts["caught"], counts["caught"] + counts["false alarm"])

    @property
    def recall(self) -> float | None:
        """Which share of the frauds that were answered are caught; None without frauds."""
        counts = self.counts()
        return _share(counts["caught"], counts["caught"] + counts["missed"])

    @property
    def statuses(self) -> dict[str, int]:
        """Status -> how many vectors had it as their worst, the most frequent first."""
        return dict(Counter(answer.status for answer in self.answers.values()).most_common())

    @property
    def unscored(self) -> int:
        """How many were answered without a score."""
        return sum(answer.score is None for answer in self.answers.values())

    def latency_ms(self, percent: int, answers: Iterable[Answer] | None = None) -> float | None:
        """The time that so many percent of the answers did not exceed; None of none."""
        told = self.answers.values() if answers is None else answers
        return percentile(sorted(answer.latency_ms for answer in told), percent)

    def recent(self, now_ms: int) -> list[Answer]:
        """What was answered in the last five seconds before an instant after the beginning."""
        return [answer for answer in self.answers.values() if answer.read_ms > now_ms - RECENT_MS]

    def by_pattern(self) -> list[tuple[str, int, int]]:
        """Pattern, frauds answered, and of these caught; by name."""
        frauds = Counter(answer.transfer.pattern for answer in self.of("caught", "missed"))
        caught = Counter(answer.transfer.pattern for answer in self.of("caught"))
        return sorted((str(pattern), count, caught[pattern]) for pattern, count in frauds.items())

    def figures(self) -> dict[str, object]:
        """All of it as one document."""
        counts = self.counts()
        return {
            "sent": len(self.sent),
            "answered": len(self.answers),
            "answered_again": self.again,
            "unscored": self.unscored,
            **{verdict.replace(" ", "_"): count for verdict, count in counts.items()},
            "threshold": round(self.threshold, 4),
            "precision": _rounded(self.precision, 4),
            "recall": _rounded(self.recall, 4),
            "statuses": self.statuses,
            "latency_ms": {f"p{percent}": _rounded(self.latency_ms(percent), 1) for percent in (50, 90, 99)},
        }


def money(answers: Sequence[Answer]) -> Decimal:
    """Their amounts, added as they are, whatever their currency."""
    return sum((answer.transfer.amount for answer in answers), Decimal(0))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
