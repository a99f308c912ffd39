"""The vault's addresses, as azure-keyvault-secrets asks for them. Keys and certificates answer 501 by name."""

import base64
from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from emulators.kernel.errors import InvalidBody
from emulators.kernel.http import Route, build_app, empty_response, json_response, read_object
from emulators.keyvault.arguments import backup, page_size, properties, secret_name, secret_value
from emulators.keyvault.documents import Documents
from emulators.keyvault.errors import BadParameter, NotEmulated, render
from emulators.keyvault.paging import key_of, next_link, page
from emulators.keyvault.service import KeyVaultService

_LARGEST_BODY = 1 << 20  # a value of 25 KiB, each byte escaped, with its tags
_LARGEST_BACKUP = 64 << 20
_NOT_EMULATED = ("keys", "deletedkeys", "certificates", "deletedcertificates", "storage", "deletedstorage", "rng")
_METHODS = ("GET", "PUT", "POST", "PATCH", "DELETE")


def app(service: KeyVaultService) -> ASGIApp:
    """The ASGI application; every route wants a token for vaults, and asks for it by the challenge."""
    handlers = _Handlers(service)
    return build_app(
        name="keyvault",
        routes=[
            Route("GET", "/secrets", handlers.list),
            Route("POST", "/secrets/restore", handlers.restore),
            Route("PUT", "/secrets/{name}", handlers.set),
            Route("DELETE", "/secrets/{name}", handlers.delete),
            Route("POST", "/secrets/{name}/backup", handlers.backup),
            Route("GET", "/secrets/{name}/versions", handlers.list_versions),
            # the client names the latest version by none, and keeps the slash before it
            Route("GET", "/secrets/{name}", handlers.get),
            Route("GET", "/secrets/{name}/", handlers.get),
            Route("GET", "/secrets/{name}/{version}", handlers.get),
            Route("PATCH", "/secrets/{name}", handlers.update),
            Route("PATCH", "/secrets/{name}/", handlers.update),
            Route("PATCH", "/secrets/{name}/{version}", handlers.update),
            Route("GET", "/deletedsecrets", handlers.list_deleted),
            Route("GET", "/deletedsecrets/{name}", handlers.get_deleted),
            Route("DELETE", "/deletedsecrets/{name}", handlers.purge),
            Route("POST", "/deletedsecrets/{name}/recover", handlers.recover),
            *(Route(method, f"/{kind}{{rest:path}}", handlers.refuse) for kind in _NOT_EMULATED for method in _METHODS),
        ],
        render_error=render,
        authenticate=handlers.authenticate,
    )


class _Handlers:
    def __init__(self, service: KeyVaultService) -> None:
        self._service = service
        self._documents = Documents(service.settings.address)

    async def authenticate(self, request: Request) -> None:
        self._service.admit(request)

    async def set(self, request: Request) -> Response:
        body = await _body(request)
        value = secret_value(body)
        secret, version = self._service.set(_name(request), value, properties(body))
        return json_response(self._documents.bundle(secret, version, value))

    async def get(self, request: Request) -> Response:
        if request.query_params.get("outContentType"):
            raise NotEmulated("Converting the secret of a certificate ('outContentType')")
        secret, version, value = self._service.get(_name(request), _version(request))
        return json_response(self._documents.bundle(secret, version, value))

    async def update(self, request: Request) -> Response:
        change = properties(await _body(request))
        return json_response(self._documents.bundle(*self._service.update(_name(request), _version(request), change)))

    async def list(self, request: Request) -> Response:
        items = ((key, self._documents.item(secret)) for key, secret in self._service.secrets())
        return self._page(request, items)

    async def list_versions(self, request: Request) -> Response:
        items = ((key, self._documents.bundle(*found)) for key, found in self._service.versions(_name(request)))
        return self._page(request, items)

    async def delete(self, request: Request) -> Response:
        secret = self._service.delete(_name(request))
        return json_response(self._documents.bundle(secret, secret.latest))

    async def list_deleted(self, request: Request) -> Response:
        items = ((key, self._documents.item(secret)) for key, secret in self._service.deleted_secrets())
        return self._page(request, items)

    async def get_deleted(self, request: Request) -> Response:
        secret = self._service.deleted(_name(request))
        return json_response(self._documents.bundle(secret, secret.latest))

    async def recover(self, request: Request) -> Response:
        secret = self._service.recover(_name(request))
        return json_response(self._documents.bundle(secret, secret.latest))

    async def purge(self, request: Request) -> Response:
        self._service.purge(_name(request))
        return empty_response(204)

    async def backup(self, request: Request) -> Response:
        sealed = self._service.backup(_name(request))
        return json_response({"value": base64.urlsafe_b64encode(sealed).decode().rstrip("=")})

    async def restore(self, request: Request) -> Response:
        secret = self._service.restore(backup(await _body(request, _LARGEST_BACKUP)))
        return json_response(self._documents.bundle(secret, secret.latest))

    async def refuse(self, request: Request) -> Response:
        raise NotEmulated(f"'{request.method} {request.url.path}'")

    def _page(self, request: Request, items: Iterable[tuple[str, dict[str, Any]]]) -> Response:
        query, size = request.query_params, page_size(request.query_params)
        token = query.get("$skiptoken")
        shown, key = page(items, None if token is None else key_of(token), size)
        address = self._service.settings.address + request.url.path
        link = None if key is None else next_link(address, query["api-version"], size, key)
        return json_response({"value": shown, "nextLink": link})


def _name(request: Request) -> str:
    return secret_name(request.path_params["name"])


def _version(request: Request) -> str:
    """The version that the address names, empty for the latest."""
    version: str = request.path_params.get("version", "")
    return version


async def _body(request: Request, limit: int = _LARGEST_BODY) -> dict[str, Any]:
    """The body as an object, in the vault's words where it is none. Raises BadParameter, BodyTooLarge."""
    try:
        return await read_object(request, limit)
    except InvalidBody as error:
        raise BadParameter(error.message) from error
