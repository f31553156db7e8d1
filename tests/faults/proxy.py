"""A TCP proxy that hurts what goes through it: latency, resets, and half-open connections."""

import asyncio
import socket
import ssl
import struct
import threading
from contextlib import suppress
from typing import Final, Self

from millpond.local.ports import LOOPBACK

CHUNK: Final = 1 << 16
RESET: Final = struct.pack("ii", 1, 0)  # SO_LINGER on, for 0 s: closing sends a reset
STARTS_WITHIN_S: Final = 10.0


class Proxy:
    """Carries connections to a port of this machine, from a thread of its own.

    Attributes:
        delay_s: how long each piece of a stream is kept back, either way.
        swallows: connections stay open, and what comes is read and goes nowhere; new ones are accepted, too.
    """

    def __init__(self, target: int, port: int, tls: ssl.SSLContext | None = None) -> None:
        self.port = port
        self.delay_s = 0.0
        self.swallows = False
        self._target = target
        self._tls = tls  # what comes is encrypted; what goes to the target is not
        self._loop = asyncio.new_event_loop()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"proxy-{port}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._listening.wait(STARTS_WITHIN_S), "the proxy does not listen"
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def heal(self) -> None:
        """Carry everything at once again; a stream of which something was swallowed is broken and must be reset."""
        self.delay_s, self.swallows = 0.0, False

    def reset(self) -> None:
        """Break every connection there is, as a router that lost its tables does."""
        asyncio.run_coroutine_threadsafe(self._reset(), self._loop).result(STARTS_WITHIN_S)

    async def _reset(self) -> None:
        for writer in list(self._writers):
            connection = writer.get_extra_info("socket")
            with suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._accept, LOOPBACK, self.port, ssl=self._tls))
        self._listening.set()
        self._loop.run_forever()
        server.close()
        for task in self._tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*self._tasks, return_exceptions=True))
        self._loop.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "streams are served in tasks"
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            there_reader, there_writer = await asyncio.open_connection(LOOPBACK, self._target)
        except OSError:
            writer.transport.abort()
            return
        ends = (writer, there_writer)
        self._writers.update(ends)
        try:
            await asyncio.gather(self._carry(reader, there_writer), self._carry(there_reader, writer))
        finally:
            self._writers.difference_update(ends)
            for end in ends:
                end.transport.abort()

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await source.read(CHUNK):
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                if not self.swallows:
                    sink.write(piece)
                    await sink.drain()
        if sink.can_write_eof() and not sink.is_closing():
            with suppress(OSError):
                sink.write_eof()
