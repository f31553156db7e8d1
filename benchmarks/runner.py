"""Runs benchmarks one after the other, keeps what each gave, and says which bars do not hold."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from benchmarks import bytes as bytes_
from benchmarks import (
    enricher,
    feast,
    flink,
    freshness,
    growth,
    hashes,
    load,
    materializer,
    reader,
    several,
    sustained,
    vector,
    wheel,
)
from benchmarks.bars import Bars, below
from benchmarks.figures import Benchmark
from benchmarks.results import Measured, Results, this_machine, versions
from benchmarks.world import World
from millpond.plan.clock import now_ms
from millpond.plan.errors import PlanError
from millpond.plan.names import did_you_mean

# In the order they run: the readers before the stack takes its share of the processor.
BENCHMARKS: Final = (
    hashes.BENCHMARK,
    reader.BENCHMARK,
    feast.BENCHMARK,
    load.BENCHMARK,
    vector.BENCHMARK,
    flink.BENCHMARK,
    several.BENCHMARK,
    sustained.BENCHMARK,
    materializer.BENCHMARK,
    bytes_.BENCHMARK,
    freshness.BENCHMARK,
    enricher.BENCHMARK,
    growth.BENCHMARK,
)


def chosen(names: Sequence[str], known: Sequence[Benchmark] = BENCHMARKS) -> list[Benchmark]:
    """The benchmarks of these names, in their own order; all of them where none is named.

    Raises:
        PlanError: there is none of a name.
    """
    by_name = {benchmark.name: benchmark for benchmark in known}
    for name in names:
        if name not in by_name:
            raise PlanError(f"there is no benchmark {name!r}", mend=did_you_mean(name, by_name))
    return [benchmark for benchmark in known if benchmark.name in names or not names]


def run(
    benchmarks: Sequence[Benchmark],
    world: World,
    *,
    command: str,
    keep: Callable[[str, Measured], None],
    pure: bool = False,
) -> Results:
    """Measure each.

    Args:
        command: that was typed.
        keep: given each result as soon as it is there: what comes later may be interrupted.
        pure: the Reader is measured in pure Python.
    """
    results: Results = {}
    # Before anything is measured: they may have to be built.
    beside = {one.name: one.beside() for one in benchmarks if one.beside is not None}
    python = None if pure or not any(one.of_wheel for one in benchmarks) else wheel.environment(world.say)
    for benchmark in benchmarks:
        world.say(benchmark.name)
        began, load = time.monotonic(), os.getloadavg()[0]
        if not benchmark.of_wheel:
            figures, compiled = benchmark.run(world), None
        elif python is None:
            figures, compiled = benchmark.run(world), wheel.is_compiled()
        else:
            outcome = wheel.run(benchmark, python)
            figures, compiled = outcome.figures, outcome.compiled
        for key, found in figures.items():
            world.say(f"  {key.replace('_', ' ')}: {found}")
        results[benchmark.name] = Measured(
            what=benchmark.what,
            command=command,
            date=datetime.fromtimestamp(now_ms() // 1000, UTC).isoformat(),
            took_s=round(time.monotonic() - began),
            load=round(load, 1),
            machine=this_machine(),
            versions=versions(),
            figures=figures,
            compiled=compiled,
            beside=beside.get(benchmark.name, {}),
        )
        keep(benchmark.name, results[benchmark.name])
    return results


def merged(old: Results, new: Results, known: Sequence[Benchmark] = BENCHMARKS) -> Results:
    """The newest of each benchmark there is, in the order they run; those that are no more are dropped."""
    both = {**old, **new}
    return {benchmark.name: both[benchmark.name] for benchmark in known if benchmark.name in both}


def verdict(results: Mapping[str, Measured], bars: Bars) -> list[str]:
    """The bars that do not hold, of what was measured."""
    return below(bars, {name: measured.figures for name, measured in results.items()})
