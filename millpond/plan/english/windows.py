"""Windows and durations in words: `in the last hour and 30 days, and since the beginning`."""

import re
from collections.abc import Sequence
from typing import Final

from millpond.plan.english.expressions import joined
from millpond.plan.windows import WindowSpan, format_duration

_UNITS: Final = {"s": "second", "m": "minute", "h": "hour", "d": "day", "ms": "millisecond"}
_DURATION: Final = re.compile(r"(\d+)([a-z]+)")


def duration(ms: int) -> str:
    """A length in its largest whole unit: `1 day`, `90 seconds`."""
    return _spelled(format_duration(ms))


def windows(spans: Sequence[WindowSpan]) -> str:
    """When the events of some windows happened, the current windows first."""
    current = [_size(span).removeprefix("1 ") for span in spans if span.size_ms is not None and not span.delay_ms]
    said = [f"in the last {joined(current, 'and')}"] if current else []
    said += ["since the beginning" for span in spans if span.size_ms is None and not span.delay_ms]
    said += [_delayed(span) for span in spans if span.delay_ms]
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])}, and {said[-1]}"


def _delayed(span: WindowSpan) -> str:
    ago = f"{_spelled(span.label.rpartition('_')[2])} ago"
    return f"from the beginning up to {ago}" if span.size_ms is None else f"in the {_size(span)} up to {ago}"


def _size(span: WindowSpan) -> str:
    """As the author wrote it: 24h are 24 hours."""
    return _spelled(span.label.partition("_")[0])


def _spelled(written: str) -> str:
    found = _DURATION.fullmatch(written)
    assert found is not None, f"{written!r} was parsed when it was written"
    number, unit = found[1], _UNITS[found[2]]
    return f"{number} {unit}" if number == "1" else f"{number} {unit}s"
