"""The authority's behaviour: one tenant, the clients it knows, and tokens for whom can prove to be one of them.

Tokens live by the machine's time, not by the cloud's clock: clients (azure-identity caches by `expires_in`) and
verifiers judge them by the machine's time too, and a virtual clock that jumps over a week must not log anybody out.
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from emulators.entra.assertions import ASSERTION_TYPE, FederatedCredential
from emulators.entra.errors import (
    InvalidAssertion,
    InvalidResource,
    InvalidScope,
    InvalidSecret,
    MissingCredential,
    MissingParameter,
    NoFederatedCredential,
    NoTenantInformation,
    TenantNotFound,
    UnknownClient,
    UnsupportedGrantType,
)
from emulators.kernel.masking import masker
from emulators.kernel.tokens import TokenIssuer

LIFETIME = timedelta(hours=1)

_ANY_TENANT = ("common", "organizations")
_DEFAULT_SCOPE = "/.default"
_RESOURCE = re.compile(r"[a-z][a-z0-9+.-]*://\S+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True)
class EntraSettings:
    """`address` is where clients reach the authority (https, no trailing slash); `clients` are secrets by client id.

    `federated` holds what a client may present instead of a secret, by client id.
    """

    address: str
    tenant_id: str
    clients: Mapping[str, str]
    issuer: TokenIssuer
    federated: Mapping[str, FederatedCredential] = field(default_factory=dict)


@dataclass(frozen=True)
class Token:
    """An issued access token. `audience` is the service it opens."""

    value: str
    audience: str
    issued: datetime

    @property
    def expires(self) -> datetime:
        return self.issued + LIFETIME


class EntraService:
    """Knows clients and issues tokens; keeps no state."""

    def __init__(self, settings: EntraSettings) -> None:
        self.settings = settings
        self._secrets = {client.lower(): secret for client, secret in settings.clients.items()}
        self._federated = {client.lower(): credential for client, credential in settings.federated.items()}
        masker.add(*self._secrets.values())

    async def start(self) -> None:
        """Nothing to start."""

    async def stop(self) -> None:
        """Nothing to stop."""

    def metadata(self, tenant: str, *, version: int) -> dict[str, Any]:
        """The OpenID provider document of a tenant, `common` and `organizations` included. Raises TenantNotFound."""
        self._require_tenant(tenant, any_tenant=True)
        base = f"{self.settings.address}/{tenant}"
        oauth, keys = ("oauth2/v2.0", "discovery/v2.0/keys") if version == 2 else ("oauth2", "discovery/keys")
        return {
            "token_endpoint": f"{base}/{oauth}/token",
            # MSAL refuses a document without it; nobody can log in interactively, the route answers 501
            "authorization_endpoint": f"{base}/{oauth}/authorize",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "jwks_uri": f"{base}/{keys}",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code"],
            "scopes_supported": ["openid"],
            "issuer": self.issuer(version=version),
            "tenant_region_scope": None,
        }

    def keys(self, tenant: str) -> dict[str, Any]:
        """The JSON Web Key Set by which tokens are verified. Raises TenantNotFound."""
        self._require_tenant(tenant, any_tenant=True)
        return {"keys": [{**self.settings.issuer.public_jwk(), "issuer": self.issuer(version=2)}]}

    def issuer(self, *, version: int) -> str:
        """The `iss` of tokens."""
        return f"{self.settings.address}/{self.settings.tenant_id}/" + ("v2.0" if version == 2 else "")

    def grant(self, tenant: str, form: Mapping[str, str], *, version: int) -> Token:
        """Client credentials: a token for the resource in `scope` (version 2) or `resource` (version 1).

        Raises an EntraError that says what is wrong; the client is checked before the scope (assumed).
        """
        self._require_tenant(tenant, any_tenant=False)
        grant = _required(form, "grant_type")
        if grant != "client_credentials":
            raise UnsupportedGrantType(grant)
        client_id = self._authenticated(form)
        audience = _audience_of_scope(form) if version == 2 else _audience_of_resource(form)
        now = datetime.now(UTC)
        value = self.settings.issuer.issue(
            client_id=client_id,
            audience=audience,
            issuer=self.issuer(version=version),
            now=now,
            lifetime=LIFETIME,
            extra={"ver": f"{version}.0"},
        )
        return Token(value, audience, now)

    def _require_tenant(self, tenant: str, *, any_tenant: bool) -> None:
        if tenant.lower() in _ANY_TENANT:
            if not any_tenant:
                raise NoTenantInformation
        elif tenant.lower() != self.settings.tenant_id.lower():
            raise TenantNotFound(tenant)

    def _authenticated(self, form: Mapping[str, str]) -> str:
        """The id of the client that the form proves to be; Raises when it proves nothing."""
        client_id = _required(form, "client_id")
        known = client_id.lower()
        if known not in self._secrets and known not in self._federated:
            raise UnknownClient(client_id, self.settings.tenant_id)
        if "client_assertion" in form:
            self._verify_assertion(known, form)
        elif "client_secret" in form:
            self._verify_secret(known, form["client_secret"])
        else:
            raise MissingCredential
        return known

    def _verify_secret(self, client_id: str, given: str) -> None:
        expected = self._secrets.get(client_id)
        if expected is None or not hmac.compare_digest(expected.encode(), given.encode()):
            raise InvalidSecret(client_id)

    def _verify_assertion(self, client_id: str, form: Mapping[str, str]) -> None:
        if _required(form, "client_assertion_type") != ASSERTION_TYPE:
            raise InvalidAssertion(f"The client assertion type must be '{ASSERTION_TYPE}'.", 50027)
        credential = self._federated.get(client_id)
        if credential is None:
            raise NoFederatedCredential(client_id)
        credential.verify(form["client_assertion"])


def _required(form: Mapping[str, str], name: str) -> str:
    value = form.get(name, "")
    if not value:
        raise MissingParameter(name)
    return value


def _audience_of_scope(form: Mapping[str, str]) -> str:
    """`https://host/.default` asks for audience `https://host`; a slash before `/.default` belongs to the audience."""
    scope = _required(form, "scope")
    resource = scope.removesuffix(_DEFAULT_SCOPE)
    if resource == scope or not _RESOURCE.fullmatch(resource):
        raise InvalidScope(scope)
    return resource


def _audience_of_resource(form: Mapping[str, str]) -> str:
    resource = _required(form, "resource")
    if not _RESOURCE.fullmatch(resource):
        raise InvalidResource(resource)
    return resource
