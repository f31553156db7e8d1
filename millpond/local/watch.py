"""Asks a part again and again whether it serves, without waiting for its answers."""

import threading
from concurrent.futures import Future

from millpond.local.parts.part import Probe

UNKNOWN = "no answer yet"


class Watch:
    """One question at a time, each in a thread of its own: a frozen part holds its questioner for seconds.

    Args:
        probe: what asks.
        since_ms: when the process asked about was started, in milliseconds since the epoch.

    Attributes:
        why_not: the last answer: None when it serves; UNKNOWN before the first.
    """

    def __init__(self, probe: Probe, since_ms: int) -> None:
        self.why_not: str | None = UNKNOWN
        self._probe = probe
        self._since_ms = since_ms
        self._question: Future[str | None] | None = None
        self._asked_at = float("-inf")
        self._failing_since: float | None = None

    def look(self, now: float, every_s: float) -> None:
        """Take the answer if it has come, and ask anew `every_s` seconds after the last question.

        Whatever the probe raised is raised here.
        """
        if self._question is not None:
            if not self._question.done():
                return
            self.why_not = self._question.result()
            self._question = None
            if self.why_not is None:
                self._failing_since = None
            elif self._failing_since is None:
                self._failing_since = self._asked_at
        if now - self._asked_at >= every_s:
            self._asked_at = now
            self._question = Future()
            threading.Thread(target=self._ask, args=(self._question,), daemon=True).start()

    def failing_s(self, now: float) -> float:
        """For how many seconds every answer has been a bad one; 0 when the last was good or there is none."""
        return 0.0 if self._failing_since is None else now - self._failing_since

    def excuse(self) -> None:
        """Bad answers so far do not count: they were another's fault."""
        self._failing_since = None

    def _ask(self, question: "Future[str | None]") -> None:
        try:
            question.set_result(self._probe(self._since_ms))
        except BaseException as error:  # noqa: BLE001 - raised by `look`, in the thread that watches
            question.set_exception(error)
