"""Handshakes on real sockets: client certificates, authorities that are trusted, and servers that are not checked."""

import base64
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, load_pem_private_key
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

from emulators.datafactory.activities import ActivityFailed


class Who(BaseHTTPRequestHandler):
    """Says who is calling."""

    def do_GET(self) -> None:
        subject = self.connection.getpeercert() or {}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"caller": "%s"}' % ("somebody" if subject else "nobody").encode())

    def log_message(self, *arguments: object) -> None:
        """Quiet."""


class Quiet(HTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A handshake that fails is what is tested."""


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture(scope="module")
def pfx(authority: trustme.CA) -> str:
    """A client's certificate and key with the password `pw`, in base64."""
    leaf = authority.issue_cert("client@example.com")
    key = load_pem_private_key(leaf.private_key_pem.bytes(), None)
    certificate = x509.load_pem_x509_certificate(leaf.cert_chain_pems[0].bytes())
    content = serialize_key_and_certificates(b"client", key, certificate, None, BestAvailableEncryption(b"pw"))
    return base64.encodebytes(content).decode()


def serving(authority: trustme.CA, verify: ssl.VerifyMode) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = verify
    server = Quiet(("127.0.0.1", 0), Who)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def asking(authority: trustme.CA) -> Iterator[str]:
    """A server that wants a certificate."""
    yield from serving(authority, ssl.CERT_REQUIRED)


@pytest.fixture(scope="module")
def plain(authority: trustme.CA) -> Iterator[str]:
    yield from serving(authority, ssl.CERT_NONE)


def password(value: str = "pw") -> dict[str, str]:
    return {"type": "SecureString", "value": value}


def web_file(lake, url: str, **linked: Any) -> dict[str, Any]:
    lake.linked_services["web"] = {"type": "HttpServer", "typeProperties": {"url": url, **linked}}
    reference = lake.dataset("Json", lake="web")
    lake.datasets[reference["referenceName"]]["typeProperties"]["location"] = {"type": "HttpServerLocation"}
    return reference


async def test_a_file_by_a_client_certificate(lake, asking, bundle, pfx):
    lake.services = replace(lake.services, ca_bundle=bundle)
    certificate = {"authenticationType": "ClientCertificate", "embeddedCertData": pfx, "password": password()}
    output = await lake.run("Lookup", dataset=web_file(lake, asking, **certificate), source={})
    assert output["firstRow"] == {"caller": "somebody"}
    with pytest.raises(ActivityFailed, match="not with this password"):
        await lake.run(
            "Lookup", dataset=web_file(lake, asking, **{**certificate, "password": password("wrong")}), source={}
        )
    with pytest.raises(ActivityFailed, match="HttpFileFailedToRead"):
        await lake.run("Lookup", dataset=web_file(lake, asking), source={})


async def test_a_servers_certificate_is_checked_unless_that_is_turned_off(lake, plain):
    with pytest.raises(ActivityFailed, match="CERTIFICATE_VERIFY_FAILED"):
        await lake.run("Lookup", dataset=web_file(lake, plain), source={})
    output = await lake.run("Lookup", dataset=web_file(lake, plain, enableServerCertificateValidation=False), source={})
    assert output["firstRow"] == {"caller": "nobody"}


async def test_a_web_activity_with_a_client_certificate(lake, asking, bundle, pfx):
    lake.services = replace(lake.services, ca_bundle=bundle)
    certificate = {"type": "ClientCertificate", "pfx": password(pfx), "password": password()}
    output = await lake.run("WebActivity", method="GET", url=asking, authentication=certificate)
    assert output["caller"] == "somebody"


async def test_a_web_activity_checks_certificates_unless_that_is_turned_off(lake, plain):
    with pytest.raises(ActivityFailed, match="CERTIFICATE_VERIFY_FAILED") as failure:
        await lake.run("WebActivity", method="GET", url=plain)
    assert failure.value.code == "2128"
    output = await lake.run("WebActivity", method="GET", url=plain, disableCertValidation=True)
    assert output["caller"] == "nobody"
