"""What is held of a connection: recalled while it is right, and asked for anew once the server tells otherwise."""

from typing import Any

import pytest
import redis

from millpond.serve.cache import OVERHEAD, Cached, TileCache, reply_of
from millpond.serve.exchange import CachedExchange, hear, parser

A, B = ("GET", "ns.shop:{card=a}:v"), ("GET", "ns.shop:{card=b}:v")
EPOCH = ("HGET", "ns:freshness", "epoch")
A_CHANGED = b">2\r\n$10\r\ninvalidate\r\n*1\r\n$18\r\nns.shop:{card=a}:v\r\n"
ALL_CHANGED = b">2\r\n$10\r\ninvalidate\r\n_\r\n"


class Connection:
    """Exchanges over one connection, whose other side is written by hand."""

    def __init__(self, most: int = 1_000_000) -> None:
        self.parser = parser()
        self.cache = TileCache("ns.", most)

    def begin(self, *commands: Any) -> CachedExchange:
        return CachedExchange(self.parser, commands, self.cache)

    def ask(self, *commands: Any, answer: bytes) -> tuple[list[Any], list[Any]]:
        """What was sent, and what came of it."""
        exchange = self.begin(*commands)
        sent = list(exchange.wanted)
        assert exchange.feed(answer)
        assert not exchange.wanted
        return sent, [reply_of(one) for one in exchange.replies]


@pytest.fixture
def connection() -> Connection:
    made = Connection()
    made.ask(A, B, EPOCH, answer=b"+a1\r\n+b1\r\n+e\r\n")
    return made


def test_what_is_held_is_not_sent(connection: Connection) -> None:
    assert connection.ask(A, B, EPOCH, answer=b"+e\r\n") == ([EPOCH], [b"a1", b"b1", b"e"])


def test_what_has_changed_before_it_was_asked_is_asked_for_with_what_comes_last(connection: Connection) -> None:
    exchange = connection.begin(A, B, EPOCH)
    assert exchange.feed(A_CHANGED + b"+e\r\n")
    assert exchange.wanted == [A, EPOCH]
    assert not exchange.feed(b"+a2\r\n")
    assert exchange.feed(b"+e2\r\n")
    assert not exchange.wanted
    assert list(map(reply_of, exchange.replies)) == [b"a2", b"b1", b"e2"]
    assert connection.ask(A, EPOCH, answer=b"+e\r\n") == ([EPOCH], [b"a2", b"e"])


def test_what_changes_behind_its_answer_is_used_once(connection: Connection) -> None:
    hear(connection.parser, connection.cache, A_CHANGED)
    assert connection.ask(A, EPOCH, answer=b"+a2\r\n" + A_CHANGED + b"+e\r\n") == ([A, EPOCH], [b"a2", b"e"])
    assert connection.ask(A, EPOCH, answer=b"+a3\r\n+e\r\n") == ([A, EPOCH], [b"a3", b"e"])


def test_what_is_pushed_in_pieces_is_taken_in_whole(connection: Connection) -> None:
    assert connection.ask(A, EPOCH, answer=b"+e\r\n" + A_CHANGED[:20])[1] == [b"a1", b"e"]
    hear(connection.parser, connection.cache, A_CHANGED[20:])
    assert connection.ask(A, EPOCH, answer=b"+a2\r\n+e\r\n")[1] == [b"a2", b"e"]


def test_all_may_have_changed(connection: Connection) -> None:
    hear(connection.parser, connection.cache, ALL_CHANGED)
    assert connection.ask(A, B, EPOCH, answer=b"+a2\r\n_\r\n+e\r\n")[1] == [b"a2", None, b"e"]
    assert connection.ask(B, EPOCH, answer=b"+e\r\n") == ([EPOCH], [None, b"e"])


def test_all_of_a_key_changes_at_once(connection: Connection) -> None:
    fields = ("HMGET", A[1], "1", "2")
    connection.ask(fields, EPOCH, answer=b"*2\r\n+x\r\n_\r\n+e\r\n")
    assert connection.ask(fields, A, EPOCH, answer=b"+e\r\n") == ([EPOCH], [[b"x", None], b"a1", b"e"])
    hear(connection.parser, connection.cache, A_CHANGED)
    assert list(connection.begin(fields, A, EPOCH).wanted) == [fields, A, EPOCH]


def test_what_could_be_held_is_asked_for_where_nothing_else_is(connection: Connection) -> None:
    assert connection.ask(EPOCH, A, answer=b"+e\r\n+a1\r\n") == ([EPOCH, A], [b"e", b"a1"])


def test_a_node_that_takes_a_slot_over_is_asked_for_everything(connection: Connection) -> None:
    commands = (("ASKING",), A, EPOCH)
    assert connection.ask(*commands, answer=b"+OK\r\n+a1\r\n+e\r\n")[0] == list(commands)


def test_errors_and_what_is_no_tile_are_not_held(connection: Connection) -> None:
    hear(connection.parser, connection.cache, A_CHANGED)
    exchange = connection.begin(A, EPOCH)
    assert exchange.feed(b"-WRONGTYPE it is no string\r\n+e\r\n")
    assert exchange.has_errors
    assert isinstance(exchange.replies[0], redis.ResponseError)
    assert not isinstance(exchange.replies[1], Cached)
    assert list(connection.begin(A, EPOCH).wanted) == [A, EPOCH]


def test_what_was_held_the_longest_gives_way() -> None:
    connection = Connection(most=2 * (OVERHEAD + 2))
    connection.ask(A, B, EPOCH, answer=b"+a1\r\n+b1\r\n+e\r\n")
    hear(connection.parser, connection.cache, A_CHANGED)
    connection.ask(A, EPOCH, answer=b"+a2\r\n+e\r\n")
    c = ("GET", "ns.shop:{card=c}:v")
    connection.ask(c, EPOCH, answer=b"+c1\r\n+e\r\n")
    assert list(connection.begin(A, B, c, EPOCH).wanted) == [B, EPOCH]


def test_what_does_not_fit_is_read_all_the_same() -> None:
    connection = Connection(most=OVERHEAD)
    for _ in range(2):
        sent, replies = connection.ask(A, B, EPOCH, answer=b"+a1\r\n+b1\r\n+e\r\n")
        assert (sent, replies) == ([A, B, EPOCH], [b"a1", b"b1", b"e"])


def test_what_is_not_asked_for_is_no_push(connection: Connection) -> None:
    with pytest.raises(redis.InvalidResponse, match="was not asked for"):
        hear(connection.parser, connection.cache, b"+late\r\n")
    with pytest.raises(ConnectionError):
        hear(connection.parser, connection.cache, b"")
