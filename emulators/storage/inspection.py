"""What the front door itself asks Azurite about a blob: Get Blob Properties, signed with the account's key."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime

import h11

from emulators.storage.addresses import Address
from emulators.storage.dialogue import Dialogue
from emulators.storage.heads import text_headers
from emulators.storage.pool import AzuritePool
from emulators.storage.shared_key import authorization

_ANSWER_SECONDS = 30.0
_VERSION = "2021-12-02"


class Inspector:
    """Asks for the properties of blobs. `keys` holds each account's key in base64."""

    def __init__(
        self, pool: AzuritePool, keys: Mapping[str, str], now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._pool = pool
        self._keys = keys
        self._now = now

    async def properties(self, address: Address) -> dict[str, str] | None:
        """The properties of a blob as it is now, headers by lower-case name; None when it does not exist.

        Raises ServerBusy or TimeoutError when Azurite does not answer, ConnectionError or h11.RemoteProtocolError
        when it breaks off.
        """
        dialogue = await self._pool.take()
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                return await self._ask(dialogue, address)
        finally:
            self._pool.give_back(dialogue)

    async def _ask(self, dialogue: Dialogue, address: Address) -> dict[str, str] | None:
        headers = signed_head_request(address, self._keys[address.account], self._now())
        request = h11.Request(method="HEAD", target=address.path, headers=list(headers.items()))
        await dialogue.send_all(request, h11.EndOfMessage())
        properties = None
        while True:
            event = await dialogue.next_event()
            if isinstance(event, h11.Response) and event.status_code == 200:
                properties = text_headers(event.headers)
            elif isinstance(event, h11.EndOfMessage):
                return properties
            elif isinstance(event, h11.ConnectionClosed):
                raise ConnectionResetError("Azurite closed the connection")


def signed_head_request(address: Address, key: str, now: datetime) -> dict[str, str]:
    """The headers of a Get Blob Properties request, signed with the account's key."""
    headers = {
        "Host": f"{address.account}.blob.core.windows.net",
        "x-ms-date": format_datetime(now.astimezone(UTC), usegmt=True),
        "x-ms-version": _VERSION,
    }
    signature = authorization("HEAD", address.path, "", headers.items(), account=address.account, key=key)
    return {**headers, "Authorization": signature}
