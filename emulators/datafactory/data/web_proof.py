"""The ways in which linked services of web addresses prove who is calling: one explicit table of them."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import replace

import httpx

from emulators.datafactory.data.blob_connection import Tokens
from emulators.datafactory.data.errors import InvalidSettings, Unsupported
from emulators.datafactory.data.oauth import ClientCredentials
from emulators.datafactory.data.settings import Settings, flag, section, text
from emulators.datafactory.data.tls import ClientCertificate
from emulators.datafactory.data.web_client import Proof, WebClient
from emulators.kernel.masking import masker

Way = Callable[[Settings, Tokens], Proof]


def web_client(kind: str, settings: Settings, tokens: Tokens) -> WebClient:
    """Read the `typeProperties` of a linked service; raises InvalidSettings, Unsupported."""
    address = text(settings, "url")
    if not address.lower().startswith(("http://", "https://")):
        raise InvalidSettings(f"A linked service of type {kind} needs a 'url' of http or https.")
    name = text(settings, "authenticationType", "Anonymous")
    way = WAYS[kind].get(name)
    if way is None:
        raise Unsupported(f"Authentication of type '{name}' for {kind}", "a row in data/web_proof.py.")
    proof = way(settings, tokens)
    return WebClient(
        address,
        replace(proof, headers={**_auth_headers(settings), **proof.headers}),
        flag(settings, "enableServerCertificateValidation", default=True),
        tokens.ca_bundle,
    )


def _auth_headers(settings: Settings) -> dict[str, str]:
    """`authHeaders`, their secrets fetched already. The articles also write `authHeader`."""
    written = section(settings, "authHeaders") or section(settings, "authHeader")
    headers = {str(name): text(written, name) for name in written}
    masker.add(*headers.values())
    return headers


def _anonymous(settings: Settings, tokens: Tokens) -> Proof:
    return Proof()


def _basic(settings: Settings, tokens: Tokens) -> Proof:
    pair = f"{_needed(settings, 'userName')}:{text(settings, 'password')}"
    return Proof({"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"})


def _digest(settings: Settings, tokens: Tokens) -> Proof:
    return Proof(challenge=httpx.DigestAuth(_needed(settings, "userName"), text(settings, "password")))


def _windows(settings: Settings, tokens: Tokens) -> Proof:
    raise Unsupported("Authentication of type 'Windows' for HttpServer", "a library for NTLM, in data/web_proof.py.")


def _certificate(settings: Settings, tokens: Tokens) -> Proof:
    if text(settings, "certThumbprint"):
        raise Unsupported(
            "A client certificate by 'certThumbprint', which lies with a self-hosted integration runtime,",
            "give 'embeddedCertData' instead.",
        )
    return Proof(
        certificate=ClientCertificate(_needed(settings, "embeddedCertData"), text(settings, "password")),
    )


def _service_principal(settings: Settings, tokens: Tokens) -> Proof:
    if text(settings, "servicePrincipalCredentialType", "ServicePrincipalKey") != "ServicePrincipalKey":
        raise Unsupported("A service principal with a certificate", "a client assertion in activities/identity.py.")
    principal = (
        _needed(settings, "tenant"),
        _needed(settings, "servicePrincipalId"),
        _needed(settings, "servicePrincipalKey"),
    )
    resource = _needed(settings, "aadResourceId")
    return Proof(authorization=lambda: f"Bearer {tokens.token(resource, principal)}")


def _managed_identity(settings: Settings, tokens: Tokens) -> Proof:
    """The factory's own or, with `credential`, the one it names."""
    resource = _needed(settings, "aadResourceId")
    return Proof(authorization=lambda: f"Bearer {tokens.token(resource, None)}")


def _client_credentials(settings: Settings, tokens: Tokens) -> Proof:
    endpoint = WebClient(_needed(settings, "tokenEndpoint"), ca_bundle=tokens.ca_bundle)
    form = {
        "grant_type": "client_credentials",
        "client_id": _needed(settings, "clientId"),
        "client_secret": _needed(settings, "clientSecret"),
    }
    form |= {name: text(settings, name) for name in ("scope", "resource") if text(settings, name)}
    source = ClientCredentials(endpoint.address, form, endpoint.open)
    return Proof(authorization=lambda: f"Bearer {source.token()}")


def _needed(settings: Settings, name: str) -> str:
    value = text(settings, name)
    if not value:
        raise InvalidSettings(f"The linked service has no value for the property '{name}'.")
    return value


WAYS: Mapping[str, Mapping[str, Way]] = {
    "HttpServer": {
        "Anonymous": _anonymous,
        "Basic": _basic,
        "ClientCertificate": _certificate,
        "Digest": _digest,
        "Windows": _windows,
    },
    "RestService": {
        "AadServicePrincipal": _service_principal,
        "Anonymous": _anonymous,
        "Basic": _basic,
        "ManagedServiceIdentity": _managed_identity,
        "OAuth2ClientCredential": _client_credentials,
    },
}
"""Linked service type → `authenticationType` → how to read it."""
