"""The drawing of a run: every score over time, on a scale on which very small and very large ones can be told apart."""

import math
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from importlib import resources
from typing import Final

from examples.fraud.tally import Answer, Tally, Verdict

ACROSS: Final = 1140
HIGH: Final = 330
LEFT, RIGHT, TOP, BOTTOM = 62, 84, 34, 26
LEAST: Final = 0.0001  # what is less, or as near to one, stands at the edge
TICKS: Final = (0.0001, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999)
STEPS: Final = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)  # seconds
MOST_TICKS: Final = 10
LEGEND: Final[tuple[tuple[Verdict, str], ...]] = (
    ("caught", "fraud, caught"),
    ("missed", "fraud, missed"),
    ("false alarm", "honest, stopped for nothing"),
    ("passed", "honest, passed"),
)


def picture(tally: Tally, *, seconds: int, title: str = "") -> str:
    """Scores as dots over the time of their transfers; text, without a script, and with all of its style.

    Args:
        seconds: how long transfers were sent.
        title: a line above it.
    """
    style = (resources.files("examples.fraud") / "picture.css").read_text("utf-8")
    high = HIGH + (24 if title else 0)
    head = f'<text x="0" y="{HIGH + 16}" font-weight="600">{escape(title)}</text>' if title else ""
    parts = [*_axes(seconds), _line(tally.threshold), *_dots(tally, seconds), *_legend(tally), head]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="scores" viewBox="-8 -4 {ACROSS + 16} {high + 8}" '
        f'width="{ACROSS}" height="{high}" role="img"><style>{style}</style>{"".join(parts)}</svg>\n'
    )


def _y(score: float) -> float:
    kept = min(max(score, LEAST), 1 - LEAST)
    least = math.log(LEAST / (1 - LEAST))
    return TOP + (HIGH - TOP - BOTTOM) * (math.log(kept / (1 - kept)) / least + 1) / 2


def _x(at_ms: int, seconds: int) -> float:
    return LEFT + (ACROSS - LEFT - RIGHT) * min(max(at_ms / (seconds * 1000), 0.0), 1.0)


def _axes(seconds: int) -> Iterator[str]:
    for score in TICKS:
        y = _y(score)
        yield f'<path class="grid" d="M{LEFT} {y:.1f}H{ACROSS - RIGHT}"/>'
        yield f'<text class="tick" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{score:g}</text>'
    for second in range(0, seconds + 1, next((step for step in STEPS if step * MOST_TICKS >= seconds), seconds)):
        x = _x(second * 1000, seconds)
        yield f'<text class="tick" x="{x:.1f}" y="{HIGH - 4}" text-anchor="middle">{second} s</text>'


def _line(threshold: float) -> str:
    y = _y(threshold)
    return (
        f'<path class="alarm" d="M{LEFT} {y:.1f}H{ACROSS - RIGHT}"/>'
        f'<text class="tick" x="{ACROSS - RIGHT + 8}" y="{y - 3:.1f}">alarm</text>'
        f'<text class="tick" x="{ACROSS - RIGHT + 8}" y="{y + 11:.1f}">from {threshold:.3f}</text>'
    )


def _dots(tally: Tally, seconds: int) -> Iterator[str]:
    def at(answer: Answer) -> tuple[float, float]:
        return _x(answer.transfer.at_ms, seconds), _y(answer.score or 0.0)

    def scored(verdict: Verdict) -> Sequence[Answer]:
        return [answer for answer in tally.of(verdict) if answer.score is not None]

    # Together in one path: a thousand of them are 12 kB.
    yield f'<path class="passed" d="{"".join("M{:.0f} {:.0f}h0".format(*at(answer)) for answer in scored("passed"))}"/>'
    for verdict in ("false alarm", "caught", "missed"):
        for answer in scored(verdict):
            yield _mark(verdict, *at(answer), _told(answer))


def _mark(verdict: Verdict, x: float, y: float, told: str) -> str:
    title = f"<title>{escape(told)}</title>" if told else ""
    match verdict:
        case "caught":
            return f'<circle class="caught" cx="{x:.1f}" cy="{y:.1f}" r="4.2">{title}</circle>'
        case "missed":
            return f'<circle class="missed" cx="{x:.1f}" cy="{y:.1f}" r="5">{title}</circle>'
        case "false alarm":
            return f'<path class="false" d="M{x:.1f} {y - 5:.1f}l5 9h-10z">{title}</path>'
        case "passed":
            return f'<path class="passed" d="M{x:.1f} {y:.1f}h0"/>'


def _legend(tally: Tally) -> Iterable[str]:
    counts, x = tally.counts(), LEFT + 6.0
    for verdict, words in LEGEND:
        told = f"{words}: {counts[verdict]:,}"
        yield _mark(verdict, x, 12, "")
        yield f'<text x="{x + 11}" y="16">{told}</text>'
        x += 34 + 6.6 * len(told)


def _told(answer: Answer) -> str:
    transfer = answer.transfer
    return f"{transfer.pattern or 'honest'}: {transfer.amount:,} {transfer.currency}, {answer.score:.4f}"
