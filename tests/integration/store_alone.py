"""The store and nothing else, for tests that ask for nothing else: ready in less than a second."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NoReturn

from millpond.local.addresses import Addresses
from millpond.local.child import Child, Guard, last_lines
from millpond.local.parts.valkey import valkey
from millpond.local.ports import free_ports
from millpond.plan.clock import now_ms
from millpond.plan.errors import StackError

READY_WITHIN_S: Final = 20.0


def _absent(*_what: object, **_how: object) -> NoReturn:
    raise StackError("only the store was started", mend="run this test without MILLPOND_TEST_STACK=store")


class StoreAlone:
    """A stack of one part; its other addresses lead nowhere."""

    def __init__(self, child: Child, store: str, run_dir: Path) -> None:
        self._child = child
        nowhere = dict.fromkeys(("flink_home", "flink_conf", "java_home"), run_dir)
        self.addresses = Addresses(kafka="", registry="", flink="", store=store, logs=run_dir, **nowhere)

    @classmethod
    @contextmanager
    def start(cls, run_dir: Path) -> Iterator["StoreAlone"]:
        """Start it, return when it answers, and end it with us, whatever happens."""
        part = valkey(folder=run_dir / "valkey", logs=run_dir, port=free_ports(1)[0])
        part.folder.mkdir(parents=True)
        guard = Guard()
        try:
            child = Child(part.argv, env=part.environment(), cwd=part.folder, log=part.log, guard=guard)
            try:
                deadline = time.monotonic() + READY_WITHIN_S
                while part.probe is not None and (why := part.probe(now_ms())) is not None:
                    if child.exit_code() is not None or time.monotonic() > deadline:
                        raise StackError(f"{why}\n{last_lines(part.log)}", where=part.name)
                    time.sleep(0.02)
                yield cls(child, part.address, run_dir)
            finally:
                child.stop(part.grace_s)
        finally:
            guard.close()

    def check(self) -> None:
        """Raise StackError where it ended."""
        if self._child.exit_code() is not None:
            raise StackError(f"ended with {self._child.exit_code()}", where="valkey")

    spawn = stop = kill = restart = freeze = thaw = _absent
