"""Runs one program that dies with its parent: `python -I -S launch.py PARENT_PID PROGRAM ARGS…`.

A script of its own, standard library only, rather than a preexec_fn: that one forks a process with threads, which
may deadlock and is a warning from Python 3.12 on. The kernel keeps the death signal across exec.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask to be killed with the parent, then become the program."""
    parent, program = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    # The parent may have died before the request was in place: then nobody will send the signal.
    if os.getppid() != parent:
        sys.exit(1)
    os.execve(program[0], program, os.environ)


if __name__ == "__main__":
    main()
