"""Bars: which side a figure must be on, and what is said where it is not."""

from pathlib import Path

import pytest

from benchmarks import bars
from benchmarks.bars import Bar, below
from benchmarks.figures import Figures, figure
from benchmarks.runner import BENCHMARKS
from millpond.plan.errors import PlanError

LIMITS = {"reader": {"p99_us": Bar(at_most=2000)}, "flink": {"share": Bar(at_least=0.9)}}


def measured(p99: float, share: float) -> dict[str, Figures]:
    return {"reader": {"p99_us": figure([p99], "us")}, "flink": {"share": figure([share])}}


def test_a_figure_on_its_bar_holds() -> None:
    assert below(LIMITS, measured(2000, 0.9)) == []


def test_each_figure_on_the_wrong_side_is_named_with_its_bar() -> None:
    assert below(LIMITS, measured(2001, 0.89)) == [
        "reader.p99_us: 2,001 us, the bar is <= 2,000",
        "flink.share: 0.89, the bar is >= 0.9",
    ]


def test_it_is_the_median_that_counts() -> None:
    assert below(LIMITS, {"reader": {"p99_us": figure([1, 1999, 90_000])}}) == []


def test_a_figure_that_was_not_measured_does_not_hold_but_a_benchmark_that_did_not_run_is_not_asked() -> None:
    assert below(LIMITS, {"reader": {}}) == ["reader.p99_us: not measured, where the bar is <= 2,000"]


@pytest.mark.parametrize(
    "text", ["[reader]\np99 = {}", "[reader]\np99 = {at_least = 1, at_most = 2}", "[reader]\np99 = 5", "[reader"]
)
def test_a_bar_that_says_nothing_or_too_much_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "bars.toml"
    file.write_text(text)
    with pytest.raises(PlanError, match="not a file of bars"):
        bars.read(file)


def test_the_bars_of_this_repository_are_of_benchmarks_that_exist() -> None:
    assert bars.read().keys() <= {benchmark.name for benchmark in BENCHMARKS}
