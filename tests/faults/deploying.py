"""Deploys a pool from a process of its own, to be killed; SETTINGS.json, POOL.json and START are its arguments."""

import sys
from pathlib import Path
from typing import cast

import msgspec

from millpond.control.deploy import deploy
from millpond.control.settings import Settings
from millpond.plan.deployment import Start
from millpond.plan.model import Pool, decode


def main() -> None:
    """Deploy, and tell each step."""
    _, settings, pool, start = sys.argv
    deploy(
        msgspec.json.decode(Path(settings).read_bytes(), type=Settings),
        decode(Path(pool).read_bytes(), Pool, where=pool),
        start=cast(Start, start),
        replay=True,
        say=lambda line: print(line, flush=True),
    )


if __name__ == "__main__":
    main()
