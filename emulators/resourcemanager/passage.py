"""The way through to a provider: the request as it came, the answer as it was given.

Connections to the providers are kept alive. Bodies stream in both directions; an answer of known, small size is
read first and sent in one piece, which saves most of the hop's time.
"""

import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from emulators.kernel.http import raw_path
from emulators.resourcemanager.errors import BadGateway, GatewayTimeout

_HOP_BY_HOP = frozenset(
    (
        b"connection",
        b"expect",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    )
)
_SMALL = 256 * 1024
_ANSWER_SECONDS = 300.0
_IDLE_SECONDS = 60.0  # shorter than the kernel's servers keep an idle connection, so none is closed under us


@dataclass(frozen=True)
class Provider:
    """A registered namespace and the base address of the service that answers for it."""

    namespace: str
    address: str


class Passage:
    """A keep-alive client to every provider."""

    def __init__(self, ca_bundle: Path) -> None:
        self._client = httpx.AsyncClient(
            verify=ssl.create_default_context(cafile=str(ca_bundle)),
            trust_env=False,
            timeout=httpx.Timeout(_ANSWER_SECONDS, connect=5.0),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=64, keepalive_expiry=_IDLE_SECONDS),
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def carry(self, request: Request, provider: Provider) -> Response:
        """Send the request on and give its answer. Raises BadGateway or GatewayTimeout."""
        outgoing = httpx.Request(
            request.method,
            _target(request, provider),
            headers=_request_headers(request),
            content=request.stream() if _has_body(request) else None,
        )
        return await _answer(await self._send(outgoing, provider))

    async def delete(self, path: str, provider: Provider, authorization: str) -> int:
        """Delete the resource at `path` (with query) in the caller's name; the status of the answer."""
        outgoing = httpx.Request("DELETE", provider.address + path, headers={"Authorization": authorization})
        answer = await self._send(outgoing, provider)
        await answer.aclose()
        return answer.status_code

    async def _send(self, outgoing: httpx.Request, provider: Provider) -> httpx.Response:
        try:
            return await self._client.send(outgoing, stream=True)
        except httpx.ReadTimeout as error:
            raise GatewayTimeout(provider.namespace, _ANSWER_SECONDS) from error
        except httpx.TransportError as error:
            raise BadGateway(provider.namespace, provider.address, str(error) or type(error).__name__) from error


def _target(request: Request, provider: Provider) -> httpx.URL:
    query: bytes = request.scope["query_string"]
    path = raw_path(request).encode("ascii")
    return httpx.URL(provider.address).copy_with(raw_path=path + b"?" + query if query else path)


def _request_headers(request: Request) -> list[tuple[bytes, bytes]]:
    """The caller's headers without those of the connection; `Referer` tells a provider the caller's own URL.

    Providers build absolute links (nextLink, Location) from the referer (Resource Provider Contract).
    """
    dropped = _HOP_BY_HOP | {b"host", b"referer"}
    headers = [(name, value) for name, value in request.headers.raw if name not in dropped]
    return [*headers, (b"referer", str(request.url).encode("ascii", "replace"))]


def _has_body(request: Request) -> bool:
    length = request.headers.get("content-length", "0")
    return length != "0" or "transfer-encoding" in request.headers


async def _answer(upstream: httpx.Response) -> Response:
    headers = [
        (name.lower(), value)
        for name, value in upstream.headers.raw
        if name.lower() not in _HOP_BY_HOP and name.lower() != b"date"  # our own server dates the answer
    ]
    length = upstream.headers.get("content-length", "")
    response: Response
    if length.isdigit() and int(length) <= _SMALL:
        response = Response(b"".join([piece async for piece in _pieces(upstream)]), upstream.status_code)
    else:
        response = StreamingResponse(_pieces(upstream), upstream.status_code)
    response.raw_headers = headers
    return response


async def _pieces(upstream: httpx.Response) -> AsyncIterator[bytes]:
    """The body's bytes as they travel (compression kept); the connection is free again afterwards."""
    try:
        async for piece in upstream.aiter_raw():
            yield piece
    finally:
        await upstream.aclose()
