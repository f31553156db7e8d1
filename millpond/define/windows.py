"""Windows as authors write them: `"30d"`, `LIFETIME`, `Window("30d", delay="7d")`."""

from dataclasses import dataclass
from typing import Final

from millpond.define import checks
from millpond.plan.errors import DefinitionError
from millpond.plan.windows import WindowSpan, parse_duration

LIFETIME: Final = "lifetime"


@dataclass(frozen=True)
class Window:
    """The span a feature looks back over.

    Args:
        size: how far back: `"10m"`, `"30d"`, or LIFETIME.
        delay: how far its head lies behind the instant read: `Window("30d", delay="7d")` is the 30 days before last
            week. None for a current head.

    Raises:
        DefinitionError: not a duration.
    """

    size: str
    delay: str | None = None

    def __post_init__(self) -> None:
        self.span()

    @property
    def label(self) -> str:
        """Its part of a feature's name."""
        return f"{self.size}_delayed_{self.delay}" if self.delay else self.size

    def span(self) -> WindowSpan:
        """The window as a Plan holds it, in ms."""
        size = None if self.size == LIFETIME else parse_duration(self.size)
        return WindowSpan(
            label=self.label, size_ms=size, delay_ms=0 if self.delay is None else parse_duration(self.delay)
        )


def spans(windows: object) -> tuple[WindowSpan, ...]:
    """The windows of a view or an aggregation.

    Raises:
        DefinitionError: not a list of windows, or one twice.
    """
    written = checks.listed(windows, "windows", 'write a list: windows=["1h", "24h"]')
    found = tuple((w if isinstance(w, Window) else Window(w)).span() for w in written)
    repeated = checks.first_repeated((w.size_ms, w.delay_ms) for w in found)
    if repeated is not None:
        labels = [w.label for w in found if (w.size_ms, w.delay_ms) == repeated]
        raise DefinitionError(
            f"the windows {' and '.join(map(repr, labels))} are the same", mend="leave one of them out"
        )
    return found
