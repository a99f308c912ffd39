"""The `authentication` of Web and WebHook activities: how the call proves who it is."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from emulators.datafactory.activities.credentials import principal_of
from emulators.datafactory.activities.failure import ActivityFailed, NotBuiltYet
from emulators.datafactory.activities.identity import Principal, ServicePrincipal
from emulators.datafactory.activities.linked_services import revealed
from emulators.datafactory.activities.services import ActivityServices
from emulators.datafactory.data.tls import ClientCertificate
from emulators.datafactory.engine.activity import Activity

IDENTITIES = frozenset({"MSI", "UserAssignedManagedIdentity", "ServicePrincipal"})
"""The types that bring a token."""


@dataclass(frozen=True)
class Proof:
    """What a call carries: headers, and a certificate in its handshake."""

    headers: Mapping[str, str] = field(default_factory=dict)
    certificate: ClientCertificate | None = None


async def proof(activity: Activity, services: ActivityServices) -> Proof:
    """What the activity's `authentication` asks for, nothing without one; raises ActivityFailed."""
    if not activity.type_properties.get("authentication"):
        return Proof()
    written = _Written(activity, services)
    kind = written.type
    if kind == "Basic":
        pair = f"{await written.plain('username')}:{await written.plain('password')}"
        return Proof({"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"})
    if kind == "ClientCertificate":
        return Proof(certificate=ClientCertificate(await written.needed("pfx"), await written.plain("password")))
    if kind not in IDENTITIES:
        raise NotBuiltYet(f"Web authentication of type '{kind}'", "a case in activities/authentication.py.")
    resource = await written.needed("resource")
    token = await services.identity.token(resource, await written.principal())
    return Proof({"Authorization": f"Bearer {token}"})


class _Written:
    """The property `authentication`; documentation and API name some of its members differently."""

    def __init__(self, activity: Activity, services: ActivityServices) -> None:
        self._written: Mapping[str, Any] = activity.type_properties["authentication"]
        self.type = str(self._written.get("type"))
        self._resources = activity.resources
        self._owner = f"activity '{activity.name}'"
        self._reveal = partial(
            revealed,
            resources=activity.resources,
            name=self._owner,
            http=services.http,
            identity=services.identity,
        )

    async def plain(self, *names: str) -> str:
        """A member, secrets revealed, "" where there is none."""
        value = next((self._written[name] for name in names if self._written.get(name) is not None), "")
        return str(await self._reveal(value))

    async def needed(self, *names: str) -> str:
        value = await self.plain(*names)
        if not value:
            raise ActivityFailed("2103", f"Please provide value for the property '{names[-1]}' of 'authentication'.")
        return value

    async def principal(self) -> Principal | None:
        """Whose token is meant, None for the factory's own managed identity."""
        if self.type == "MSI":
            return None
        if self.type != "ServicePrincipal" or self._written.get("credential"):
            return await principal_of(self._written.get("credential"), self._resources, self._owner, self._reveal)
        if self._written.get("pfx"):
            raise NotBuiltYet("A service principal with a certificate", "a client assertion in identity.py.")
        return ServicePrincipal(
            await self.needed("userTenant", "tenant"),
            await self.needed("username", "servicePrincipalId"),
            await self.needed("password", "servicePrincipalKey"),
        )
