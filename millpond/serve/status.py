"""What a value is worth, said with every value."""

from collections.abc import Iterable
from typing import Final, Literal

from millpond.plan.html import Tone

Status = Literal[
    "present", "empty", "no_key", "capped", "overflow", "ahead", "behind", "incomplete", "stale", "unavailable"
]

# From good to bad: a vector's status is the worst of its features'.
#   present      computed from the events of the window
#   empty        the entity has no event in the window: counts and sums are 0, the rest is null
#   no_key       the request has no value for a key column: null
#   capped       a declared cap was reached
#   overflow     the exact result does not fit its type: null
#   ahead        the head tile already holds events later than the instant read
#   behind       the request's own event is not in yet
#   incomplete   the window reaches back before the tiles were covered, or its ring slots are in use again
#   stale        the job, the tile topic or the source has not been seen up to date for longer than stale_after
#   unavailable  the store did not answer in time
STATUSES: Final[tuple[Status, ...]] = (
    "present", "empty", "no_key", "capped", "overflow", "ahead", "behind", "incomplete", "stale", "unavailable",
)  # fmt: skip
SEVERITY: Final[dict[Status, int]] = {status: rank for rank, status in enumerate(STATUSES)}

# Only these carry values meant to be used; under any other a vector's value is None.
USABLE: Final[frozenset[Status]] = frozenset({"present", "empty", "no_key", "capped"})


# How a status looks to people: to be used, nothing there, to be used with care, not to be used.
TONES: Final[dict[Status, Tone]] = {
    "present": "good", "empty": "none", "no_key": "none", "capped": "care", "overflow": "bad", "ahead": "bad",
    "behind": "bad", "incomplete": "bad", "stale": "bad", "unavailable": "bad",
}  # fmt: skip


def worse(a: Status, b: Status) -> Status:
    """The worse of two."""
    return a if SEVERITY[a] >= SEVERITY[b] else b


def worst(statuses: Iterable[Status]) -> Status:
    """The worst of any number; of none `present`."""
    return max(statuses, key=SEVERITY.__getitem__, default="present")
