"""Signals: raised where `finally` runs, put off where they must not fall."""

import signal
import threading
from collections.abc import Iterator

import pytest

from millpond.local import signals


@pytest.fixture(autouse=True)
def _unhandled() -> Iterator[None]:
    """Each test begins with Python's own handlers; a stack of the test session has some of its own."""
    before = {number: signal.getsignal(number) for number in signals.STOPPING}
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_end_becomes_an_exit_with_the_shells_code(number: signal.Signals) -> None:
    with pytest.raises(SystemExit) as exit_, signals.as_exit():
        signal.raise_signal(number)
    assert exit_.value.code == 128 + number
    assert signal.getsignal(number) is signal.SIG_DFL


def test_a_handler_of_somebody_else_stays() -> None:
    caught: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: caught.append(number))
    try:
        with signals.as_exit():
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert caught == [signal.SIGTERM]


def test_a_signal_put_off_comes_at_the_end() -> None:
    steps: list[str] = []

    def two_steps() -> None:
        with signals.put_off():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            steps.append("not cut in two")

    with pytest.raises(KeyboardInterrupt):
        two_steps()
    assert steps == ["not cut in two"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_put_off_nests() -> None:
    steps: list[str] = []

    def nested() -> None:
        with signals.put_off():
            with signals.put_off():
                signal.raise_signal(signal.SIGINT)
            steps.append("still put off")

    with pytest.raises(KeyboardInterrupt):
        nested()
    assert steps == ["still put off"]


def test_elsewhere_than_in_the_main_thread_nothing_changes() -> None:
    handlers: list[object] = []

    def look() -> None:
        with signals.as_exit(), signals.put_off():
            handlers.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert handlers == [signal.SIG_DFL]
