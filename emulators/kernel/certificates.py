"""The local certificate authority: one per state folder, trusted only by those who are told to.

Azure's clients refuse to send bearer tokens over plain HTTP, so Resource Manager and the token authority speak
HTTPS with certificates of this authority. Python's clients find it through REQUESTS_CA_BUNDLE and SSL_CERT_FILE
(a bundle of the machine's usual authorities and ours), Java through a PKCS#12 truststore.
"""

import os
import re
import secrets
import ssl
from pathlib import Path

import certifi
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import (
    PKCS12Certificate,
    serialize_java_truststore,
)

_LOOPBACK_NAMES = ("127.0.0.1", "localhost")
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


class LocalAuthority:
    """A certificate authority in a folder; made at first use, found again afterwards.

    `ca_pem` is its certificate, `bundle_pem` that certificate after the machine's own authorities.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._authority = self._load_or_create()
        self.ca_pem = folder / "ca.pem"
        self.bundle_pem = folder / "bundle.pem"
        self.ca_pem.write_bytes(self._authority.cert_pem.bytes())
        self.bundle_pem.write_bytes(_bundle(_machine_authorities(), self._authority.cert_pem.bytes()))

    def _load_or_create(self) -> trustme.CA:
        certificate, key = self._folder / "ca.pem", self._folder / "ca.key"
        if certificate.exists() and key.exists():
            return trustme.CA.from_pem(certificate.read_bytes(), key.read_bytes())
        authority = trustme.CA(organization_name="Drydock local cloud")
        descriptor = os.open(key, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(authority.private_key_pem.bytes())
        return authority

    def server_context(self, *names: str) -> ssl.SSLContext:
        """A TLS context for a server that answers for `names` (wildcards allowed) and for loopback."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(*names, *_LOOPBACK_NAMES).configure_cert(context)
        return context

    def client_context(self) -> ssl.SSLContext:
        """A TLS context for clients: the machine's authorities and ours."""
        return ssl.create_default_context(cafile=str(self.bundle_pem))

    def truststore(self) -> tuple[Path, str]:
        """A PKCS#12 truststore for Java with the machine's authorities and ours, and its password."""
        password = secrets.token_hex(16)
        entries = [
            PKCS12Certificate(certificate, f"authority-{number}".encode())
            for number, certificate in enumerate(x509.load_pem_x509_certificates(self.bundle_pem.read_bytes()))
        ]
        path = self._folder / "truststore.p12"
        path.write_bytes(serialize_java_truststore(entries, BestAvailableEncryption(password.encode())))
        return path, password


def _bundle(*pems: bytes) -> bytes:
    """Certificates after one another, each once: the machine's bundle may be one of ours, exported earlier."""
    certificates = (block for pem in pems for block in _CERTIFICATE.findall(pem))
    return b"\n".join(dict.fromkeys(certificates)) + b"\n"


def _machine_authorities() -> bytes:
    """The authorities this machine already trusts: those of SSL_CERT_FILE or REQUESTS_CA_BUNDLE, else certifi's."""
    for variable in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        named = os.environ.get(variable)
        if named and Path(named).is_file():
            return Path(named).read_bytes()
    return Path(certifi.where()).read_bytes()
