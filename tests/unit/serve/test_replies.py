"""Replies taken from a socket: in pieces, with errors among them, broken off, and too late."""

import socket
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Final

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from millpond.serve.connections import Link
from millpond.serve.exchange import Exchange

TWO: bytes = b"*2\r\n$2\r\nab\r\n$-1\r\n" + b"$5\r\nthere\r\n"


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    with near, far:
        yield near, far


COMMANDS: Final = [("GET", "one"), ("GET", "two")]


def exchanged(near: socket.socket, count: int, seconds: float = 5.0) -> Exchange:
    link = Link(SimpleNamespace(_sock=near), 1)
    exchange = link.begin(COMMANDS[:count])
    link.make(exchange, time.monotonic() + seconds)
    return exchange


def taken(near: socket.socket, count: int, seconds: float = 5.0) -> list[object]:
    return exchanged(near, count, seconds).replies


@given(st.lists(st.integers(1, len(TWO) - 1), max_size=4).map(sorted))
def test_whichever_way_they_come_in_pieces(cuts: list[int]) -> None:
    near, far = socket.socketpair()
    with near, far:
        for start, end in zip([0, *cuts], [*cuts, len(TWO)], strict=True):
            far.sendall(TWO[start:end])
        assert taken(near, 2) == [[b"ab", None], b"there"]


def test_an_error_among_them_is_told(ends: tuple[socket.socket, socket.socket]) -> None:
    near, far = ends
    far.sendall(b"$2\r\nab\r\n-WRONGTYPE it is no hash\r\n")
    both = exchanged(near, 2)
    assert both.has_errors
    assert both.replies[0] == b"ab"
    assert isinstance(both.replies[1], redis.ResponseError)
    assert str(both.replies[1]) == "WRONGTYPE it is no hash"


def test_where_it_is_broken_off_or_late_nothing_is_made_up(ends: tuple[socket.socket, socket.socket]) -> None:
    near, far = ends
    far.sendall(TWO[:-3])
    with pytest.raises(TimeoutError):
        taken(near, 2, seconds=0.05)
    with pytest.raises(TimeoutError):
        taken(near, 2, seconds=-1)
    far.close()
    with pytest.raises(ConnectionError):
        taken(near, 2)


def test_what_is_no_reply_is_said(ends: tuple[socket.socket, socket.socket]) -> None:
    near, far = ends
    far.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    with pytest.raises(redis.InvalidResponse):
        taken(near, 1)
