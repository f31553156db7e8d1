"""How the stack looks in a terminal: progress while it works, tables when it is done."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from millpond.local.addresses import Addresses
from millpond.local.progress import Phase, Progress, Report
from millpond.local.state import StackState
from millpond.local.status import PartStatus

STYLES: dict[Phase, str] = {
    "fetching": "cyan",
    "building": "cyan",
    "starting": "yellow",
    "ready": "green",
    "died": "red",
    "stopping": "yellow",
    "stopped": "dim",
}


@contextmanager
def live_report(console: Console) -> Iterator[Report]:
    """Show the latest phase of every part, a line each, redrawn in place; where there is no terminal, plain lines."""
    latest: dict[str, Progress] = {}
    guard = Lock()
    began = time.monotonic()

    def plain(progress: Progress) -> None:
        with guard:
            before = latest.get(progress.part)
            latest[progress.part] = progress
            # Without a terminal a download would print a line for every megabyte.
            if before is None or before.phase != progress.phase:
                console.print(f"{time.monotonic() - began:6.1f} s  ", _line(progress), sep="", soft_wrap=True)

    if not console.is_terminal:
        yield plain
        return

    with Live(console=console, refresh_per_second=8) as live:

        def redraw(progress: Progress) -> None:
            with guard:
                latest[progress.part] = progress
                live.update(Text("\n").join(_line(each) for each in latest.values()))

        yield redraw


def _line(progress: Progress) -> Text:
    return Text.assemble(
        f"{progress.part:<13} ",
        (f"{progress.phase:<9} ", STYLES[progress.phase]),
        (progress.detail, "dim"),
        no_wrap=True,
    )


def address_table(addresses: Addresses) -> Table:
    """Where clients find the parts."""
    table = Table.grid(padding=(0, 2))
    rows = (
        ("Kafka", addresses.kafka),
        ("schema registry", addresses.registry),
        ("Flink", addresses.flink),
        ("store", addresses.store),
        ("logs", str(addresses.logs)),
    )
    for name, address in rows:
        table.add_row(Text(name, style="bold"), Text(address, overflow="fold"))
    return table


def age(state: StackState, now_ms: int) -> str:
    """How long a stack has been up, in words."""
    seconds = max(0, now_ms - state.since_ms) // 1000
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def status_table(parts: Sequence[PartStatus]) -> Table:
    """The parts of a running stack, a row each."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("part", "state", "pid", "memory", "restarts", "address"):
        table.add_column(title, justify="right" if title in ("pid", "memory", "restarts") else "left", overflow="fold")
    for part in parts:
        table.add_row(
            part.name,
            Text("healthy", style="green") if part.healthy else Text(part.why_not, style="red"),
            str(part.pid or "-"),
            f"{part.rss_bytes >> 20} MiB",
            Text(str(part.restarts), style="red" if part.restarts else "dim"),
            part.address,
        )
    return table
