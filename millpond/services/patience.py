"""How long a request waits: for events that are not in the store yet, and for a store that does not answer."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from millpond.serve.status import Status
from millpond.services import BUDGET_MS, WAIT_MS, WhenUnavailable

AGAIN_MS: Final = 15  # between two looks at the same request; tiles are put together for 80 ms
BUSY: Final = 3  # looking again may take a third of the time


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """When a vector is an answer.

    Attributes:
        wait_ms: how long it may be looked at again while something of it is `behind`.
        budget_ms: how long while the store does not answer.
        when_unavailable: whether it is answered `unavailable` then, or waits on.
    """

    wait_ms: int = WAIT_MS
    budget_ms: int = BUDGET_MS
    when_unavailable: WhenUnavailable = "reply"

    def is_enough(self, statuses: Collection[Status], waited_ms: float, *, is_hopeless: bool = False) -> bool:
        """Whether a vector is to be answered as it is.

        Args:
            statuses: of its features.
            waited_ms: since its request was taken.
            is_hopeless: its own event is one that no job accepts: it is never in.
        """
        if "unavailable" in statuses:
            return self.when_unavailable == "reply" and waited_ms >= self.budget_ms
        return "behind" not in statuses or waited_ms >= self.wait_ms or is_hopeless


def again_ms(look_ms: float) -> float:
    """How long until the next look at what waits, after one that took so long."""
    return max(AGAIN_MS, look_ms * (BUSY - 1))
