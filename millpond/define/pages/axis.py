"""The windows of a feature, drawn on one axis of time.

             90d       30d       now
spend_30d             ~[=========)
spend_90d   ~[===================)
"""

import math
from collections.abc import Sequence

from millpond.plan.model import FeaturePlan
from millpond.plan.windows import WindowSpan, format_duration

LEGEND = (
    "Not to scale. `[` is the first millisecond that counts, `)` the first that does not; `now` is that after the read."
)
ROUNDED = "At a `~` the edge is where a tile begins: earlier, by less than the tail error."


def drawn(features: Sequence[FeaturePlan]) -> list[str]:
    """A line an instant's name, and one a feature; windows that several features have are drawn once."""
    rows = {feature.window.label: feature for feature in features}
    instants = sorted({at for row in rows.values() for at in _edges(row.window)}, reverse=True)
    names = [_name(at, [row.window for row in rows.values()]) for at in instants]
    step = max(len(name) for name in names) + 4
    margin = max(len(label) for label in rows) + 4
    column = {at: margin + step * place for place, at in enumerate(instants)}
    heads = _placed({column[at]: name for at, name in zip(instants, names, strict=True)})
    return [heads, *(_line(label, row, column) for label, row in rows.items())]


def _edges(window: WindowSpan) -> tuple[float, int]:
    """How long before `now` it begins and ends, ms."""
    return (math.inf if window.size_ms is None else window.size_ms + window.delay_ms), window.delay_ms


def _name(at: float, windows: Sequence[WindowSpan]) -> str:
    if at == math.inf:
        return "beginning"
    if at == 0:
        return "now"
    as_written = [window.label for window in windows if window.size_ms == at and not window.delay_ms]
    return as_written[0] if as_written else format_duration(int(at))


def _line(label: str, feature: FeaturePlan, column: dict[float, int]) -> str:
    window, is_rounded = feature.window, feature.tail_error_ms > 0
    begin, end = (column[at] for at in _edges(window))
    bar = "[" + "=" * (end - begin - 1) + ")"
    if is_rounded and window.delay_ms:
        bar = bar[:-2] + "~)"
    edge = "~" if is_rounded and window.size_ms is not None else ""
    return _placed({0: label, begin - len(edge): edge + bar})


def _placed(texts: dict[int, str]) -> str:
    """Texts, each at its column."""
    line = ""
    for column, text in sorted(texts.items()):
        line = line.ljust(column) + text
    return line
