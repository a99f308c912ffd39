"""The storage front door: the one address that every storage client uses.

It answers ordinary requests (`http://127.0.0.1:port/account/…`, and on a second port the same over HTTPS, where
tokens are taken) and is an HTTP proxy for the JVM: absolute-form requests and CONNECT to the accounts' Azure hosts,
whose TLS ends here with a certificate of the local authority.
Everything goes on to Azurite, Host header kept; nothing goes anywhere else.
"""

import asyncio
import contextlib
import logging
import ssl
from functools import partial

import h11

from emulators.kernel.errors import CloudError
from emulators.kernel.server import Listener
from emulators.storage.addresses import product_account
from emulators.storage.answers import send_error
from emulators.storage.backstage import Backstage
from emulators.storage.channel import Channel
from emulators.storage.dialogue import Dialogue
from emulators.storage.errors import AuthorizationFailure, InvalidRequest
from emulators.storage.exchange import ClientGone, Exchange

_logger = logging.getLogger("drydock.storage")

_LINGER_SECONDS = 1.0
_STOP_SECONDS = 5.0
_TLS_PORT = "443"


class FrontDoor:
    """Serves connections on reserved listeners until stopped. `tls` ends the accounts' HTTPS connections."""

    def __init__(
        self, listener: Listener, backstage: Backstage, tls: ssl.SSLContext, secure_listener: Listener | None = None
    ) -> None:
        self._listener = listener
        self._secure_listener = secure_listener
        self._backstage = backstage
        self._tls = tls
        self._servers: list[asyncio.Server] = []
        self._idle: set[asyncio.Task[None]] = set()
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to accept."""
        loop = asyncio.get_running_loop()
        self._servers.append(await loop.create_server(self._accept, sock=self._listener.socket))
        if self._secure_listener is not None:
            accept = partial(self._accept, secure=True)
            self._servers.append(await loop.create_server(accept, sock=self._secure_listener.socket, ssl=self._tls))

    async def stop(self) -> None:
        """Accept nothing more; requests under way get a few seconds to end, idle connections are closed."""
        for server in self._servers:
            server.close()
        for task in self._idle:
            task.cancel()
        if self._connections:
            _, late = await asyncio.wait(self._connections, timeout=_STOP_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self._listener.close()
        if self._secure_listener is not None:
            self._secure_listener.close()

    def _accept(self, *, secure: bool = False) -> Channel:
        return Channel(self._take, secure=secure)

    def _take(self, channel: Channel) -> None:
        task = asyncio.create_task(self._serve(channel), name="storage connection")
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, channel: Channel) -> None:
        client = Dialogue(channel, h11.SERVER)
        try:
            while (request := await self._next_request(client)) is not None:
                if request.method == b"CONNECT":
                    client = await self._tunnel(client, request)
                else:
                    await Exchange(self._backstage, client, request).carry()
                    if not client.next_cycle():
                        return
        except h11.RemoteProtocolError as error:
            await self._turn_away(client, InvalidRequest(f"The request cannot be read: {error}."))
        except CloudError as error:
            await self._turn_away(client, error)
        except (ClientGone, ConnectionError, ssl.SSLError):
            pass  # nobody is left to be told
        except Exception:
            _logger.exception("a storage connection failed")
        finally:
            channel.close()

    async def _next_request(self, client: Dialogue) -> h11.Request | None:
        """The next request's head, None when the client is through."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - we run in one
        self._idle.add(task)
        try:
            event = await client.next_event()
        finally:
            self._idle.discard(task)
        return event if isinstance(event, h11.Request) else None

    async def _tunnel(self, client: Dialogue, request: h11.Request) -> Dialogue:
        """Answer CONNECT and go on inside: TLS for port 443, plain for any other.

        Raises AuthorizationFailure for a host that is none of the accounts', InvalidRequest for bytes sent too early.
        """
        authority = request.target.decode("ascii")
        if product_account(authority, self._backstage.accounts) is None:
            raise AuthorizationFailure(f"A tunnel to '{authority}' is not needed: its requests can come here directly.")
        await client.next_event()  # the end of the message
        if client.http.trailing_data[0]:
            raise InvalidRequest("Bytes were sent into the tunnel before it was open.")
        await client.channel.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        if authority.rpartition(":")[2] == _TLS_PORT:
            await client.channel.start_tls(self._tls)
        return Dialogue(client.channel, h11.SERVER)

    async def _turn_away(self, client: Dialogue, error: CloudError) -> None:
        """Answer a request after which the connection is of no use, and close without losing the answer."""
        if client.http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        with contextlib.suppress(ConnectionError, h11.ProtocolError):
            await send_error(client, error, last=True)
            await client.channel.linger(_LINGER_SECONDS)
