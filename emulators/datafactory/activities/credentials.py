"""A factory's credentials: identities that linked services and activities name instead of the factory's own.

A managed identity must be assigned to the factory, as in Azure. How its tokens come about says `identity.py`.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from emulators.datafactory.activities.failure import ActivityFailed, NotBuiltYet
from emulators.datafactory.activities.identity import Principal, ServicePrincipal, UserAssignedIdentity
from emulators.datafactory.engine.resources import Resources

Reveal = Callable[[Any], Awaitable[Any]]
"""The plain text of a secret, other values as they are."""


def is_credential_reference(value: Any) -> bool:
    return isinstance(value, Mapping) and value.get("type") == "CredentialReference"


async def principal_of(reference: Any, resources: Resources, asked_by: str, reveal: Reveal) -> Principal:
    """Who a `CredentialReference` stands for; raises ActivityFailed naming who asked and what is missing.

    The codes are assumed.
    """
    name = reference.get("referenceName") if isinstance(reference, Mapping) else None
    found = resources.credential(str(name)) if name else None
    if found is None:
        raise ActivityFailed("BadRequest", f"The credential '{name}' that {asked_by} refers to does not exist.")
    spelled, properties = found
    written: Mapping[str, Any] = properties.get("typeProperties") or {}

    async def needed(key: str) -> str:
        value = await reveal(written.get(key))
        if not isinstance(value, str) or not value:
            raise ActivityFailed("2103", f"The credential '{spelled}' has no value for the property '{key}'.")
        return value

    match properties.get("type"):
        case "ManagedIdentity":
            return _assigned(await needed("resourceId"), spelled, resources)
        case "ServicePrincipal":
            return ServicePrincipal(
                await needed("tenant"), await needed("servicePrincipalId"), await needed("servicePrincipalKey")
            )
        case kind:
            raise NotBuiltYet(f"A credential of type '{kind}' ('{spelled}')", "a case in activities/credentials.py.")


def _assigned(resource_id: str, name: str, resources: Resources) -> UserAssignedIdentity:
    if resource_id.lower() not in resources.identities:
        raise ActivityFailed(
            "FailToGetManagedIdentityToken",
            f"The managed identity '{resource_id}' of credential '{name}' is not assigned to the factory "
            f"'{resources.factory_name}': it is missing in the factory's 'identity.userAssignedIdentities'.",
        )
    return UserAssignedIdentity(resource_id)
