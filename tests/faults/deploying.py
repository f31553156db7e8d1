"""Deploys a run's pool from a process of its own, to be killed; SETTINGS.json and TOPIC are its arguments."""

import sys
from pathlib import Path

import msgspec

from millpond.control.deploy import deploy
from millpond.control.settings import Settings
from millpond.local.workspace import Workspace
from millpond.plan.compiled import load_compiled
from tests.faults.pools import pool_over


def main() -> None:
    """Deploy over the whole topic."""
    settings = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Settings)
    deploy(settings, pool_over(load_compiled(Workspace.find().root), sys.argv[2]), start="earliest", replay=True)


if __name__ == "__main__":
    main()
