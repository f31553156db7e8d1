"""How long a part that died waits for its next start.

died   died     died                    died
 |1 s|  |--2 s--| |----4 s----| healthy  |1 s|
 ----------------------------------------------> t
                              |<- 60 s ->|
"""

FIRST_S = 1.0
LONGEST_S = 30.0
FORGIVEN_AFTER_S = 60.0


class Backoff:
    """The waits of one part; instants are seconds of a monotonic clock."""

    def __init__(self) -> None:
        self._next = FIRST_S
        self._healthy_since: float | None = None

    def healthy(self, now: float) -> None:
        """The part has become healthy."""
        self._healthy_since = now

    def died(self, now: float) -> float:
        """The part died; returns the seconds to wait: doubled each time, 1 again after 60 s of health."""
        if self._healthy_since is not None and now - self._healthy_since >= FORGIVEN_AFTER_S:
            self._next = FIRST_S
        self._healthy_since = None
        wait_s, self._next = self._next, min(2 * self._next, LONGEST_S)
        return wait_s
