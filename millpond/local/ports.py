"""Free ports on the loopback interface."""

import random
import socket

LOOPBACK = "127.0.0.1"
# Below the range from which Linux (32768) and macOS (49152) take ports for outgoing connections: one chosen here
# cannot be taken by a client in the seconds before its server binds it.
FIRST, LAST = 15_000, 32_000


def free_ports(count: int) -> tuple[int, ...]:
    """That many different ports nobody listens on now."""
    chosen: set[int] = set()
    while len(chosen) < count:
        port = random.randrange(FIRST, LAST)
        if port not in chosen and _is_free(port):
            chosen.add(port)
    return tuple(chosen)


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port in TIME_WAIT can be bound again.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def is_listening(port: int) -> bool:
    """Whether somebody accepts connections on a loopback port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((LOOPBACK, port)) == 0
