"""Answers to clients: Azurite's, passed on, and the front door's own errors in the Blob service's dialect."""

import h11

from emulators.kernel.dialects import storage_error
from emulators.kernel.errors import CloudError
from emulators.storage.dialogue import Dialogue
from emulators.storage.heads import forwarded_response_headers


def passed_on(response: h11.Response) -> h11.Response:
    """The head of Azurite's answer as the client gets it."""
    return h11.Response(
        status_code=response.status_code, reason=response.reason, headers=forwarded_response_headers(response)
    )


async def send_error(client: Dialogue, error: CloudError, *, last: bool = False) -> None:
    """Answer a request with an error in the Blob service's dialect, after reading the rest of its body.

    `last` closes the connection afterwards and reads no further: what follows could not be told apart. A client
    that still waits to be told to send its body is not told, and its connection is closed too.
    """
    last = last or client.http.they_are_waiting_for_100_continue
    while not last and client.http.their_state is h11.SEND_BODY:
        await client.next_event()
    rendered = storage_error(error)
    headers = [*rendered.raw_headers, *((name.encode(), value.encode()) for name, value in error.headers.items())]
    if last:
        headers.append((b"Connection", b"close"))
    events: list[h11.Event] = [h11.Response(status_code=error.status, headers=headers)]
    if not client.asked_for_head:
        events.append(h11.Data(data=bytes(rendered.body)))
    await client.send_all(*events, h11.EndOfMessage())
