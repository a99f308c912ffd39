"""Tokens, as the real factory gets them: from Entra ID, for its managed identity or for a service principal.

The emulated factory has no metadata endpoint to ask; its managed identity is an application with a secret, and the
token comes by the client credentials grant. A token is kept until shortly before it ends, by the machine's time:
that is how its receivers judge it, whatever clock the emulated cloud runs on.
"""

import time
from dataclasses import dataclass
from typing import Protocol

import httpx

from emulators.datafactory.activities.failure import ActivityFailed

_EARLY = 300.0
"""Seconds before its end at which a token counts as spent, as Azure's own clients have it."""


@dataclass(frozen=True)
class ServicePrincipal:
    """An application of a tenant and its secret."""

    tenant: str
    client_id: str
    client_secret: str


@dataclass(frozen=True)
class UserAssignedIdentity:
    """A managed identity that is assigned to the factory, by its resource id."""

    resource_id: str


Principal = ServicePrincipal | UserAssignedIdentity
"""Who may stand in for the factory's own managed identity."""


class Identity(Protocol):
    """Where activities get their tokens."""

    async def token(self, resource: str, principal: Principal | None = None) -> str:
        """An access token for a resource, e.g. `https://management.azure.com`, for the factory's managed identity
        or the given principal; raises ActivityFailed when there is none to be had."""
        ...


class EntraIdentity:
    """Client credentials against `POST {authority}/{tenant}/oauth2/v2.0/token`.

    A user-assigned identity has no application of its own here: it gets the token of the factory's managed identity,
    so whoever receives it sees that one's client id. That fits an emulated cloud, where every known client may do
    everything; a service that tells clients apart needs a ServicePrincipal credential.
    """

    def __init__(self, http: httpx.AsyncClient, authority: str, managed_identity: ServicePrincipal) -> None:
        self._http = http
        self._authority = authority.rstrip("/")
        self._managed_identity = managed_identity
        self._tokens: dict[tuple[ServicePrincipal, str], tuple[str, float]] = {}

    async def token(self, resource: str, principal: Principal | None = None) -> str:
        who = principal if isinstance(principal, ServicePrincipal) else self._managed_identity
        kept, until = self._tokens.get((who, resource), ("", 0.0))
        if time.monotonic() < until:
            return kept
        fresh, lifetime = await self._ask(who, resource)
        self._tokens[who, resource] = (fresh, time.monotonic() + lifetime - _EARLY)
        return fresh

    async def _ask(self, who: ServicePrincipal, resource: str) -> tuple[str, float]:
        """A fresh token and its lifetime in seconds."""
        url = f"{self._authority}/{who.tenant}/oauth2/v2.0/token"
        form = {
            "grant_type": "client_credentials",
            "client_id": who.client_id,
            "client_secret": who.client_secret,
            "scope": f"{resource.rstrip('/')}/.default",
        }
        try:
            answer = await self._http.post(url, data=form)
            body = answer.json()
            return str(body["access_token"]), float(body.get("expires_in", 3600))
        except httpx.HTTPError as error:
            raise _no_token(resource, f"{url} does not answer: {type(error).__name__} {error}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise _no_token(resource, f"{url} answered {answer.status_code}: {answer.text[:500]}") from error


def _no_token(resource: str, reason: str) -> ActivityFailed:
    """The code is assumed; the reason names the address, so that a missing environment is found at once."""
    return ActivityFailed("FailToGetManagedIdentityToken", f"No access token for '{resource}': {reason}")
