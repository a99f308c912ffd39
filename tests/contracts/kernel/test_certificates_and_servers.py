"""Sockets and certificates: served over TLS, trusted by those who are told, refused by all others."""

import socket
import ssl
import time
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response

from emulators.kernel.certificates import LocalAuthority
from emulators.kernel.dialects import arm_error
from emulators.kernel.http import Route, build_app, json_response
from emulators.kernel.server import GRACE_SECONDS, Listener, PortInUse, serve


async def hello(_: Request) -> Response:
    return json_response({"hello": "world"})


APP = build_app(name="hello", routes=[Route("GET", "/", hello)], render_error=arm_error)


async def test_a_client_that_trusts_the_authority_is_served(tmp_path: Path) -> None:
    authority, listener = LocalAuthority(tmp_path), Listener.reserve()
    async with (
        serve(APP, listener, tls=authority.server_context()),
        httpx.AsyncClient(verify=authority.client_context()) as client,
    ):
        assert (await client.get(listener.address("https"))).json() == {"hello": "world"}


async def test_a_client_that_does_not_is_not(tmp_path: Path) -> None:
    authority, listener = LocalAuthority(tmp_path), Listener.reserve()
    stranger = ssl.create_default_context()
    async with serve(APP, listener, tls=authority.server_context()), httpx.AsyncClient(verify=stranger) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(listener.address("https"))


def test_the_authority_of_a_folder_is_found_again(tmp_path: Path) -> None:
    first = LocalAuthority(tmp_path).ca_pem.read_bytes()
    assert LocalAuthority(tmp_path).ca_pem.read_bytes() == first
    assert (tmp_path / "ca.key").stat().st_mode & 0o077 == 0


def test_an_exported_bundle_does_not_grow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = LocalAuthority(tmp_path).bundle_pem
    size = bundle.stat().st_size
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    assert LocalAuthority(tmp_path).bundle_pem.stat().st_size == size


def test_a_port_in_use_is_named_with_the_mend() -> None:
    taken = Listener.reserve()
    with pytest.raises(PortInUse, match=f"port {taken.port}.*end the process"):
        Listener.reserve(taken.port)
    taken.close()


def test_answers_do_not_wait_for_delayed_acknowledgements() -> None:
    listener = Listener.reserve()
    assert listener.socket.proto == socket.IPPROTO_TCP  # what asyncio looks at before it sets TCP_NODELAY
    listener.close()


async def test_an_idle_client_does_not_hold_up_the_end(tmp_path: Path) -> None:
    authority, listener = LocalAuthority(tmp_path), Listener.reserve()
    async with httpx.AsyncClient(verify=authority.client_context()) as client:
        async with serve(APP, listener, tls=authority.server_context()):
            await client.get(listener.address("https"))
            ending = time.monotonic()
        assert time.monotonic() - ending < GRACE_SECONDS
