"""The bars: what figures must reach, in one file, and which of them do not."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.figures import Figures, spell
from millpond.plan.errors import PlanError

FILE: Final = Path(__file__).parent / "bars.toml"


class Bar(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The greatest or the least a median may be."""

    at_least: float | None = None
    at_most: float | None = None

    def __post_init__(self) -> None:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("a bar has either at_least or at_most")

    def holds(self, value: float) -> bool:
        """True on the right side."""
        if self.at_least is not None:
            return value >= self.at_least
        return self.at_most is not None and value <= self.at_most

    def __str__(self) -> str:
        return f">= {self.at_least:,g}" if self.at_least is not None else f"<= {self.at_most:,g}"


Bars = dict[str, dict[str, Bar]]


def read(file: Path = FILE) -> Bars:
    """Benchmark -> figure -> bar.

    Raises:
        PlanError: the file is not such a table.
    """
    try:
        return msgspec.convert(tomllib.loads(file.read_text("utf-8")), Bars)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as cause:
        raise PlanError(f"not a file of bars: {cause}", where=str(file), mend="see its first lines") from cause


def below(bars: Bars, measured: Mapping[str, Figures]) -> list[str]:
    """A line for every bar of a measured benchmark that does not hold; one that was not measured does not either."""
    lines = []
    for name, figures in measured.items():
        for key, bar in bars.get(name, {}).items():
            found = figures.get(key)
            if found is None:
                lines.append(f"{name}.{key}: not measured, where the bar is {bar}")
            elif not bar.holds(found.median):
                lines.append(f"{name}.{key}: {spell(found.median)}{found.unit and ' ' + found.unit}, the bar is {bar}")
    return lines
