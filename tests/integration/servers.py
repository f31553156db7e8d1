"""Valkey processes of a test's own: they may be emptied, frozen, killed and restored."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import redis

from millpond.local.parts.part import Part
from millpond.local.parts.valkey import valkey
from millpond.local.ports import free_ports


def until(holds: Callable[[], bool], *, within_s: float = 60.0, what: str = "") -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


class Server:
    """A Valkey process."""

    def __init__(self, folder: Path, port: int, *options: str) -> None:
        folder.mkdir(parents=True)
        part = valkey(folder=folder, logs=folder, port=port)
        self._run(part, folder, (*part.argv, *options))

    def _run(self, part: Part, folder: Path, argv: Sequence[str]) -> None:
        (self.port,) = part.ports
        self.url = part.address
        self.client: Any = redis.Redis.from_url(self.url, socket_timeout=10)
        self._argv, self._env, self._folder = argv, part.environment(), folder
        self.start()

    def start(self) -> None:
        with (self._folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self._argv, cwd=self._folder, env=self._env, stdout=log, stderr=subprocess.STDOUT
            )
        until(self._answers, what="Valkey does not answer")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.process.pid, signal.SIGCONT)

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.RedisError:
            return False

    def say(self, *words: object) -> Any:
        """One command, and its reply as it comes."""
        return self.client.execute_command(*words)

    def close(self) -> None:
        self.client.close()
        self.kill()


class OwnStore(Server):
    """A Valkey alone, at a free port."""

    def __init__(self, folder: Path) -> None:
        (port,) = free_ports(1)
        super().__init__(folder, port)
