"""What activities may use of the world: HTTP, time, an identity, and the addresses that come with the environment.

Everything else (the Databricks workspace, the Azure ML workspace, a vault) is found through linked services, as in
Azure; so any one of them may be the real one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from emulators.datafactory.activities.callbacks import Callbacks
from emulators.datafactory.activities.identity import Identity
from emulators.datafactory.activities.linked_services import LinkedService, resolve_linked_service
from emulators.datafactory.engine.activity import Activity
from emulators.datafactory.engine.resources import Resources
from emulators.kernel.clock import Clock

DIRECT: Mapping[str, httpx.AsyncBaseTransport | None] = {"all://127.0.0.1": None, "all://localhost": None}
"""Addresses of this machine are reached directly, whatever proxy the environment names for the others."""


@dataclass(frozen=True)
class ActivityServices:
    """Shared by all activities of one factory emulator. `http` trusts the local certificate authority."""

    http: httpx.AsyncClient
    clock: Clock
    identity: Identity
    resource_manager: str
    """Address of Azure Resource Manager, e.g. `https://management.azure.com`."""
    integration_runtime: str = "AutoResolveIntegrationRuntime (Local)"
    """What outputs name as `effectiveIntegrationRuntime`."""
    callbacks: Callbacks | None = None
    """Where WebHook activities are called back; the control plane gives it a route."""
    ca_bundle: Path | None = None
    """The certificate authorities (PEM) for connections that `http` cannot serve; None for the machine's."""
    databases: Path = field(default_factory=Path.cwd)
    """The folder that files of local stand-ins for SQL databases must lie in."""

    async def linked_service(self, activity: Activity) -> LinkedService:
        """The linked service an activity names, parameters evaluated and secrets fetched."""
        return await self.resolve(activity.linked_service, activity.resources, f"activity '{activity.name}'")

    async def resolve(self, reference: Mapping[str, Any] | None, resources: Resources, asked_by: str) -> LinkedService:
        """The linked service behind a reference; raises ActivityFailed naming who asked and what is missing."""
        return await resolve_linked_service(reference, resources, asked_by, self.http, self.identity)
