"""Server-side scripts: loaded from beside this file, called by hash, loaded again wherever the store forgot them."""

import hashlib
from collections.abc import Callable, Sequence
from importlib import resources
from typing import Any, Final

import msgspec
from redis.exceptions import NoScriptError, RedisError

Client = Any  # redis.Redis: its stubs type every reply as a union of sync and async
Pipeline = Any

_ATTEMPTS: Final = 3


class Script(msgspec.Struct, frozen=True):
    """A Lua script and the hash the store knows it by."""

    text: str
    sha: str

    @classmethod
    def load(cls, *names: str) -> "Script":
        """The script of `<name>.lua` of this room, one behind the other."""
        room = resources.files("millpond.store")
        text = "".join(room.joinpath(f"{name}.lua").read_text("utf-8") for name in names)
        return cls(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


def run(client: Client, scripts: Sequence[Script], queue: Callable[[Pipeline], None]) -> list[Any]:
    """One round trip of pipelined commands, which may call `scripts`; their replies in order.

    A store that was emptied, restarted or failed over has forgotten the scripts: they are loaded and everything is sent
    again, so what is queued must bear being done twice.

    Raises:
        RedisError: the first command that failed; earlier and later ones may have been done.
    """
    replies = attempt(client, scripts, queue)
    for reply in replies:
        if isinstance(reply, RedisError):
            raise reply
    return replies


def attempt(client: Client, scripts: Sequence[Script], queue: Callable[[Pipeline], None]) -> list[Any]:
    """As `run`, but a command that failed has its error for a reply."""
    replies: list[Any] = []
    for _ in range(_ATTEMPTS):
        with client.pipeline(transaction=False) as pipe:
            queue(pipe)
            replies = pipe.execute(raise_on_error=False)
        if not any(isinstance(reply, NoScriptError) for reply in replies):
            break
        for script in scripts:
            client.script_load(script.text)
    return replies
