"""One deployment at a time, among processes that know each other only through Kafka."""

import os
import signal
import subprocess
import sys
import threading
import time

import msgspec
import pytest

from millpond.control import turn as control
from millpond.control.settings import Settings
from millpond.control.turn import turn
from millpond.plan.errors import DeployError

HOLD = """
import sys, time, msgspec
from millpond.control.settings import Settings
from millpond.control.turn import turn
with turn(msgspec.json.decode(sys.argv[1], type=Settings), print):
    print("mine", flush=True)
    time.sleep(600)
"""


def test_a_second_deployment_is_refused_and_told_who_deploys(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "WAIT_S", 0.5)
    said: list[str] = []
    with turn(settings, said.append):
        assert said == []
        refused = rf"another deployment is under way: process {os.getpid()} on [\s\S]*mend: wait until it has ended"
        with pytest.raises(DeployError, match=refused), turn(settings, said.append):
            raise AssertionError("there are two")
        assert len(said) == 1
        assert said[0].startswith(f"waiting for another deployment to end: process {os.getpid()} on ")
    with turn(settings, said.append):
        assert len(said) == 1


def test_one_that_was_killed_is_waited_for_and_holds_nobody_up_for_long(settings: Settings) -> None:
    argv = [sys.executable, "-c", HOLD, msgspec.json.encode(settings).decode()]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "mine\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    said: list[str] = []
    with turn(settings, said.append):
        assert [line.partition(f"process {process.pid} on ")[0] for line in said] == [
            "waiting for another deployment to end: "
        ]


def test_of_many_that_come_at_once_never_two_deploy(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "WAIT_S", 1.0)
    inside: list[int] = []
    together: list[int] = []
    refused: list[DeployError] = []
    begin = threading.Barrier(4)

    def deploy(number: int) -> None:
        begin.wait()
        for _ in range(3):
            try:
                with turn(settings, lambda _: None):
                    inside.append(number)
                    together.append(len(inside))
                    time.sleep(0.3)
                    inside.remove(number)
            except DeployError as error:
                refused.append(error)

    threads = [threading.Thread(target=deploy, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(together) <= {1}
    assert len(together) + len(refused) == 12
    assert all("another deployment is under way" in str(error) for error in refused)
    with turn(settings, lambda _: None):
        pass
