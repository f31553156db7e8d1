"""The proxy, over real sockets of this machine."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from millpond.local.ports import LOOPBACK, free_ports
from tests.faults.proxy import Proxy


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """Before a server that answers everything with itself."""
    with socket.create_server((LOOPBACK, 0)) as server:
        threading.Thread(target=_echo, args=(server,), daemon=True).start()
        (port,) = free_ports(1)
        with Proxy(server.getsockname()[1], port) as made:
            yield made


def _echo(server: socket.socket) -> None:
    def answer(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while piece := connection.recv(1024):
                connection.sendall(piece)

    with suppress(OSError):
        while True:
            threading.Thread(target=answer, args=(server.accept()[0],), daemon=True).start()


def connected(proxy: Proxy) -> socket.socket:
    return socket.create_connection((LOOPBACK, proxy.port), 10)


def test_it_carries_both_ways(proxy: Proxy) -> None:
    with connected(proxy) as connection:
        connection.sendall(b"hello")
        assert connection.recv(16) == b"hello"


def test_a_reset_breaks_the_connections_there_are_and_no_later_one(proxy: Proxy) -> None:
    with connected(proxy) as connection:
        connection.sendall(b"hello")
        assert connection.recv(16) == b"hello"
        proxy.reset()
        with pytest.raises(ConnectionResetError):
            connection.recv(16)
    test_it_carries_both_ways(proxy)


def test_half_open_it_accepts_and_nothing_comes_back(proxy: Proxy) -> None:
    proxy.swallows = True
    with connected(proxy) as connection:
        connection.sendall(b"hello")
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(16)
    proxy.heal()
    test_it_carries_both_ways(proxy)
