"""Tokens: what a verifier accepts and how it says what is wrong."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest
from starlette.requests import Request

from emulators.kernel.errors import Unauthenticated
from emulators.kernel.tokens import ARM_AUDIENCES, TokenIssuer, bearer_token

KEY = TokenIssuer.generate()
ISSUER = TokenIssuer(KEY, "tenant")


def token(audience: str = "https://management.azure.com", age: timedelta = timedelta()) -> str:
    return ISSUER.issue(client_id="me", audience=audience, issuer="https://here/", now=datetime.now(UTC) - age)


def request(header: str | None) -> Request:
    headers = [] if header is None else [(b"authorization", header.encode())]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": headers})


def test_a_token_of_this_cloud_is_accepted_with_or_without_a_slash() -> None:
    verifier = ISSUER.verifier()
    for audience in ("https://management.azure.com", "https://management.azure.com/"):
        claims = verifier.verify(request(f"Bearer {token(audience)}"), ARM_AUDIENCES)
        assert (claims.client_id, claims.tenant_id) == ("me", "tenant")


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (lambda: token(age=timedelta(hours=2)), "ExpiredAuthenticationToken"),
        (lambda: token("https://vault.azure.net"), "InvalidAuthenticationTokenAudience"),
        (lambda: token()[:-4] + "AAAA", "InvalidAuthenticationToken"),
        (lambda: "not.a.token", "InvalidAuthenticationToken"),
    ],
)
def test_what_is_wrong_with_a_token_is_said(made, code: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Unauthenticated) as caught:
        ISSUER.verifier().verify_token(made(), ARM_AUDIENCES)
    assert caught.value.code == code


def test_another_clouds_token_opens_nothing() -> None:
    other = TokenIssuer(TokenIssuer.generate(), "tenant")
    foreign = other.issue(
        client_id="me", audience="https://management.azure.com", issuer="https://here/", now=datetime.now(UTC)
    )
    with pytest.raises(Unauthenticated, match="not issued by this cloud"):
        ISSUER.verifier().verify_token(foreign, ARM_AUDIENCES)


def test_an_unsigned_token_opens_nothing() -> None:
    forged = jwt.encode({"aud": "https://management.azure.com"}, key="", algorithm="none")
    with pytest.raises(Unauthenticated):
        ISSUER.verifier().verify_token(forged, ARM_AUDIENCES)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer  ", "Basic abc"])
def test_no_bearer_token_is_said(header: str | None) -> None:
    with pytest.raises(Unauthenticated, match="Authorization"):
        bearer_token(request(header))


def test_the_public_key_is_published_without_the_private_parts() -> None:
    key = ISSUER.public_jwk()
    assert key["kty"] == "RSA"
    assert not {"d", "p", "q"} & set(key)
