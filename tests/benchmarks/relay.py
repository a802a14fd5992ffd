"""A TCP relay between browser and server, which counts what passes: bytes and websocket frames.

It can be cut, as a network is, and mended again.
"""

import asyncio
import contextlib
import dataclasses
import socket
import threading

__all__ = ["FrameCounter", "Relay", "Traffic"]


@dataclasses.dataclass(frozen=True)
class Traffic:
    """Bytes and websocket data frames (control frames not) in both directions, from the browser."""

    bytes_up: int = 0
    bytes_down: int = 0
    frames_up: int = 0
    frames_down: int = 0

    def __sub__(self, other):
        pairs = zip(dataclasses.astuple(self), dataclasses.astuple(other), strict=True)
        return Traffic(*(a - b for a, b in pairs))


class FrameCounter:
    """Counts websocket frames (RFC 6455, section 5.2) in a byte stream cut anywhere.

    The stream begins with an HTTP head, which is passed over; where it does not ask for, or
    grant, a websocket, nothing is counted.
    """

    def __init__(self):
        self.data = self.control = 0
        self._head = b""
        self._state = "http"
        self._skip = 0

    def feed(self, chunk):
        if self._state == "other":
            return
        if self._state == "http":
            self._head += chunk
            head, end, chunk = self._head.partition(b"\r\n\r\n")
            if not end:
                return
            websocket = b"upgrade: websocket" in head.lower()
            self._state = "frames" if websocket else "other"
            self._head = b""
            if not websocket:
                return
        at = 0
        while at < len(chunk):
            if self._skip:
                taken = min(self._skip, len(chunk) - at)
                self._skip -= taken
                at += taken
            else:
                self._head += chunk[at : at + 1]
                at += 1
                self._try_head()

    def _try_head(self):
        head = self._head
        if len(head) < 2:
            return
        length = head[1] & 0x7F
        extended = {126: 2, 127: 8}.get(length, 0)
        if len(head) < 2 + extended:
            return
        if extended:
            length = int.from_bytes(head[2:], "big")
        masking_key = 4 if head[1] & 0x80 else 0
        self._skip = length + masking_key
        self._head = b""
        if head[0] & 0x08:
            self.control += 1
        else:
            self.data += 1


class Relay:
    """A TCP relay to `port` on this machine, in a thread of its own; a context manager.

    With `renames` it tells the server that it was asked for by its own port, as a proxy does that
    rewrites Host.

    Browsers open a fresh connection for a websocket, so a connection is either HTTP or frames.
    """

    def __init__(self, port, renames=False):
        self.target = port
        self.renames = renames
        self.port = None
        self._bytes = {"up": 0, "down": 0}
        self._counters = {"up": [], "down": []}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()
        self._whole = True

    def __enter__(self):
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def cut(self):
        """End all connections, and refuse those to come."""
        self._whole = False
        asyncio.run_coroutine_threadsafe(self._end_all(), self._loop).result()

    def hold(self):
        """Let nothing pass any more, and say so to nobody: as where a network falls silent."""
        self._loop.call_soon_threadsafe(self._flowing.clear)

    def mend(self):
        """Let new connections through again, and what was held."""
        self._whole = True
        self._loop.call_soon_threadsafe(self._flowing.set)

    @property
    def traffic(self):
        """Traffic since the relay started."""
        frames = {k: sum(c.data for c in counters) for k, counters in self._counters.items()}
        return Traffic(self._bytes["up"], self._bytes["down"], frames["up"], frames["down"])

    def _run(self):
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self):
        self._stop = asyncio.Event()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._tasks = set()
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        await self._end_all()

    async def _end_all(self):
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def _connection(self, reader, writer):
        if not self._whole:
            writer.close()
            return
        self._tasks.add(asyncio.current_task())
        with contextlib.suppress(asyncio.CancelledError):
            await self._join(reader, writer)

    async def _join(self, reader, writer):
        try:
            up = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.close()
            return
        for w in (writer, up[1]):
            w.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.gather(
            self._pump("up", reader, up[1]),
            self._pump("down", up[0], writer),
            return_exceptions=True,
        )

    async def _pump(self, direction, reader, writer):
        counter = FrameCounter()
        self._counters[direction].append(counter)
        try:
            while chunk := await reader.read(1 << 18):
                self._bytes[direction] += len(chunk)
                await self._flowing.wait()
                if self.renames and direction == "up":
                    here, there = (
                        b"Host: localhost:%d\r" % one for one in (self.port, self.target)
                    )
                    chunk = chunk.replace(here, there)
                counter.feed(chunk)  # before it goes on, so that what arrived has been counted
                writer.write(chunk)
                await writer.drain()
        finally:
            writer.close()
