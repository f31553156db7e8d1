"""The runner: which benchmarks run, what is kept of them, and the exit code."""

from pathlib import Path
from typing import Any, Self

import msgspec
import pytest

from benchmarks import __main__, bars, page, results, runner, wheel
from benchmarks.bars import Bar
from benchmarks.figures import Benchmark, Figures, figure, percentile
from benchmarks.results import Machine, Measured
from millpond.plan.errors import PlanError


def benchmark(name: str, value: float = 1.0) -> Benchmark:
    return Benchmark(name=name, what=f"How {name}.", run=lambda _world: {"speed": figure([value], "m/s")})


KNOWN = (benchmark("slow"), benchmark("fast", 9.0))


def measured(figures: Figures) -> Measured:
    machine = Machine(system="Linux", processor="a processor", cores=2, memory_gib=24)
    return Measured(
        what="How fast.",
        command="make bench",
        date="2026-01-01T00:00:00+00:00",
        took_s=1,
        load=0.5,
        machine=machine,
        versions={"python": "3.11"},
        figures=figures,
    )


class Nowhere:
    """A world in which nothing is started."""

    def __init__(self, say: Any) -> None:
        self.say = say

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Two benchmarks that measure nothing, one bar, and files of the test's own."""
    kept = results.write, results.read, page.write
    monkeypatch.setattr(results, "write", lambda found: kept[0](found, tmp_path / "results.json"))
    monkeypatch.setattr(results, "read", lambda: kept[1](tmp_path / "results.json"))
    monkeypatch.setattr(page, "write", lambda found, bars: kept[2](found, bars, tmp_path / "benchmarks.md"))
    monkeypatch.setattr(__main__, "chosen", lambda names: runner.chosen(names, KNOWN))
    monkeypatch.setattr(__main__, "merged", lambda old, new: runner.merged(old, new, KNOWN))
    monkeypatch.setattr(__main__, "World", Nowhere)
    monkeypatch.setattr(bars, "read", lambda: {"slow": {"speed": Bar(at_least=2)}})
    return tmp_path


