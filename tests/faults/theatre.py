"""The stack that runs are played on: supervised as by `millpond up`, two TaskManagers, proxies before two parts."""

import dataclasses
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from millpond.local.blueprint import Sizes
from millpond.local.parts.flink_config import FlinkSizes
from millpond.local.ports import LOOPBACK, free_ports
from millpond.local.stack import Stack
from millpond.local.workspace import Workspace
from tests.faults.proxy import Proxy

SIZES: Final = Sizes(
    kafka_heap=512, flink=FlinkSizes(task_managers=2, task_heap=512, managed=384, network=128, slots=2)
)
CHECKPOINT_DISK: Final = "192m"


@dataclass(frozen=True, kw_only=True)
class Theatre:
    """Where runs are played.

    Attributes:
        stack: supervised.
        kafka_proxy, store_proxy: what Millpond's own parts go through to the broker and to Valkey.
        checkpoints: a disk of its own, small, so that it can be filled; None where it could not be mounted.
    """

    stack: Stack
    kafka_proxy: Proxy
    store_proxy: Proxy
    checkpoints: Path | None

    @property
    def kafka(self) -> str:
        """Bootstrap servers, through the proxy."""
        return f"{LOOPBACK}:{self.kafka_proxy.port}"

    @property
    def store(self) -> str:
        """The store's address, through the proxy."""
        return f"redis://{LOOPBACK}:{self.store_proxy.port}"


@contextmanager
def theatre(run_dir: Path, *, disk: bool) -> Iterator[Theatre]:
    """A running theatre.

    Args:
        disk: give the checkpoints a small disk of their own; takes the right to mount.
    """
    with ExitStack() as cleanup:
        checkpoints = cleanup.enter_context(_small_disk(run_dir / "flink" / "checkpoints")) if disk else None
        stack = cleanup.enter_context(Stack.start(run_dir=run_dir, sizes=SIZES, restart=True))
        listener, kafka_front, store_front = free_ports(3)  # of those the stack has left
        _add_listener(stack, run_dir / "kafka" / "server.properties", listener, kafka_front)
        store = int(stack.addresses.store.rpartition(":")[2])
        yield Theatre(
            stack=stack,
            kafka_proxy=cleanup.enter_context(Proxy(listener, kafka_front)),
            store_proxy=cleanup.enter_context(Proxy(store, store_front)),
            checkpoints=checkpoints,
        )


def _add_listener(stack: Stack, config: Path, port: int, front: int) -> None:
    """Have the broker listen on a second port, whose clients are told to come back through the proxy."""
    member = stack._members["kafka"]
    text = member.part.files[config]
    for name, entry in {
        "listeners": f"PROXIED://{LOOPBACK}:{port}",
        "advertised.listeners": f"PROXIED://{LOOPBACK}:{front}",
        "listener.security.protocol.map": "PROXIED:PLAINTEXT",
    }.items():
        text = text.replace(f"\n{name}=", f"\n{name}={entry},")
    member.part = dataclasses.replace(member.part, files={config: text})
    stack.restart("kafka")


@contextmanager
def _small_disk(folder: Path) -> Iterator[Path | None]:
    """A disk mounted on a folder, also where one was left there; None where nobody may mount."""
    folder.mkdir(parents=True, exist_ok=True)
    while folder.is_mount():
        subprocess.run(["umount", str(folder)], check=True)
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={CHECKPOINT_DISK}", "tmpfs", str(folder)], check=True)
    except (OSError, subprocess.CalledProcessError):
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def run_folder() -> Path:
    """Where the stack lives."""
    return Workspace.find().root / ".millpond" / "faults"
