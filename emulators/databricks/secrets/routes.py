"""The Secrets API."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from emulators.databricks.arguments import arguments, encoded
from emulators.databricks.errors import InvalidParameterValue
from emulators.databricks.secrets.scopes import SecretScopes
from emulators.kernel.http import Route, json_response


class _Handlers:
    """Requests about secrets to answers."""

    def __init__(self, scopes: SecretScopes) -> None:
        self._scopes = scopes

    async def create_scope(self, request: Request) -> Response:
        given = await arguments(request)
        self._scopes.create(
            given.required_text("scope"), given.text("scope_backend_type"), given.text("initial_manage_principal")
        )
        return json_response({})

    async def list_scopes(self, _: Request) -> Response:
        return json_response({"scopes": found} if (found := self._scopes.list_scopes()) else {})

    async def delete_scope(self, request: Request) -> Response:
        self._scopes.delete((await arguments(request)).required_text("scope"))
        return json_response({})

    async def put(self, request: Request) -> Response:
        given = await arguments(request)
        if ("string_value" in given) == ("bytes_value" in given):
            raise InvalidParameterValue("Exactly one of string_value and bytes_value must be given.")
        value = given.text("string_value").encode() if "string_value" in given else given.decoded("bytes_value")
        self._scopes.put(given.required_text("scope"), given.required_text("key"), value)
        return json_response({})

    async def get(self, request: Request) -> Response:
        given = await arguments(request)
        key = given.required_text("key")
        return json_response({"key": key, "value": encoded(self._scopes.get(given.required_text("scope"), key))})

    async def list_secrets(self, request: Request) -> Response:
        found = self._scopes.list_secrets((await arguments(request)).required_text("scope"))
        return json_response({"secrets": found} if found else {})

    async def delete(self, request: Request) -> Response:
        given = await arguments(request)
        self._scopes.delete_secret(given.required_text("scope"), given.required_text("key"))
        return json_response({})

    async def put_access(self, request: Request) -> Response:
        given = await arguments(request)
        self._scopes.put_access(
            given.required_text("scope"), given.required_text("principal"), given.required_text("permission")
        )
        return json_response({})

    async def get_access(self, request: Request) -> Response:
        given = await arguments(request)
        return json_response(self._scopes.get_access(given.required_text("scope"), given.required_text("principal")))

    async def list_access(self, request: Request) -> Response:
        found = self._scopes.list_access((await arguments(request)).required_text("scope"))
        return json_response({"items": found} if found else {})

    async def delete_access(self, request: Request) -> Response:
        given = await arguments(request)
        self._scopes.delete_access(given.required_text("scope"), given.required_text("principal"))
        return json_response({})


def routes(scopes: SecretScopes) -> Sequence[Route]:
    on = _Handlers(scopes)
    return (
        Route("POST", "/api/2.0/secrets/scopes/create", on.create_scope),
        Route("GET", "/api/2.0/secrets/scopes/list", on.list_scopes),
        Route("POST", "/api/2.0/secrets/scopes/delete", on.delete_scope),
        Route("POST", "/api/2.0/secrets/put", on.put),
        Route("GET", "/api/2.0/secrets/get", on.get),
        Route("GET", "/api/2.0/secrets/list", on.list_secrets),
        Route("POST", "/api/2.0/secrets/delete", on.delete),
        Route("POST", "/api/2.0/secrets/acls/put", on.put_access),
        Route("GET", "/api/2.0/secrets/acls/get", on.get_access),
        Route("GET", "/api/2.0/secrets/acls/list", on.list_access),
        Route("POST", "/api/2.0/secrets/acls/delete", on.delete_access),
    )
