"""The storage account as Resource Manager shows it: the resource, its addresses and its keys.

Only reading: the accounts of a local cloud come from its settings. Blobs themselves are not here but behind the
front door.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from emulators.kernel.dialects import arm_error
from emulators.kernel.http import Route, build_app, json_response
from emulators.kernel.tokens import ARM_AUDIENCES
from emulators.storage.errors import ResourceNotFound
from emulators.storage.service import StorageService

_ACCOUNTS = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Storage/storageAccounts"


def app(service: StorageService) -> ASGIApp:
    """The ASGI application. Raises ValueError when the settings name nobody who could check tokens."""
    verifier = service.settings.verifier
    if verifier is None:
        raise ValueError("the Resource Manager surface of storage needs a token verifier in its settings")

    async def authenticate(request: Request) -> None:
        verifier.verify(request, ARM_AUDIENCES)

    async def get(request: Request) -> Response:
        return json_response(_resource(service, _account(service, request)))

    async def list_all(request: Request) -> Response:
        prefix = request.url.path.lower() + "/"
        found = [name for name, given in service.settings.resource_ids.items() if given.lower().startswith(prefix)]
        return json_response({"value": [_resource(service, name) for name in found]})

    async def list_keys(request: Request) -> Response:
        value = service.settings.accounts[_account(service, request)]
        return json_response({"keys": [{"keyName": "key1", "value": value, "permissions": "FULL"}]})

    return build_app(
        name="storage",
        routes=[
            Route("GET", _ACCOUNTS, list_all),
            Route("GET", _ACCOUNTS + "/{account}", get),
            Route("POST", _ACCOUNTS + "/{account}/listKeys", list_keys),
        ],
        render_error=arm_error,
        authenticate=authenticate,
        ignore_case=True,
    )


def _account(service: StorageService, request: Request) -> str:
    """The account that the address names. Raises ResourceNotFound in Resource Manager's words."""
    asked = request.url.path.lower().removesuffix("/listkeys")
    for name, resource_id in service.settings.resource_ids.items():
        if resource_id.lower() == asked:
            return name
    parameters = request.path_params
    raise ResourceNotFound(
        f"The Resource 'Microsoft.Storage/storageAccounts/{parameters['account']}' under resource group "
        f"'{parameters['group']}' was not found."
    )


def _resource(service: StorageService, account: str) -> dict[str, Any]:
    location = service.settings.location
    return {
        "id": service.settings.resource_ids[account],
        "name": account,
        "type": "Microsoft.Storage/storageAccounts",
        "location": location,
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS", "tier": "Standard"},
        "tags": {},
        "properties": {
            "provisioningState": "Succeeded",
            "primaryEndpoints": {"blob": f"{service.secure_blob_endpoint(account)}/"},
            "primaryLocation": location,
            "statusOfPrimary": "available",
            "isHnsEnabled": False,
        },
    }
