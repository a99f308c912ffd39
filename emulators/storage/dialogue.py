"""One side of an HTTP/1.1 conversation: h11 decides what the bytes mean, the channel carries them."""

from typing import cast

import h11

from emulators.storage.channel import Channel

Event = h11.Event | type[h11.PAUSED]

_LONGEST_HEAD = 1 << 17  # a shared access signature in the target and 8 KiB of metadata fit many times over


class Dialogue:
    """`h11.SERVER` towards a client, `h11.CLIENT` towards Azurite."""

    def __init__(self, channel: Channel, role: type[h11.SERVER] | type[h11.CLIENT]) -> None:
        self.channel = channel
        self.http = h11.Connection(role, max_incomplete_event_size=_LONGEST_HEAD)
        self.asked_for_head = False

    async def next_event(self) -> Event:
        """The next event from the other side; waits for its bytes. Raises h11.RemoteProtocolError."""
        while True:
            event = self.ready_event()
            if event is not None:
                return event
            self.http.receive_data(await self.channel.read())

    def ready_event(self) -> Event | None:
        """The next event that needs no further bytes, or None."""
        event = self.http.next_event()
        if event is h11.NEED_DATA:
            return None
        if isinstance(event, h11.Request):
            self.asked_for_head = event.method == b"HEAD"
        return cast(Event, event)  # mypy does not narrow h11's sentinels

    async def send(self, event: h11.Event) -> None:
        """Send one event. Raises ConnectionError when the other side has gone."""
        data = self.http.send(event)
        if data:
            await self.channel.write(data)

    async def send_all(self, *events: h11.Event) -> None:
        """Send several events as one write. Raises ConnectionError when the other side has gone."""
        data = b"".join([self.http.send(event) or b"" for event in events])
        if data:
            await self.channel.write(data)

    def next_cycle(self) -> bool:
        """Get ready for another request on this connection; False when it has to be closed."""
        if self.http.our_state is h11.DONE and self.http.their_state is h11.DONE:
            self.http.start_next_cycle()
            return True
        return False
