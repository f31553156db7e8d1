"""What the demo shows: a live picture in a terminal, plain lines where there is none."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from millpond.serve import Vector

REFRESH_PER_SECOND: Final = 5
PLAIN_EVERY_S: Final = 10.0
SHOWN: Final = (
    "household.lines_24h", "household.spend_24h", "household.spend_30d", "household.mean_line_30d",
    "household.dearest_line_90d", "household.saved_30d", "household.lines_lifetime", "household_store.spend_90d",
    "store.lines_1h", "store.revenue_24h",
)  # fmt: skip
STYLES: Final = {"present": "green", "empty": "dim"}


@dataclass(kw_only=True)
class Picture:
    """The figures on the screen; written by the monitor, read by the painter.

    Attributes:
        phase: what happens now, in a few words.
        instant: how far the replayed history has come, ms UTC.
        events: records sent; `total` in all.
        read: records the job has read.
        rate: records the job reads in a second.
        tiles: rows in the tile topics; `applied` of them are in the store.
        who: the household shown.
        vector: its latest vector.
        footnote: a line beneath.
    """

    phase: str = ""
    instant: int = 0
    events: int = 0
    total: int = 1
    read: int = 0
    rate: float = 0.0
    tiles: int = 0
    applied: int = 0
    who: str = ""
    vector: Vector | None = None
    footnote: str = ""
    changed: dict[str, float] = field(default_factory=dict)

    def show(self, vector: Vector) -> None:
        """Take a newer vector; remembers which features changed when."""
        now = time.monotonic()
        before = self.vector.as_dict() if self.vector is not None else {}
        self.changed |= {name: now for name, value in vector.as_dict().items() if before.get(name) != value}
        self.vector = vector


class Screen:
    """Prints lines that stay, and a picture that changes beneath them."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.picture = Picture()
        self._plain_at = 0.0

    def say(self, line: str, *, style: str = "") -> None:
        """A line that stays."""
        self.console.print(escape(line), style=style, highlight=False, soft_wrap=True)

    def step(self, title: str) -> None:
        """The headline of a part of the demo."""
        self.console.print()
        self.console.print(Text(title, style="bold cyan"), highlight=False, soft_wrap=True)

    @contextmanager
    def live(self) -> Iterator[None]:
        """While inside, the picture is painted again and again."""
        if not self.console.is_terminal:
            yield
            return
        with Live(
            get_renderable=self._paint, console=self.console, refresh_per_second=REFRESH_PER_SECOND, transient=True
        ):
            yield

    def plain(self) -> None:
        """Without a terminal: the figures as one line, now and then."""
        now = time.monotonic()
        if self.console.is_terminal or now - self._plain_at < PLAIN_EVERY_S:
            return
        self._plain_at = now
        p = self.picture
        self.say(
            f"  {spell(p.instant)}  in {p.events:>9,}  lag {p.events - p.read:>7,}  {p.rate:>7,.0f}/s  "
            f"tiles {p.tiles:>10,}  not yet stored {max(0, p.tiles - p.applied):>7,}"
        )

    def _paint(self) -> RenderableType:
        p = self.picture
        figures = Table.grid(padding=(0, 3))
        figures.add_row("events in", "read by Flink", "lag", "rate", "tiles out", "in the store", style="dim")
        figures.add_row(
            f"{p.events:,}", f"{p.read:,}", f"{max(0, p.events - p.read):,}", f"{p.rate:,.0f}/s",
            f"{p.tiles:,}", f"{p.applied:,}", style="bold",
        )  # fmt: skip
        bar = ProgressBar(total=p.total, completed=p.read, width=72)
        parts: list[RenderableType] = [figures, bar]
        if p.vector is not None:
            parts += [Text(), _vector_table(p, p.vector)]
        if p.footnote:
            parts += [Text(), Text(p.footnote)]
        title = f"{p.phase}  ·  {spell(p.instant)}" if p.instant else p.phase
        return Panel(Group(*parts), title=title, title_align="left", border_style="cyan", width=100)


def _vector_table(picture: Picture, vector: Vector) -> Table:
    table = Table(title=Text(picture.who), title_justify="left", box=None, padding=(0, 2), show_header=False)
    values, statuses, now = vector.as_dict(), vector.status_of(), time.monotonic()
    for name in SHOWN:
        fresh = now - picture.changed.get(name, 0.0) < 1.0
        value, status = values[name], statuses[name]
        shown = f"{value:,.4f}" if isinstance(value, float) else "-" if value is None else f"{value:,}"
        table.add_row(
            name, Text(shown, style="bold yellow" if fresh else "bold", justify="right"),
            Text(status, style=STYLES.get(status, "red")),
        )  # fmt: skip
    return table


def spell(instant: int) -> str:
    """An instant (ms UTC) for people."""
    return datetime.fromtimestamp(instant / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
