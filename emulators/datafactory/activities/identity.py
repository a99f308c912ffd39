"""Where activities get their access tokens: from the factory's managed identity, or from a service principal."""

from dataclasses import dataclass
from typing import Protocol


class Identity(Protocol):
    """Something that Entra ID gives tokens to."""

    async def token(self, resource: str) -> str:
        """An access token for a resource, e.g. `https://management.azure.com`; raises ActivityFailed without one."""
        ...


@dataclass(frozen=True)
class ServicePrincipal:
    """An application of a tenant and its secret, as linked services name them."""

    tenant: str
    client_id: str
    client_secret: str
