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


def test_what_passes_is_tried_again(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(retry, "FIRST_DELAY_S", 0.001)
    stop = threading.Event()
    with caplog.at_level("WARNING"):
        assert insist(failing(3, Passing("away")), what="writing", transient=is_passing, stop=stop) == "done"
    assert [record.message.split(",")[0] for record in caplog.records] == [
        *["writing fails"] * 3,
        "writing works again",
    ]


def test_what_stays_is_raised_at_once() -> None:
    with pytest.raises(ValueError, match="wrong"):
        insist(failing(1, ValueError("wrong")), what="writing", transient=is_passing, stop=threading.Event())


def test_a_stop_ends_it() -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped, match="writing"):
        insist(failing(9, Passing("away")), what="writing", transient=is_passing, stop=stop)
