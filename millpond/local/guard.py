"""Kills the process groups it was told of when whoever told it is gone: `python -I -S guard.py < pipe`.

Linux kills a part with its supervisor already (see launch.py). The guard does it where there is no such request
(macOS), and reaches what a part started itself. It reads lines `+PID` and `-PID`; the end of its input, which
comes even after kill -9, is the order. Standard library only.
"""

import contextlib
import os
import signal
import sys


def main() -> None:
    """Listen until the end of input, then kill what is still listed."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        pid = int(line[1:])
        groups.add(pid) if line[0] == "+" else groups.discard(pid)
    for group in groups:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
