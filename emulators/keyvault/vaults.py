"""The vault as Resource Manager shows it: the resource and its address. Only reading: a vault is part of the cloud's
settings. Secrets themselves are not here but behind the vault's own address."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from emulators.kernel.dialects import arm_error
from emulators.kernel.errors import UnsupportedRoute
from emulators.kernel.http import Route, build_app, json_response
from emulators.kernel.tokens import ARM_AUDIENCES
from emulators.keyvault.documents import RETENTION_DAYS
from emulators.keyvault.errors import VaultNotCreatable, VaultNotFound
from emulators.keyvault.service import KeyVaultService

_SUBSCRIPTION = "/subscriptions/{subscription}"
_TYPE = "/providers/Microsoft.KeyVault/vaults"
_VAULTS = _SUBSCRIPTION + "/resourceGroups/{group}" + _TYPE


def app(service: KeyVaultService) -> ASGIApp:
    """The ASGI application."""
    settings = service.settings
    own_id = settings.resource_id

    async def authenticate(request: Request) -> None:
        settings.verifier.verify(request, ARM_AUDIENCES)

    async def get(request: Request) -> Response:
        if request.url.path.lower() != own_id.lower():
            parameters = request.path_params
            raise VaultNotFound(
                f"The Resource 'Microsoft.KeyVault/vaults/{parameters['vault']}' under resource group "
                f"'{parameters['group']}' was not found."
            )
        return json_response(_resource(service))

    async def list_all(request: Request) -> Response:
        scope = request.url.path[: -len(_TYPE)].lower() + "/"
        return json_response({"value": [_resource(service)] if own_id.lower().startswith(scope) else []})

    async def refuse(request: Request) -> Response:
        raise VaultNotCreatable(request.path_params["vault"], [settings.name])

    async def unknown(request: Request) -> Response:
        raise UnsupportedRoute(
            f"The keyvault emulator has no route for '{request.method} {request.url.path}'. "
            "To support it add a row to the routes table of emulators/keyvault/vaults.py."
        )

    return build_app(
        name="keyvault",
        routes=[
            Route("GET", _SUBSCRIPTION + _TYPE, list_all),
            Route("GET", _VAULTS, list_all),
            Route("GET", _VAULTS + "/{vault}", get),
            *(Route(method, _VAULTS + "/{vault}", refuse) for method in ("PUT", "PATCH", "DELETE")),
        ],
        render_error=arm_error,
        authenticate=authenticate,
        ignore_case=True,
        fallback=unknown,
    )


def _resource(service: KeyVaultService) -> dict[str, Any]:
    settings = service.settings
    return {
        "id": settings.resource_id,
        "name": settings.name,
        "type": "Microsoft.KeyVault/vaults",
        "location": settings.location,
        "tags": {},
        "properties": {
            "provisioningState": "Succeeded",
            "tenantId": settings.tenant_id,
            "sku": {"family": "A", "name": "standard"},
            "vaultUri": f"{settings.address}/",
            "enableRbacAuthorization": True,
            "enableSoftDelete": True,
            "softDeleteRetentionInDays": RETENTION_DAYS,
            "accessPolicies": [],
        },
    }
