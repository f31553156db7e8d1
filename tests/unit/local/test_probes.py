"""A probe says why a part does not serve, whatever the part does."""

import socket
import threading
from collections.abc import Iterator

import pytest

from millpond.local.ports import LOOPBACK
from millpond.local.probes import _get


@pytest.fixture
def dying() -> Iterator[str]:
    """The address of a server that dies in the middle of its answer."""
    with socket.create_server((LOOPBACK, 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
            connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://{LOOPBACK}:{server.getsockname()[1]}/"
        thread.join()


def test_an_answer_that_breaks_off_is_a_reason_and_no_exception(dying: str) -> None:
    assert "IncompleteRead" in str(_get(dying))


def test_nobody_there_is_a_reason() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
    assert "refused" in str(_get(f"http://{LOOPBACK}:{port}/"))
