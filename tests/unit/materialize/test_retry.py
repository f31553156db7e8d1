"""Insisting: through what passes, not through what stays, and never longer than allowed to run."""

import threading
from collections.abc import Callable

import pytest

from millpond.materialize import retry
from millpond.materialize.retry import Stopped, insist


class Passing(Exception):
    pass


def is_passing(failure: Exception) -> bool:
    return isinstance(failure, Passing)


def failing(times: int, failure: Exception) -> Callable[[], str]:
    left = [failure] * times

    def attempt() -> str:
        if left:
            raise left.pop()
        return "done"

    return attempt


@pytest.mark.parametrize(("every_s", "again"), [(0.0, 2), (60.0, 0)])
def test_what_passes_is_tried_again_and_told_once_and_now_and_then(
    every_s: float, again: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(retry, "FIRST_DELAY_S", 0.001)
    monkeypatch.setattr(retry, "EVERY_S", every_s)
    stop = threading.Event()
    with caplog.at_level("WARNING"):
        found = insist(failing(3, Passing("away\n  mend: wait")), what="writing", transient=is_passing, stop=stop)
    assert found == "done"
    first, *others, last = [record.message for record in caplog.records]
    assert first == "writing fails, and is tried again until it works: away\n  mend: wait"
    assert others == ["writing still fails, after 0 s: away"] * again
    assert last.startswith("writing works again, after ")


def test_what_stays_is_raised_at_once() -> None:
    with pytest.raises(ValueError, match="wrong"):
        insist(failing(1, ValueError("wrong")), what="writing", transient=is_passing, stop=threading.Event())


def test_a_stop_ends_it() -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped, match="writing"):
        insist(failing(9, Passing("away")), what="writing", transient=is_passing, stop=stop)
