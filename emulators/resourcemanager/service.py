"""Resource Manager's behaviour: who may enter, what exists here, and which provider answers for the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from emulators.kernel.clock import Clock
from emulators.kernel.errors import UnsupportedRoute
from emulators.kernel.http import raw_path
from emulators.kernel.store import DocumentStore
from emulators.kernel.tokens import ARM_AUDIENCES, TokenVerifier
from emulators.resourcemanager.errors import (
    DeploymentsNotEmulated,
    MissingApiVersionParameter,
    ProviderNotEmulated,
    ResourceGroupDeletionBlocked,
    SubscriptionNotFound,
)
from emulators.resourcemanager.groups import ResourceGroup, ResourceGroups
from emulators.resourcemanager.passage import Passage, Provider
from emulators.resourcemanager.scope import ResourcePath, parse

_TRACKED = "resourcemanager.resource"
_RESOURCES = "microsoft.resources"


@dataclass(frozen=True)
class ResourceManagerSettings:
    """`providers` gives the base address of the service behind each namespace (compared without case).

    `resource_groups` are created in `location` at the start unless they exist; they belong to the environment and
    cannot be deleted. `ca_bundle` holds the authorities by which providers' HTTPS is trusted.
    """

    address: str
    tenant_id: str
    subscription_id: str
    subscription_name: str
    resource_groups: Sequence[str]
    location: str
    providers: Mapping[str, str]
    store: DocumentStore
    clock: Clock
    verifier: TokenVerifier
    ca_bundle: Path


class ResourceManagerService:
    """One subscription with its groups, and the passages to the providers."""

    def __init__(self, settings: ResourceManagerSettings) -> None:
        self.settings = settings
        self.groups = ResourceGroups(settings.store, settings.clock)
        self._providers = {
            namespace.lower(): Provider(namespace, address.rstrip("/"))
            for namespace, address in settings.providers.items()
        }
        self._declared = {name.lower() for name in settings.resource_groups}
        self._passage: Passage | None = None

    async def start(self) -> None:
        """Create the declared groups that are missing; open the passages."""
        for name in self.settings.resource_groups:
            if self.groups.find(name) is None:
                self.groups.put(name, {"location": self.settings.location})
        self._passage = Passage(self.settings.ca_bundle)

    async def stop(self) -> None:
        """Close the passages."""
        if self._passage is not None:
            await self._passage.close()
            self._passage = None

    async def admit(self, request: Request) -> None:
        """Let a request in. Raises Unauthenticated or MissingApiVersionParameter."""
        self.settings.verifier.verify(request, ARM_AUDIENCES)
        emulated = not request.url.path.startswith("/__emulator/")
        if emulated and not request.query_params.get("api-version"):
            raise MissingApiVersionParameter

    def require_subscription(self, subscription: str) -> None:
        """Raises SubscriptionNotFound."""
        if subscription.lower() != self.settings.subscription_id.lower():
            raise SubscriptionNotFound(subscription)

    def subscription(self) -> dict[str, Any]:
        """The one subscription as a document."""
        settings = self.settings
        return {
            "id": f"/subscriptions/{settings.subscription_id}",
            "authorizationSource": "RoleBased",
            "managedByTenants": [],
            "subscriptionId": settings.subscription_id,
            "tenantId": settings.tenant_id,
            "displayName": settings.subscription_name,
            "state": "Enabled",
            "subscriptionPolicies": {
                "locationPlacementId": "Public_2014-09-01",
                "quotaId": "PayAsYouGo_2014-09-01",
                "spendingLimit": "Off",
            },
        }

    def tenant(self) -> dict[str, Any]:
        """The one tenant as a document."""
        tenant = self.settings.tenant_id
        return {
            "id": f"/tenants/{tenant}",
            "tenantId": tenant,
            "displayName": "Drydock local cloud",
            "tenantCategory": "Home",
        }

    def group_document(self, group: ResourceGroup, expand: str = "") -> dict[str, Any]:
        """A group as the REST API shows it; `expand` may name `createdTime` and `changedTime`, separated by commas."""
        document: dict[str, Any] = {
            "id": f"/subscriptions/{self.settings.subscription_id}/resourceGroups/{group.name}",
            "name": group.name,
            "type": "Microsoft.Resources/resourceGroups",
            "location": group.location,
            "tags": dict(group.tags),
            "properties": {"provisioningState": "Succeeded"},
        }
        if group.managed_by is not None:
            document["managedBy"] = group.managed_by
        times = {"createdTime": group.created, "changedTime": group.changed}
        document.update({name: times[name] for name in expand.split(",") if name in times})
        return document

    def providers(self) -> list[Provider]:
        """Every registered provider, by name."""
        return sorted(self._providers.values(), key=lambda provider: provider.namespace.lower())

    def provider(self, namespace: str) -> Provider:
        """The provider of a namespace. Raises ProviderNotEmulated."""
        provider = self._providers.get(namespace.lower())
        if provider is None:
            raise ProviderNotEmulated(namespace, (known.namespace for known in self._providers.values()))
        return provider

    def provider_document(self, provider: Provider) -> dict[str, Any]:
        """A provider as the REST API shows it. Resource types stay with the provider; none are listed here."""
        return {
            "id": f"/subscriptions/{self.settings.subscription_id}/providers/{provider.namespace}",
            "namespace": provider.namespace,
            "registrationPolicy": "RegistrationRequired",
            "registrationState": "Registered",
            "resourceTypes": [],
        }

    async def delete_group(self, name: str, authorization: str) -> None:
        """Delete a group and, in the caller's name, every resource that was created in it, newest first.

        Raises ResourceGroupNotFound, or ResourceGroupDeletionBlocked when the group belongs to the environment or
        a resource cannot be deleted; what was deleted until then stays deleted, as in Azure.
        """
        group = self.groups.get(name)
        if group.name.lower() in self._declared:
            raise ResourceGroupDeletionBlocked(
                f"The resource group '{group.name}' is declared by the local cloud's environment and holds its fixed "
                "resources; only groups that were created through Resource Manager can be deleted."
            )
        for key, resource in reversed(list(self.settings.store.list(_TRACKED))):
            if resource["group"] == group.name.lower():
                await self._delete_resource(key, resource, authorization)
        self.groups.delete(group.name)

    async def _delete_resource(self, key: str, resource: Mapping[str, Any], authorization: str) -> None:
        path = f"{resource['path']}?api-version={resource['api_version']}"
        status = await self._open_passage().delete(path, self.provider(resource["namespace"]), authorization)
        if status >= 300 and status != 404:
            raise ResourceGroupDeletionBlocked(
                f"Deletion of resource group '{resource['group']}' failed: its resource {resource['path']} answered "
                f"HTTP {status}.",
                target=resource["path"],
            )
        self.settings.store.delete(_TRACKED, key)

    async def pass_on(self, request: Request) -> Response:
        """Give a request to the provider its path names; Raises the error for what does not exist here."""
        path = parse(raw_path(request))
        if path.subscription is not None:
            self.require_subscription(path.subscription)
        if path.group is not None:
            self.groups.get(path.group)
        if path.namespace is None:
            raise UnsupportedRoute(
                f"The resourcemanager emulator has no route for '{request.method} {request.url.path}'. "
                "To support it add a row to the routes table of emulators/resourcemanager/routes.py."
            )
        if path.namespace.lower() == _RESOURCES and _RESOURCES not in self._providers:
            raise DeploymentsNotEmulated
        provider = self.provider(path.namespace)
        response = await self._open_passage().carry(request, provider)
        if response.status_code < 300:
            self._track(request, path, provider)
        return response

    def _track(self, request: Request, path: ResourcePath, provider: Provider) -> None:
        """Remember what exists in a group, so that deleting the group can delete it."""
        if path.resource_id is None or path.group is None:
            return
        key = path.resource_id.lower()
        if request.method == "PUT":
            self.settings.store.put(
                _TRACKED,
                key,
                {
                    "group": path.group.lower(),
                    "namespace": provider.namespace,
                    "path": raw_path(request),
                    "api_version": request.query_params["api-version"],
                },
            )
        elif request.method == "DELETE":
            self.settings.store.delete(_TRACKED, key)

    def _open_passage(self) -> Passage:
        if self._passage is None:
            raise RuntimeError("ResourceManagerService.start() was not awaited")
        return self._passage
