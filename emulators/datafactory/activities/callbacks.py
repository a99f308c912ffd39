"""Where WebHook activities wait to be called back: an address per waiting activity, and what arrives there.

The control plane gives the address its route; an unguessable id in it is what proves the caller, as in the real
service.
"""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Callbacks:
    """The callbacks that are waited for. `address` is the public address of the route, without the id."""

    def __init__(self, address: str) -> None:
        self._address = address.rstrip("/")
        self._waiting: dict[str, asyncio.Future[Any]] = {}

    @contextmanager
    def expect(self) -> Iterator[tuple[str, asyncio.Future[Any]]]:
        """An address to call back, and the future of the JSON body that arrives there."""
        identifier = secrets.token_urlsafe(32)
        arrived: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[identifier] = arrived
        try:
            yield f"{self._address}/{identifier}", arrived
        finally:
            del self._waiting[identifier]

    def expects(self, identifier: str) -> bool:
        """Whether somebody waits to be called back there."""
        return identifier in self._waiting

    def receive(self, identifier: str, body: Any) -> bool:
        """Hand in what was posted; False when nobody waits there (any more)."""
        arrived = self._waiting.get(identifier)
        if arrived is None:
            return False
        if not arrived.done():
            arrived.set_result(body)
        return True
