"""Connections to Azurite, kept open between requests; the last one used is the first one taken again."""

import asyncio

import h11

from emulators.storage.azurite import Azurite
from emulators.storage.channel import Channel
from emulators.storage.dialogue import Dialogue
from emulators.storage.errors import ServerBusy

_MOST_IDLE = 64
_CONNECT_SECONDS = 10.0


class AzuritePool:
    """Gives out connections to one Azurite and takes them back."""

    def __init__(self, azurite: Azurite) -> None:
        self._azurite = azurite
        self._idle: list[Dialogue] = []

    async def take(self) -> Dialogue:
        """An open connection, ready for a request. Raises ServerBusy when Azurite does not answer."""
        while self._idle:
            dialogue = self._idle.pop()
            if dialogue.channel.usable:
                return dialogue
            dialogue.channel.close()
        loop = asyncio.get_running_loop()
        connecting = loop.create_connection(Channel, self._azurite.host, self._azurite.port)
        try:
            _, channel = await asyncio.wait_for(connecting, _CONNECT_SECONDS)
        except OSError as error:  # TimeoutError is one
            reason = self._azurite.ended() or str(error) or "it did not answer in time"
            raise ServerBusy(
                f"Azurite does not answer: {reason}. Try again, or start the local cloud anew.",
                headers={"Retry-After": "1"},
            ) from error
        return Dialogue(channel, h11.CLIENT)

    def give_back(self, dialogue: Dialogue) -> None:
        """Keep the connection when it can carry another request, else close it."""
        if len(self._idle) < _MOST_IDLE and dialogue.channel.usable and dialogue.next_cycle():
            self._idle.append(dialogue)
        else:
            dialogue.channel.close()

    def close(self) -> None:
        """Close every idle connection."""
        while self._idle:
            self._idle.pop().channel.close()
