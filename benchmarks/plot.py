"""The plot of the page: what an event costs as keys and views grow."""

from pathlib import Path
from typing import Final

from benchmarks.figures import Figures
from benchmarks.growth import EVENTS, FACTORS

STYLES: Final = {
    "keys": ("o", "tab:blue", "keys, of three views"),
    "views": ("s", "tab:orange", "views, of one entity"),
}


def draw(figures: Figures, file: Path) -> None:
    """Microseconds an event over the factor, both logarithmic; the same figures give the same file."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "millpond"
    from matplotlib import pyplot as plt

    canvas, axes = plt.subplots(figsize=(6, 3.6))
    for kind in EVENTS:
        marker, colour, label = STYLES[kind]
        costs = [figures[f"us_per_event_{factor}x_{kind}"].median for factor in FACTORS]
        axes.plot(FACTORS, costs, marker=marker, color=colour, label=label)
        axes.plot(FACTORS, [costs[0] * factor for factor in FACTORS], ":", color=colour, linewidth=0.8)
        for factor, cost in zip(FACTORS, costs, strict=True):
            axes.annotate(f"{cost:,.0f}", (factor, cost), (4, 6), textcoords="offset points", fontsize=8)
    axes.set_xscale("log", base=2)
    axes.margins(x=0.1)
    axes.set_yscale("log", base=2)
    axes.set_xticks(FACTORS, [f"{factor}x" for factor in FACTORS])
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set_ylabel("us an event (dotted: in proportion)")
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    canvas.tight_layout()
    canvas.savefig(file, metadata={"Date": None, "Creator": None})
    plt.close(canvas)
