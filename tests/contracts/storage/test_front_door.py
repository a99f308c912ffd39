"""The front door itself: what it carries, what it refuses, and what becomes of what breaks off; spoken by hand."""

import asyncio
import base64
import hashlib
import hmac
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ServiceRequestError

ACCOUNT = "drydockone"


class Wire:
    """A TCP connection to the door."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._received = b""

    def send(self, text: str | bytes) -> None:
        self.connection.sendall(text.encode() if isinstance(text, str) else text)

    def head(self) -> str:
        """The next message head, without the empty line."""
        while b"\r\n\r\n" not in self._received:
            data = self.connection.recv(65536)
            assert data, f"the door closed the connection after {self._received!r}"
            self._received += data
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        return head.decode()

    def body(self, head: str) -> bytes:
        length = next(int(line[15:]) for line in head.lower().split("\r\n") if line.startswith("content-length:"))
        while len(self._received) < length:
            self._received += self.connection.recv(65536)
        body, self._received = self._received[:length], self._received[length:]
        return body

    def ends(self) -> bool:
        """Whether the door closes the connection."""
        try:
            while self.connection.recv(65536):
                pass
        except ConnectionResetError:
            pass
        return True

    def wrapped(self, context: ssl.SSLContext, name: str) -> "Wire":
        return Wire(context.wrap_socket(self.connection, server_hostname=name))


@contextmanager
def _wire(place: Any) -> Iterator[Wire]:
    with socket.create_connection(("127.0.0.1", place.storage.settings.listener.port), timeout=10) as connection:
        yield Wire(connection)


def _signed(place: Any, method: str, path: str, *, length: int | None, host: str | None = None, **more: str) -> str:
    """A signed request head; `length` None for a chunked body. `path` is `/container/blob`."""
    headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2021-12-02", "x-ms-blob-type": "BlockBlob"}
    canonical = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    resource = f"/{ACCOUNT}{path}" if host else f"/{ACCOUNT}/{ACCOUNT}{path}"
    text = f"{method}\n\n\n{length or ''}\n\n\n\n\n\n\n\n\n{canonical}{resource}"
    key = base64.b64decode(place.keys[ACCOUNT])
    signature = base64.b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode()
    lines = [
        f"{method} {path if host else f'/{ACCOUNT}{path}'} HTTP/1.1",
        f"Host: {host or '127.0.0.1'}",
        f"Authorization: SharedKey {ACCOUNT}:{signature}",
        *(f"{name}: {value}" for name, value in headers.items()),
        *(f"{name.replace('_', '-')}: {value}" for name, value in more.items()),
        "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}",
    ]
    return "\r\n".join(lines) + "\r\n\r\n"


def _assert_error(wire: Wire, status: int, code: str) -> None:
    head = wire.head()
    assert head.startswith(f"HTTP/1.1 {status} "), head
    assert f"x-ms-error-code: {code}" in head
    assert f"<Code>{code}</Code>".encode() in wire.body(head)


def test_a_client_that_waits_is_told_to_go_on(place: Any, plain_box: Any) -> None:
    with _wire(place) as wire:
        wire.send(_signed(place, "PUT", f"/{plain_box.name}/b", length=5, Expect="100-continue"))
        assert wire.head() == "HTTP/1.1 100 "
        wire.send("12345")
        assert wire.head().startswith("HTTP/1.1 201 ")
    assert plain_box.summary() == [("PutBlob", "b")]


def test_a_client_that_waits_is_refused_before_it_sends(place: Any) -> None:
    with _wire(place) as wire:
        wire.send("PUT /nobody/c/b HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        _assert_error(wire, 403, "AuthorizationFailure")
        assert wire.ends()


def test_a_connection_carries_many_requests(place: Any, plain_box: Any) -> None:
    with _wire(place) as wire:
        for number in range(3):
            wire.send(_signed(place, "PUT", f"/{plain_box.name}/{number}", length=2) + "ok")
            assert wire.head().startswith("HTTP/1.1 201 ")
        wire.send("GET /nobody/c/b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        _assert_error(wire, 403, "AuthorizationFailure")
        wire.send(_signed(place, "PUT", f"/{plain_box.name}/last", length=0))
        assert wire.head().startswith("HTTP/1.1 201 ")
    assert [name for _, name in plain_box.summary()] == ["0", "1", "2", "last"]


def test_requests_sent_ahead_are_answered_in_turn(place: Any, plain_box: Any) -> None:
    with _wire(place) as wire:
        wire.send("".join(_signed(place, "PUT", f"/{plain_box.name}/{n}", length=2) + "ok" for n in range(3)))
        assert [wire.head()[:12] for _ in range(3)] == ["HTTP/1.1 201"] * 3
    assert [name for _, name in plain_box.summary()] == ["0", "1", "2"]


def test_names_of_headers_keep_their_case(place: Any, plain_box: Any) -> None:
    blob = plain_box.client.upload_blob("b", b"x", metadata={"CamelCase": "Value"})
    assert blob.get_blob_properties().metadata == {"CamelCase": "Value"}


def test_a_tunnel_ends_tls_with_the_local_authority(place: Any, plain_box: Any) -> None:
    host = f"{ACCOUNT}.blob.core.windows.net"
    with _wire(place) as wire:
        wire.send(f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n")
        assert wire.head().startswith("HTTP/1.1 200 ")
        inside = wire.wrapped(place.authority.client_context(), host)
        for name in ("one", "two"):
            inside.send(_signed(place, "PUT", f"/{plain_box.name}/{name}", length=2, host=host) + "ok")
            assert inside.head().startswith("HTTP/1.1 201 ")
        inside.connection.close()
    assert plain_box.summary() == [("PutBlob", "one"), ("PutBlob", "two")]


def test_a_tunnel_to_port_80_carries_plain_http(place: Any, plain_box: Any) -> None:
    host = f"{ACCOUNT}.dfs.core.windows.net"
    with _wire(place) as wire:
        wire.send(f"CONNECT {host}:80 HTTP/1.1\r\nHost: {host}:80\r\n\r\n")
        assert wire.head().startswith("HTTP/1.1 200 ")
        wire.send(_signed(place, "PUT", f"/{plain_box.name}/one", length=2, host=host) + "ok")
        assert wire.head().startswith("HTTP/1.1 201 ")
    assert plain_box.summary() == [("PutBlob", "one")]


@pytest.mark.parametrize(
    "request_head",
    [
        "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n",
        "CONNECT other.blob.core.windows.net:443 HTTP/1.1\r\nHost: other.blob.core.windows.net:443\r\n\r\n",
        "CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n",
        "GET http://example.com/drydockone/c/b HTTP/1.1\r\nHost: example.com\r\n\r\n",
        "GET http://other.blob.core.windows.net/c/b HTTP/1.1\r\nHost: other.blob.core.windows.net\r\n\r\n",
        "GET /c/b HTTP/1.1\r\nHost: drydockone.blob.core.windows.net.example.com\r\n\r\n",
        "GET /drydockone/c/b HTTP/1.1\r\nHost: example.com\r\n\r\n",
        "GET /nobody/c/b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    ],
)
def test_nothing_but_the_accounts_of_this_cloud_is_served(place: Any, request_head: str) -> None:
    with _wire(place) as wire:
        wire.send(request_head)
        _assert_error(wire, 403, "AuthorizationFailure")


def test_clients_learn_why_they_are_refused(place: Any) -> None:
    client = place.service_client()
    client = type(client)(f"{place.storage.address}/nobody", credential=place.keys[ACCOUNT], retry_total=0)
    with pytest.raises(HttpResponseError, match="no storage account of this cloud") as refused:
        client.get_account_information()
    assert refused.value.error_code == "AuthorizationFailure"


_SMUGGLED = "GET /drydockone/c/b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.mark.parametrize(
    "headers",
    [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 5\r\nContent-Length: 6",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Content-Length: +5",
        "Content-Length: 5\r\nConnection: content-length",
        "Host: drydockone.blob.core.windows.net",
        "Content-Length : 5",
    ],
)
def test_requests_that_can_be_read_in_two_ways_are_refused(place: Any, headers: str) -> None:
    with _wire(place) as wire:
        wire.send(f"PUT /drydockone/c/b HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n\r\n0\r\n\r\n{_SMUGGLED}")
        head = wire.head()
        assert head.startswith("HTTP/1.1 400 "), head
        assert b"<Code>InvalidInput</Code>" in wire.body(head)
        assert wire.ends()


def test_a_target_and_a_host_that_differ_are_refused(place: Any) -> None:
    with _wire(place) as wire:
        wire.send("GET http://drydockone.blob.core.windows.net/c HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        _assert_error(wire, 400, "InvalidUri")


@pytest.mark.parametrize(
    "garbage", ["\x16\x03\x01\x02\x00\x01", "hello\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"]
)
def test_what_is_not_http_is_told_so(place: Any, garbage: str) -> None:
    with _wire(place) as wire:
        wire.send(garbage)
        wire.connection.shutdown(socket.SHUT_WR)
        assert wire.head().startswith("HTTP/1.1 400 ")
        assert wire.ends()


@pytest.mark.parametrize("length", [1000, 300_000, None])
def test_a_client_that_leaves_amid_its_upload_leaves_no_blob_and_no_event(
    place: Any, plain_box: Any, length: int | None
) -> None:
    sent = b"x" * 200_000 if length is None or length > 200_000 else b"x" * 500
    with _wire(place) as wire:
        wire.send(_signed(place, "PUT", f"/{plain_box.name}/half", length=length))
        wire.send(sent if length is not None else b"%x\r\n%s\r\n" % (len(sent), sent))
        time.sleep(0.05)
    assert plain_box.summary() == []
    assert not list(plain_box.client.list_blobs(include=["uncommittedblobs"]))


def test_the_event_goes_out_when_the_client_has_left_before_the_answer(place: Any, plain_box: Any) -> None:
    with _wire(place) as wire:
        wire.send(_signed(place, "PUT", f"/{plain_box.name}/b", length=5) + "12345")
        wire.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")  # closes by reset
    end = time.monotonic() + 5
    while not list(plain_box.client.list_blobs()) and time.monotonic() < end:
        time.sleep(0.01)
    assert plain_box.summary() == [("PutBlob", "b")]


def test_a_slow_upload_holds_up_no_other_writer_of_the_blob(place: Any, plain_box: Any) -> None:
    with _wire(place) as wire:
        wire.send(_signed(place, "PUT", f"/{plain_box.name}/b", length=100_000) + "x" * 90_000)
        plain_box.client.upload_blob("b", b"quick")
        assert plain_box.summary() == [("PutBlob", "b")]
        wire.send("x" * 10_000)
        assert wire.head().startswith("HTTP/1.1 201 ")
    assert [event["data"]["contentLength"] for event in plain_box.events()] == [5, 100_000]


def test_an_answer_before_the_end_of_the_upload_is_passed_on(place: Any, plain_box: Any) -> None:
    """Azurite refuses a wrong signature at once, however long the body; the blob stays open to others."""
    head = _signed(place, "PUT", f"/{plain_box.name}/b", length=3_000_000)
    with _wire(place) as wire:
        wire.send(head.replace("SharedKey drydockone:", "SharedKey drydockone:A"))
        wire.send("x" * 1_000_000)
        assert wire.head().startswith("HTTP/1.1 403 ")
        wire.send("x" * 2_000_000)
        plain_box.client.upload_blob("b", b"x", timeout=5)
    assert plain_box.summary() == [("PutBlob", "b")]


def test_bodies_larger_than_the_buffers_stream_through(place: Any, plain_box: Any) -> None:
    """A client that does not read its download makes the door stop reading from Azurite, not grow."""
    content = b"0123456789abcdef" * (4 << 20)
    blob = plain_box.client.get_blob_client("large")
    blob.upload_blob(content, max_concurrency=1)
    downloader = blob.download_blob()
    time.sleep(0.2)
    assert downloader.readall() == content


def test_an_account_of_another_key_is_not_opened(place: Any) -> None:
    other = place.service_client("drydocktwo")
    wrong = type(other)(f"{place.storage.address}/{ACCOUNT}", credential=place.keys["drydocktwo"], retry_total=0)
    with pytest.raises(HttpResponseError) as refused:
        wrong.get_account_information()
    assert refused.value.status_code == 403


def test_a_foreign_authority_is_not_trusted(place: Any) -> None:
    client = place.proxied_client("https")
    stranger = type(client)(
        client.url, credential=place.keys[ACCOUNT], proxies={"https": place.storage.proxy_address}, retry_total=0
    )
    with pytest.raises(ServiceRequestError):
        stranger.get_account_information()


async def test_many_connections_at_once(place: Any, plain_box: Any) -> None:
    def upload(number: int) -> None:
        place.service_client().get_blob_client(plain_box.name, str(number)).upload_blob(b"x")

    await asyncio.gather(*(asyncio.to_thread(upload, number) for number in range(40)))
    assert len(plain_box.events()) == 40
