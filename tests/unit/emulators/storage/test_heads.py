"""What of a message's head may pass."""

import h11
import pytest

from emulators.storage.errors import InvalidRequest
from emulators.storage.heads import body_length, forwarded_request_headers, forwarded_response_headers


def _request(*headers: tuple[str, str], version: str = "1.1") -> h11.Request:
    return h11.Request(method="PUT", target="/a", headers=[("Host", "h"), *headers], http_version=version)


def test_hop_by_hop_headers_end_here() -> None:
    request = _request(
        ("Connection", "keep-alive, X-Private"),
        ("X-Private", "1"),
        ("Keep-Alive", "timeout=5"),
        ("Proxy-Connection", "keep-alive"),
        ("Proxy-Authorization", "secret"),
        ("TE", "trailers"),
        ("Upgrade", "h2c"),
        ("Expect", "100-continue"),
        ("x-ms-Meta-Name", "v"),
        ("Authorization", "SharedKey a:b"),
        ("Content-Length", "5"),
    )
    assert forwarded_request_headers(request) == [
        (b"Host", b"h"),
        (b"x-ms-Meta-Name", b"v"),
        (b"Authorization", b"SharedKey a:b"),
        (b"Content-Length", b"5"),
    ]


def test_answers_keep_their_framing() -> None:
    response = h11.Response(status_code=200, headers=[("Transfer-Encoding", "chunked"), ("Keep-Alive", "timeout=5")])
    assert forwarded_response_headers(response) == [(b"Transfer-Encoding", b"chunked")]


def test_lengths() -> None:
    assert body_length(_request()) == 0
    assert body_length(_request(("Content-Length", "12"))) == 12
    assert body_length(_request(("Content-Length", "12"), ("Content-Length", "12"))) == 12
    assert body_length(_request(("Transfer-Encoding", "chunked"))) is None


@pytest.mark.parametrize(
    ("headers", "version"),
    [
        ([("Content-Length", "5"), ("Transfer-Encoding", "chunked")], "1.1"),
        ([("Transfer-Encoding", "chunked")], "1.0"),
        ([("Connection", "close, Content-Length")], "1.1"),
        ([("Connection", "transfer-encoding")], "1.1"),
        ([("Connection", "host")], "1.1"),
    ],
)
def test_ambiguous_requests_are_refused(headers: list[tuple[str, str]], version: str) -> None:
    with pytest.raises(InvalidRequest):
        body_length(_request(*headers, version=version))
