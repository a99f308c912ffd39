"""The `authentication` of Web and WebHook activities: how the call proves who it is."""

import base64
from collections.abc import Mapping
from typing import Any

from emulators.datafactory.activities.failure import NotBuiltYet
from emulators.datafactory.activities.identity import ServicePrincipal
from emulators.datafactory.activities.linked_services import revealed
from emulators.datafactory.activities.services import ActivityServices
from emulators.datafactory.engine.activity import Activity


async def authorization(activity: Activity, services: ActivityServices) -> dict[str, str]:
    """The headers for the activity's `authentication`, none without one; raises ActivityFailed."""
    written: Mapping[str, Any] | None = activity.type_properties.get("authentication")
    if not written:
        return {}

    async def plain(*names: str) -> str:
        """A property, secrets revealed; documentation and API name some of them differently."""
        value = next((written[name] for name in names if written.get(name) is not None), "")
        owner = f"activity '{activity.name}'"
        return str(await revealed(value, activity.resources, owner, services.http, services.identity))

    kind = str(written.get("type"))
    if kind == "Basic":
        pair = f"{await plain('username')}:{await plain('password')}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    if kind == "MSI":
        return {"Authorization": f"Bearer {await services.identity.token(await plain('resource'))}"}
    if kind == "ServicePrincipal":
        principal = ServicePrincipal(
            await plain("userTenant", "tenant"),
            await plain("username", "servicePrincipalId"),
            await plain("password", "servicePrincipalKey"),
        )
        return {"Authorization": f"Bearer {await services.identity.token(await plain('resource'), principal)}"}
    raise NotBuiltYet(f"Web authentication of type '{kind}'", "a case in activities/authentication.py.")
