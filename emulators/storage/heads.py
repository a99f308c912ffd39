"""What of a message's head may pass the front door, and what is refused; pure.

A request that announces its length in two ways, or hides a framing header behind `Connection`, could mean one
thing to the front door and another to Azurite; such requests are refused (RFC 9112, section 6.1).
"""

from collections.abc import Iterable, Iterator
from typing import Protocol

import h11

from emulators.storage.errors import InvalidRequest

RawHeaders = list[tuple[bytes, bytes]]


class SentHeaders(Protocol):
    """h11's headers: iterated with lower-case names, `raw_items` with names as they were sent."""

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]: ...

    def raw_items(self) -> RawHeaders: ...


_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-connection",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"te",
        b"trailer",
        b"upgrade",
    }
)
_FRAMING = frozenset({b"content-length", b"transfer-encoding", b"host"})


def header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str | None:
    """The first value of a header, or None; names in lower case."""
    for key, value in headers:
        if key == name:
            return value.decode("latin-1")
    return None


def body_length(request: h11.Request) -> int | None:
    """The length that a request announces for its body: 0 without a body, None for a chunked one.

    Raises InvalidRequest for a request that could be read in two ways.
    """
    length, coding = header(request.headers, b"content-length"), header(request.headers, b"transfer-encoding")
    if coding is not None and length is not None:
        raise InvalidRequest("The request has both Content-Length and Transfer-Encoding.")
    if coding is not None and request.http_version != b"1.1":
        raise InvalidRequest("Transfer-Encoding belongs to HTTP/1.1.")
    if _FRAMING & _connection_options(request.headers):
        raise InvalidRequest("Connection must not name Content-Length, Transfer-Encoding or Host.")
    return None if coding is not None else int(length or 0)


def forwarded_request_headers(request: h11.Request) -> RawHeaders:
    """A request's headers without those that end here; `Expect` does, the front door answers it itself."""
    return _end_to_end(request.headers, _HOP_BY_HOP | {b"expect"})


def forwarded_response_headers(response: h11.Response) -> RawHeaders:
    """A response's headers without those that end here."""
    return _end_to_end(response.headers, _HOP_BY_HOP)


def text_headers(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers as text; names in lower case, as h11 gives them."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}


def _end_to_end(headers: SentHeaders, dropped: frozenset[bytes]) -> RawHeaders:
    dropped |= _connection_options(headers)
    # raw_items keeps the names' case: metadata names are shown to clients as they were sent
    return [(name, value) for name, value in headers.raw_items() if name.lower() not in dropped]


def _connection_options(headers: Iterable[tuple[bytes, bytes]]) -> frozenset[bytes]:
    return frozenset(
        option.strip().lower()
        for name, value in headers
        if name == b"connection"
        for option in value.split(b",")
        if option.strip()
    )
