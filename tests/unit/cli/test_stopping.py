"""A first Ctrl-C is told, a second one is as ever."""

import os
import signal

import pytest

from millpond.cli.stopping import STOPPING, told_to_stop


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_first_is_told_with_the_code_of_a_shell(number: int, code: int) -> None:
    with told_to_stop() as stop:
        assert not stop()
        os.kill(os.getpid(), number)
        assert stop()
    assert stop.code == code


def test_the_second_interrupts() -> None:
    with told_to_stop() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_afterwards_all_is_as_it_was() -> None:
    before = [signal.getsignal(number) for number in STOPPING]
    with told_to_stop():
        assert [signal.getsignal(number) for number in STOPPING] != before
    assert [signal.getsignal(number) for number in STOPPING] == before
