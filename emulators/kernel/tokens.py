"""Bearer tokens of the local cloud: signed by its Entra emulator, verified by every service.

Tokens are RS256 JSON Web Tokens as Entra ID issues them. The key pair belongs to one cloud instance, so a token
of another instance, or of Azure, opens nothing here.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.requests import Request

from emulators.kernel.errors import Unauthenticated

_ALGORITHM = "RS256"

ARM_AUDIENCES = frozenset(
    {
        "https://management.azure.com",
        "https://management.core.windows.net",
        "https://management.core.windows.net/",
    }
)
"""Audiences that Resource Manager and what stands behind it accept (documented for Entra ID)."""

DATABRICKS_AUDIENCE = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"
"""The application id of Azure Databricks, the same in every tenant (documented)."""

AZUREML_AUDIENCE = "https://ml.azure.com"
"""The audience of Azure Machine Learning's data plane (documented)."""


@dataclass(frozen=True)
class Claims:
    """What a verified token says: who (`client_id`), in which tenant, for which service."""

    client_id: str
    tenant_id: str
    audience: str
    expires: datetime


class TokenIssuer:
    """Signs tokens. `private_key_pem` is unencrypted PKCS#8; `generate()` makes a fresh one."""

    def __init__(self, private_key_pem: bytes, tenant_id: str, key_id: str = "drydock") -> None:
        key = serialization.load_pem_private_key(private_key_pem, password=None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ValueError("the token key must be an RSA key")
        self._key = key
        self._key_id = key_id
        self.tenant_id = tenant_id

    @staticmethod
    def generate() -> bytes:
        """A new private key in PEM."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def issue(
        self,
        *,
        client_id: str,
        audience: str,
        issuer: str,
        now: datetime,
        lifetime: timedelta = timedelta(hours=1),
        extra: Mapping[str, Any] | None = None,
    ) -> str:
        """A signed token for one audience."""
        claims: dict[str, Any] = {
            "aud": audience,
            "iss": issuer,
            "iat": now,
            "nbf": now,
            "exp": now + lifetime,
            "appid": client_id,
            "azp": client_id,
            "oid": client_id,
            "sub": client_id,
            "tid": self.tenant_id,
            "idtyp": "app",
            "ver": "2.0",
            **(extra or {}),
        }
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM, headers={"kid": self._key_id})

    def public_jwk(self) -> dict[str, Any]:
        """The public key as a JSON Web Key, for the authority's key endpoint."""
        key: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {**key, "kid": self._key_id, "use": "sig", "alg": _ALGORITHM}

    def verifier(self) -> "TokenVerifier":
        return TokenVerifier(self._key.public_key())


class TokenVerifier:
    """Checks the bearer token of a request against the public key of this cloud's issuer."""

    def __init__(self, public_key: rsa.RSAPublicKey) -> None:
        self._key = public_key

    def verify(self, request: Request, audiences: Collection[str]) -> Claims:
        """The claims of the request's token. Raises Unauthenticated, saying what is wrong with it."""
        return self.verify_token(bearer_token(request), audiences)

    def verify_token(self, token: str, audiences: Collection[str]) -> Claims:
        """The claims of a token for one of `audiences` (a trailing slash does not count)."""
        accepted = {form for audience in audiences for form in (audience.rstrip("/"), audience.rstrip("/") + "/")}
        try:
            claims = jwt.decode(token, self._key, algorithms=[_ALGORITHM], audience=accepted)
        except jwt.ExpiredSignatureError as error:
            raise Unauthenticated("The access token has expired.", code="ExpiredAuthenticationToken") from error
        except jwt.InvalidAudienceError as error:
            raise Unauthenticated(
                f"The access token is for another audience; this service accepts {', '.join(sorted(audiences))}.",
                code="InvalidAuthenticationTokenAudience",
            ) from error
        except jwt.InvalidTokenError as error:
            raise Unauthenticated(
                "The access token is invalid: it was not issued by this cloud's authority.",
                code="InvalidAuthenticationToken",
            ) from error
        return Claims(
            client_id=str(claims.get("appid", "")),
            tenant_id=str(claims.get("tid", "")),
            audience=str(claims["aud"]),
            expires=datetime.fromtimestamp(claims["exp"], UTC),
        )


def bearer_token(request: Request) -> str:
    """The token of the Authorization header. Raises Unauthenticated when there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Authentication failed. The 'Authorization' header is missing.")
    return token.strip()
