"""TLS for calls that are not like all others: nothing verified, or a client certificate out of a PFX file."""

import base64
import binascii
import secrets
import ssl
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

from emulators.datafactory.data.errors import InvalidSettings


@dataclass(frozen=True)
class ClientCertificate:
    """A PFX file (PKCS#12) in base64, and its password, "" for none."""

    pfx: str = field(repr=False)
    password: str = field(default="", repr=False)


def tls_context(
    *, verify: bool = True, ca_bundle: Path | None = None, certificate: ClientCertificate | None = None
) -> ssl.SSLContext:
    """A context for a client that trusts the bundle, None for the usual authorities; raises InvalidSettings for a
    certificate that cannot be read.
    """
    context = ssl.create_default_context(cafile=str(ca_bundle)) if ca_bundle else httpx.create_ssl_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if certificate is not None:
        _present(context, certificate)
    return context


def _present(context: ssl.SSLContext, certificate: ClientCertificate) -> None:
    try:
        content = base64.b64decode("".join(certificate.pfx.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidSettings(f"The client certificate is not base64: {error}") from error
    try:
        found = load_pkcs12(content, certificate.password.encode() or None)
    except ValueError as error:
        raise InvalidSettings(f"The client certificate is no PFX file, or not with this password: {error}") from error
    if found.key is None or found.cert is None:
        raise InvalidSettings("The PFX file of the client certificate must hold a certificate with its private key.")
    chain = [found.cert, *found.additional_certs]
    # OpenSSL takes a key from files only; it lies there for a moment, under a password that nobody learns
    password = secrets.token_hex(32)
    key = found.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password.encode()))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "client.pem"
        file.write_bytes(key + b"".join(item.certificate.public_bytes(Encoding.PEM) for item in chain))
        try:
            context.load_cert_chain(file, password=password)
        except ssl.SSLError as error:
            raise InvalidSettings(f"The client certificate cannot be used: {error}") from error
