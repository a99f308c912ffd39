"""One TCP connection, read and written with back-pressure, plain or turned into TLS on the way.

asyncio's streams cannot change a server connection to TLS and keep their flow control on Python 3.11, and copy
more than a proxy needs; this protocol holds at most `_HIGH` unread bytes and stops reading the socket above that.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable

_HIGH = 1 << 20


class Channel(asyncio.Protocol):
    """A connection's two directions. One task reads, one task writes. `connected` is called once it is open.

    `secure` says that it is made over TLS from its beginning.
    """

    def __init__(self, connected: "Callable[[Channel], None] | None" = None, *, secure: bool = False) -> None:
        self._connected = connected
        self._transport: asyncio.Transport | None = None
        self._chunks: list[bytes] = []
        self._size = 0
        self._eof = False
        self._lost = False
        self._paused = False
        self._tls = secure
        self._reader: asyncio.Future[None] | None = None
        self._drained: asyncio.Future[None] | None = None

    async def read(self) -> bytes:
        """What has arrived, at least one byte; `b""` at the end of the connection."""
        while not self._chunks:
            if self._eof or self._lost:
                return b""
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        data = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks.clear()
        self._size = 0
        if self._paused and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()
        return data

    async def write(self, data: bytes) -> None:
        """Send; waits while the other side reads slowly. Raises ConnectionError when it has gone."""
        if self._lost or self._transport is None or self._transport.is_closing():
            raise ConnectionResetError("the other side has closed the connection")
        self._transport.write(data)
        if self._drained is not None:
            await asyncio.shield(self._drained)
            if self._lost:
                raise ConnectionResetError("the other side has closed the connection")

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """Go on as the server of a TLS connection. Raises OSError (ssl.SSLError) when the handshake fails."""
        if self._transport is None or self._chunks:
            raise ConnectionError("bytes arrived before the TLS handshake")
        self._tls = True
        transport = await asyncio.get_running_loop().start_tls(self._transport, self, context, server_side=True)
        if transport is None:
            raise ConnectionResetError("the other side left during the TLS handshake")
        self._transport = transport

    @property
    def secure(self) -> bool:
        """Whether what is said here travels under TLS."""
        return self._tls

    @property
    def usable(self) -> bool:
        """Whether an idle connection can carry another request: open, and nothing unasked has arrived."""
        return not (self._lost or self._eof or self._chunks)

    def close(self) -> None:
        """Close after what was written has gone out."""
        if self._transport is not None:
            self._transport.close()

    async def linger(self, seconds: float) -> None:
        """Send no more, and read what still comes for a while: closing on unread bytes would destroy the answer."""
        if self._transport is not None and self._transport.can_write_eof():
            self._transport.write_eof()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while await self.read():
                    pass

    def abort(self) -> None:
        """Close at once; what was not sent is thrown away."""
        if self._transport is not None:
            self._transport.abort()

    # asyncio calls the following

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - TCP
        self._transport = transport
        # asyncio does this only for sockets that name TCP as their protocol; without it small answers wait 40 ms
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._connected is not None:
            self._connected(self)

    def data_received(self, data: bytes) -> None:
        self._chunks.append(data)
        self._size += len(data)
        if self._size > _HIGH and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        self._eof = True
        self._wake()
        return not self._tls  # a client may close its half and still wait for the answer; TLS knows no halves

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True
        self._wake()
        self.resume_writing()

    def pause_writing(self) -> None:
        if self._drained is None:
            self._drained = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)