def test_a_bar_that_does_not_hold_makes_the_exit_code_1_and_is_named(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert __main__._main([], json=False) == __main__.BELOW
    assert "below its bar: slow.speed: 1.00 m/s, the bar is >= 2" in capsys.readouterr().err
    assert results.read().keys() == {"slow", "fast"}
    assert "| speed | 1.00 m/s | >= 2 **not held** |" in (here / "benchmarks.md").read_text()


def test_bars_of_what_did_not_run_this_time_are_not_asked(here: Path) -> None:
    assert __main__._main(["fast"], json=False) == 0


def test_a_run_of_one_keeps_what_others_gave_before(here: Path) -> None:
    __main__._main([], json=False)
    before = results.read()["slow"]
    __main__._main(["fast"], json=False)
    assert list(results.read()) == ["slow", "fast"]
    assert results.read()["slow"] == before
    assert results.read()["fast"].command == 'make bench ONLY="fast"'


def test_results_of_a_benchmark_that_is_no_more_are_dropped() -> None:
    found = measured({"speed": figure([1])})
    assert list(runner.merged({"gone": found, "fast": found}, {"slow": found}, KNOWN)) == ["slow", "fast"]


def test_an_unknown_benchmark_is_refused_with_the_nearest() -> None:
    with pytest.raises(PlanError, match=r"no benchmark 'fost'[\s\S]*did you mean 'fast'"):
        runner.chosen(["fost"], KNOWN)


def test_benchmarks_run_in_their_own_order_whatever_was_typed() -> None:
    assert [b.name for b in runner.chosen(["fast", "slow"], KNOWN)] == ["slow", "fast"]


def test_what_was_measured_before_an_interruption_is_kept() -> None:
    def interrupted(_world: Any) -> Figures:
        raise KeyboardInterrupt

    kept: dict[str, Measured] = {}
    broken = Benchmark(name="broken", what="", run=interrupted)
    world: Any = Nowhere(lambda _line: None)
    with pytest.raises(KeyboardInterrupt):
        runner.run([KNOWN[0], broken], world, command="make bench", keep=kept.__setitem__)
    assert kept.keys() == {"slow"}


def test_a_benchmark_of_the_wheel_is_measured_there_unless_pure_python_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there = wheel.Outcome(figures={"speed": figure([7])}, compiled=True)
    monkeypatch.setattr(wheel, "environment", lambda _say: Path("python"))
    monkeypatch.setattr(wheel, "run", lambda _benchmark, _python: there)
    world: Any = Nowhere(lambda _line: None)
    both = [KNOWN[0], msgspec.structs.replace(KNOWN[1], of_wheel=True)]
    found = {
        pure: runner.run(both, world, command="make bench", keep=lambda *_: None, pure=pure) for pure in (False, True)
    }
    assert [found[False][name].compiled for name in ("slow", "fast")] == [None, True]
    assert found[False]["fast"].figures == there.figures
    assert [found[True][name].compiled for name in ("slow", "fast")] == [None, wheel.is_compiled()]


def test_what_a_benchmark_is_measured_beside_is_made_before_anything_is_measured_and_is_kept_with_it() -> None:
    order: list[str] = []

    def beside() -> dict[str, str]:
        order.append("made")
        return {"peer": "1.2"}

    def run(_world: Any) -> Figures:
        order.append("measured")
        return {}

    world: Any = Nowhere(lambda _line: None)
    both = [Benchmark(name=name, what="", run=run, beside=peer) for name, peer in (("alone", None), ("pair", beside))]
    found = runner.run(both, world, command="make bench", keep=lambda *_: None)
    assert order == ["made", "measured", "measured"]
    assert {name: one.beside for name, one in found.items()} == {"alone": {}, "pair": {"peer": "1.2"}}


def test_the_page_says_what_it_was_measured_beside(tmp_path: Path) -> None:
    beside = {"peer": "1.2", "settings": '{"client": "redis"}'}
    found = {"fast": msgspec.structs.replace(measured({}), beside=beside), "slow": measured({})}
    page.write(found, {}, tmp_path / "benchmarks.md")
    fast, slow = (tmp_path / "benchmarks.md").read_text().partition("## fast")[2].split("## slow")
    assert 'Beside it: peer 1.2, settings `{"client": "redis"}`.' in fast
    assert "Beside it" not in slow


def test_where_nothing_can_be_compiled_it_is_said_and_pure_python_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheel, "missing", lambda: "error: no C compiler")
    said: list[str] = []
    assert wheel.environment(said.append) is None
    assert said == ["error: no C compiler\npure Python is measured instead"]


@pytest.mark.parametrize(
    ("compiled", "says"), [(True, "was compiled"), (False, "**pure Python**"), (None, "How fast.")]
)
def test_the_page_says_whether_what_was_measured_is_compiled(tmp_path: Path, compiled: bool | None, says: str) -> None:
    found = msgspec.structs.replace(measured({"speed": figure([1])}), compiled=compiled)
    page.write({"fast": found}, {}, tmp_path / "benchmarks.md")
    section = (tmp_path / "benchmarks.md").read_text().partition("## fast")[2]
    assert says in section
    assert ("The read path" in section) == (compiled is not None)


def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed() -> None:
    values = list(range(100, 0, -1))
    assert [percentile(values, p) for p in (1, 50, 99, 100)] == [1, 50, 99, 100]
    assert percentile([7], 50) == 7


def test_the_plot_of_the_same_figures_is_the_same_file(tmp_path: Path) -> None:
    costs = {f"us_per_event_{factor}x_{kind}": figure([factor]) for factor in (1, 4, 16) for kind in ("keys", "views")}
    drawn = []
    for _ in range(2):
        page.write({"growth": measured(costs)}, {}, tmp_path / "benchmarks.md")
        drawn.append((tmp_path / page.PLOT).read_bytes())
    assert drawn[0] == drawn[1]
    assert page.PLOT in (tmp_path / "benchmarks.md").read_text()
