"""One request on its way to Azurite and its answer on the way back.

Bodies stream in both directions. What has been read of a request is sent on only when more of it arrives, so the
last bytes, which commit a write, leave when its blob's lock is held: a slow client holds nobody up, and events
come out in the order of the commits.
"""

import asyncio
import contextlib

import h11

from emulators.kernel.errors import CloudError
from emulators.storage.answers import passed_on, send_error
from emulators.storage.backstage import Backstage
from emulators.storage.batch import LARGEST_BODY, batch_changes, batch_outcomes
from emulators.storage.commit import Commit
from emulators.storage.dialogue import Dialogue
from emulators.storage.errors import OperationTimedOut, RequestBodyTooLarge
from emulators.storage.events import Outcome
from emulators.storage.heads import body_length, text_headers
from emulators.storage.operations import Operation
from emulators.storage.order import Order, read_order

ANSWER_SECONDS = 120.0  # for Azurite's answer once it has the whole request

_INLINE_BODY = 1 << 16  # fits into the sockets' buffers, so it can be sent before anybody listens for the answer


class ClientGone(Exception):
    """The client left before its request was complete."""


class Exchange:
    """Carries one request. `client` has just read its head."""

    def __init__(self, backstage: Backstage, client: Dialogue, request: h11.Request) -> None:
        self._backstage = backstage
        self._client = client
        self._request = request
        self._headers = text_headers(request.headers)
        self._length: int | None = 0  # in bytes, None where only the body's end will tell
        self._received = 0
        self._upload: asyncio.Task[None] | None = None

    async def carry(self) -> None:
        """Bring the request to Azurite and the answer back.

        Raises InvalidRequest for a request whose end cannot be told (the connection is then of no further use),
        ClientGone when the client left before its request was complete, ConnectionError when it left afterwards.
        """
        self._length = body_length(self._request)
        try:
            order = read_order(self._request, self._headers, self._backstage, secure=self._client.channel.secure)
            upstream = await self._backstage.pool.take()
        except CloudError as error:
            await send_error(self._client, error)
            return
        try:
            await self._carry(upstream, order)
        except CloudError as error:
            upstream.channel.abort()
            await self._finish_upload()
            await send_error(self._client, error)
        except BaseException:
            upstream.channel.abort()
            await self._finish_upload(cancel=True)
            raise
        else:
            self._backstage.pool.give_back(upstream)

    async def _carry(self, upstream: Dialogue, order: Order) -> None:
        if self._client.http.they_are_waiting_for_100_continue:
            await self._client.send(h11.InformationalResponse(status_code=100, headers=[]))
        if order.change.operation is Operation.BATCH:
            await self._carry_batch(upstream, order)
            return
        changes = [order.change] if order.watched else []
        async with Commit(self._backstage.locks, self._backstage.witness, changes) as commit:
            if order.change.operation.commits_on_head:
                await commit.begin()
            await self._send(upstream, order, commit)
            response = await self._answer(upstream)
            outcome = Outcome(response.status_code, text_headers(response.headers))
            await commit.end([outcome] * len(changes), self._received)
        await self._return(upstream, response)
        await self._finish_upload()

    async def _carry_batch(self, upstream: Dialogue, order: Order) -> None:
        """A batch is read whole (documented limit 4 MiB) because its parts say what it changes."""
        body = await self._whole_body()
        content_type, accounts = self._headers.get("content-type", ""), self._backstage.accounts
        changes = batch_changes(content_type, body, order.host, accounts) if order.watched else {}
        head, body = order.forward.batch(body)
        async with Commit(self._backstage.locks, self._backstage.witness, list(changes.values())) as commit:
            await commit.begin()
            await _try_send(upstream, [head, h11.Data(data=body), h11.EndOfMessage()])
            response = await self._answer(upstream)
            answer = await self._whole_answer(upstream)
            outcomes = batch_outcomes(text_headers(response.headers).get("content-type", ""), answer)
            unanswered = Outcome(0, {})
            await commit.end([outcomes.get(part, unanswered) for part in changes], 0)
        await self._client.send_all(passed_on(response), h11.Data(data=answer), h11.EndOfMessage())

    async def _send(self, upstream: Dialogue, order: Order, commit: Commit) -> None:
        """Send head and body; a long body goes on beside the answer, which Azurite may give before its end."""
        head = order.forward.head()
        if self._length is not None and self._length <= _INLINE_BODY:
            await self._upload_to(upstream, head, commit)
        else:
            self._upload = asyncio.create_task(self._upload_to(upstream, head, commit), name="upload")

    async def _upload_to(self, upstream: Dialogue, head: h11.Request, commit: Commit) -> None:
        waiting: list[h11.Event] = [head]
        broken = False
        try:
            while True:
                event = await self._client.next_event()
                if isinstance(event, h11.EndOfMessage):
                    break
                if isinstance(event, h11.Data):
                    self._received += len(event.data)
                    if not broken:
                        broken = not await _try_send(upstream, waiting)
                    waiting = [event]
        except (h11.RemoteProtocolError, ConnectionError) as error:
            upstream.channel.abort()  # what Azurite has of the blob is thrown away: the end of it never came
            raise ClientGone from error
        if not broken:
            await commit.begin()
            await _try_send(upstream, [*waiting, h11.EndOfMessage()])

    async def _finish_upload(self, *, cancel: bool = False) -> None:
        """Wait for the rest of the body, which goes nowhere once Azurite has broken off."""
        if self._upload is None:
            return
        if cancel:
            self._upload.cancel()
            await asyncio.wait({self._upload})
            if not self._upload.cancelled():
                self._upload.exception()  # it was ours to look at
        else:
            await self._upload

    async def _answer(self, upstream: Dialogue) -> h11.Response:
        """The head of Azurite's answer. Raises ClientGone or OperationTimedOut."""
        try:
            if self._upload is None:
                async with asyncio.timeout(ANSWER_SECONDS):
                    return await self._answer_head(upstream)
            answer = asyncio.create_task(self._answer_head(upstream), name="answer")
            try:
                await asyncio.wait({answer, self._upload}, return_when=asyncio.FIRST_COMPLETED)
                return await asyncio.wait_for(answer, ANSWER_SECONDS)
            finally:
                answer.cancel()
        except TimeoutError:
            raise OperationTimedOut(
                f"Azurite did not answer within {ANSWER_SECONDS:g} seconds; whether the operation was done is unknown."
            ) from None

    async def _answer_head(self, upstream: Dialogue) -> h11.Response:
        with contextlib.suppress(h11.RemoteProtocolError):
            while True:
                event = await upstream.next_event()
                if isinstance(event, h11.Response):
                    return event
                if isinstance(event, h11.ConnectionClosed):
                    break
        if self._upload is not None and self._upload.done():
            self._upload.result()
        raise OperationTimedOut("Azurite broke off before it answered; whether the operation was done is unknown.")

    async def _whole_answer(self, upstream: Dialogue) -> bytes:
        pieces: list[bytes] = []
        try:
            while not isinstance(event := await upstream.next_event(), h11.EndOfMessage):
                if isinstance(event, h11.Data):
                    pieces.append(bytes(event.data))
        except h11.RemoteProtocolError as error:
            raise OperationTimedOut("Azurite broke off in the middle of its answer.") from error
        return b"".join(pieces)

    async def _return(self, upstream: Dialogue, response: h11.Response) -> None:
        """Stream Azurite's answer to the client. Raises ConnectionError when either side breaks off."""
        waiting: list[h11.Event] = [passed_on(response)]
        try:
            while True:
                event = upstream.ready_event()
                if event is None:
                    await self._client.send_all(*waiting)
                    waiting = []
                    event = await upstream.next_event()
                if isinstance(event, h11.Data):
                    waiting.append(event)
                elif isinstance(event, h11.EndOfMessage):
                    await self._client.send_all(*waiting, event)
                    return
        except h11.RemoteProtocolError as error:
            raise ConnectionResetError("Azurite broke off in the middle of its answer") from error

    async def _whole_body(self) -> bytes:
        pieces: list[bytes] = []
        try:
            while not isinstance(event := await self._client.next_event(), h11.EndOfMessage):
                if isinstance(event, h11.Data):
                    self._received += len(event.data)
                    if self._received <= LARGEST_BODY:
                        pieces.append(bytes(event.data))
        except (h11.RemoteProtocolError, ConnectionError) as error:
            raise ClientGone from error
        if self._received > LARGEST_BODY:
            raise RequestBodyTooLarge("The request body is too large: a batch has at most 4 MiB.")
        return b"".join(pieces)


async def _try_send(upstream: Dialogue, events: list[h11.Event]) -> bool:
    """Send to Azurite; False when it has closed the connection (its answer may still be there to read)."""
    try:
        await upstream.send_all(*events)
    except (ConnectionError, h11.LocalProtocolError):
        return False
    return True
