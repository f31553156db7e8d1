"""What the demo shows while it runs: lines that stay, and beneath them a picture that changes."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from examples.fraud.tally import Answer, Tally, Verdict
from millpond.serve import USABLE

WIDE: Final = 110
ALARMS: Final = 6  # the last ones that are shown
BARS: Final = "▁▂▃▄▅▆▇█"
STYLES: Final[dict[Verdict, str]] = {
    "caught": "bold green",
    "missed": "bold red",
    "false alarm": "yellow",
    "passed": "dim",
}
PAINT_EVERY_S: Final = 0.2
PLAIN_EVERY_S: Final = 10.0
Moved = Callable[[int, int], None]
"""Is told how much of how much is done."""


class Screen:
    """A terminal, or where there is none, plain lines.

    Args:
        console: where it is shown.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self._live: Live | None = None
        self._at = 0.0
        self._began = time.monotonic()
        self._alarms: deque[Answer] = deque(maxlen=ALARMS)

    def step(self, title: str, about: str) -> None:
        """The headline of a part of the demo, after how many seconds it begins, and what happens in it."""
        headline = Text.assemble((title, "bold cyan"), (f"  {time.monotonic() - self._began:.0f} s", "dim"))
        self.console.print()
        self.console.print(headline, highlight=False, soft_wrap=True)
        self.say(about, style="dim")

    def say(self, line: str, *, style: str = "") -> None:
        """A line that stays."""
        self.console.print(f"  {escape(line)}", style=style, highlight=False, soft_wrap=True)

    @contextmanager
    def progress(self, what: str) -> Iterator[Moved]:
        """A bar; gives what moves it."""
        columns = (TextColumn("  {task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self.console, transient=True) as bar:
            task = bar.add_task(what, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)

    # --- live ---

    @contextmanager
    def live(self) -> Iterator[None]:
        """Inside, `paint` changes one picture; where there is no terminal, it says a line now and then."""
        if not self.console.is_terminal:
            yield
            return
        with Live(console=self.console, auto_refresh=False, transient=True) as self._live:
            yield
        self._live = None

    def alarm(self, answer: Answer, verdict: Verdict) -> None:
        """A transfer that is to be stopped."""
        self._alarms.append(answer)
        if self._live is None:
            self.say(" ".join(("ALARM", *_words(answer, verdict))), style=STYLES[verdict])

    def paint(self, tally: Tally, now_ms: int, over_ms: int) -> None:
        """Show how things are so many ms after the beginning of what takes so many; often is not too often."""
        every_s = PLAIN_EVERY_S if self._live is None else PAINT_EVERY_S
        if time.monotonic() - self._at < every_s:
            return
        self._at = time.monotonic()
        if self._live is None:
            self.say(_line(tally, now_ms))
        else:
            self._live.update(self._picture(tally, now_ms, over_ms), refresh=True)

    def _picture(self, tally: Tally, now_ms: int, over_ms: int) -> RenderableType:
        recent = tally.recent(now_ms)
        counts = tally.counts()
        speed = Table.grid(padding=(0, 3))
        speed.add_row("transfers sent", "scored", "a second", "latency p50", "p99, last 5 s", "not whole", style="dim")
        speed.add_row(
            f"{len(tally.sent):,}", f"{len(tally.answers):,}", f"{len(recent) / 5:.0f}",
            f"{_ms(tally.latency_ms(50, recent))}", f"{_ms(tally.latency_ms(99, recent))}",
            f"{sum(count for status, count in tally.statuses.items() if status not in USABLE):,}", style="bold",
        )  # fmt: skip
        found = Table.grid(padding=(0, 3))
        found.add_row("frauds caught", "missed", "false alarms", "honest and passed", style="dim")
        found.add_row(*(Text(f"{counts[verdict]:,}", style=STYLES[verdict]) for verdict in counts))
        alarms = Table(box=None, padding=(0, 1), show_header=False, pad_edge=False)
        for answer in reversed(self._alarms):
            verdict = tally.verdict(answer)
            score, amount, who, what, because = _words(answer, verdict)
            said = Text.assemble(f"{who}  ", (what, STYLES[verdict]), ("\n" + because, "dim"), no_wrap=True)
            said.overflow = "ellipsis"
            alarms.add_row(score, Text(amount, justify="right"), said)
        strip = Text(no_wrap=True)
        for answer in list(tally.answers.values())[-(WIDE - 6) :]:
            strip.append(_bar(answer), style=STYLES[tally.verdict(answer)])
        parts: Sequence[RenderableType] = (speed, Text(), found, Text(), strip, Text(), alarms)
        title = f"transfers scored live · {min(now_ms, over_ms) // 1000} of {over_ms // 1000} s"
        return Panel(Group(*parts), title=title, title_align="left", border_style="cyan", width=WIDE)


def _bar(answer: Answer) -> str:
    return "?" if answer.score is None else BARS[min(int(answer.score * len(BARS)), len(BARS) - 1)]


def _words(answer: Answer, verdict: Verdict) -> tuple[str, str, str, str, str]:
    """Score, amount, who pays whom, what it is in truth, and what gave it away."""
    transfer = answer.transfer
    assert answer.score is not None, "an alarm has a score"
    said = f"a fraud: {transfer.pattern}" if verdict == "caught" else "false alarm: it is none"
    return (
        f"{answer.score:.2f}",
        f"{transfer.amount:,} {transfer.currency}",
        f"{transfer.sender} → {transfer.recipient}",
        said,
        "; ".join(f"{clue.words}: {clue.value}" for clue in answer.clues[:2]),
    )


def _line(tally: Tally, now_ms: int) -> str:
    counts, recent = tally.counts(), tally.recent(now_ms)
    return (
        f"{now_ms // 1000:>4} s  sent {len(tally.sent):,}  scored {len(tally.answers):,}  "
        f"p50 {_ms(tally.latency_ms(50, recent))}  p99 {_ms(tally.latency_ms(99, recent))}  "
        f"caught {counts['caught']:,}  missed {counts['missed']:,}  false alarms {counts['false alarm']:,}"
    )


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f} ms"
