"""The page docs/benchmarks.md: the results file as tables, beside the bars."""

from pathlib import Path
from typing import Final

from benchmarks.bars import Bars
from benchmarks.plot import draw
from benchmarks.results import Measured, Results

FILE: Final = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
PLOT: Final = "benchmarks-growth.svg"

HOW: Final = {
    None: "",
    True: "The read path was compiled: the wheel's.\n\n",
    False: "The read path was **pure Python**, not compiled.\n\n",
}

HEAD: Final = """\
# Benchmarks

Made by `make bench` from `benchmarks/results.json`; do not edit. A figure is the median of its runs, in brackets the
least and the greatest. Bars stand in `benchmarks/bars.toml`; `make bench` exits 1 where one does not hold. What is
compared was measured in turn, in one run. `make bench ONLY=reader` measures one. The Reader is measured from the
compiled wheel (`docs/install.md`), in a process of its own; with `PURE=1`, or without a compiler, in pure Python.
"""


def write(results: Results, bars: Bars, file: Path = FILE) -> None:
    """Render the page, and the plot beside it."""
    parts = [HEAD]
    places = {_place(measured) for measured in results.values()}
    if len(places) == 1:
        parts += [f"Measured on {place}.\n" for place in places]
    for name, measured in results.items():
        parts.append(_section(name, measured, bars))
        if len(places) > 1:
            parts.append(f"On {_place(measured)}.\n")
        if name == "growth":
            draw(measured.figures, file.parent / PLOT)
            parts.append(f"![What an event costs as keys and views grow]({PLOT})\n")
    file.write_text("\n".join(parts), encoding="utf-8")


def _section(name: str, measured: Measured, bars: Bars) -> str:
    rows = ["| figure | median | bar |", "|---|---|---|"]
    for key, found in measured.figures.items():
        bar = bars.get(name, {}).get(key)
        verdict = "" if bar is None else f"{bar}{'' if bar.holds(found.median) else ' **not held**'}"
        rows.append(f"| {key.replace('_', ' ')} | {found} | {verdict} |")
    return (
        f"## {name}\n\n{measured.what}\n\n{HOW[measured.compiled]}{_beside(measured)}"
        + "\n".join(rows)
        + f"\n\n`{measured.command}`, {measured.date}, "
        f"{measured.took_s} s; the machine's load before it: {measured.load:.1f}.\n"
    )


def _beside(measured: Measured) -> str:
    if not measured.beside:
        return ""
    told = ", ".join(f"{what} {said if what != 'settings' else f'`{said}`'}" for what, said in measured.beside.items())
    return f"Beside it: {told}.\n\n"


def _place(measured: Measured) -> str:
    machine = measured.machine
    versions = ", ".join(f"{what} {version}" for what, version in measured.versions.items())
    return (
        f"{machine.processor}, {machine.cores} cores, {machine.memory_gib:.0f} GiB, {machine.system}, with {versions}"
    )
