"""`/.well-known/databricks-config`, SCIM's Me, and the Token API."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from emulators.databricks.arguments import arguments
from emulators.databricks.identity.tokens import Principal, Tokens
from emulators.databricks.settings import DatabricksSettings
from emulators.kernel.http import Route, json_response


def caller(request: Request) -> Principal:
    """Who sent an authenticated request."""
    principal: Principal = request.state.principal
    return principal


class _Handlers:
    """Requests about callers and their tokens to answers."""

    def __init__(self, settings: DatabricksSettings, tokens: Tokens) -> None:
        self._settings = settings
        self._tokens = tokens

    async def configuration(self, _: Request) -> Response:
        # the client's very first call, without a token; cloud "Azure" makes databricks-sdk treat the host as Azure's
        return json_response(
            {
                "workspace_id": self._settings.workspace_id,
                "cloud": "Azure",
                "oidc_endpoint": f"{self._settings.address}/oidc",
            }
        )

    async def me(self, request: Request) -> Response:
        name = caller(request).user_name
        return json_response(
            {
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                "id": self._settings.workspace_id,
                "userName": name,
                "displayName": name.partition("@")[0],
                "emails": [{"value": name, "type": "work", "primary": True}] if "@" in name else [],
                "groups": [{"display": "users", "value": "users", "type": "direct"}],
                "active": True,
            },
            headers={"X-Databricks-Org-Id": self._settings.workspace_id},
        )

    async def create(self, request: Request) -> Response:
        given = await arguments(request)
        lifetime = given.integer("lifetime_seconds") if "lifetime_seconds" in given else None
        return json_response(self._tokens.create(caller(request), given.text("comment"), lifetime))

    async def list_tokens(self, _: Request) -> Response:
        return json_response({"token_infos": infos} if (infos := self._tokens.list()) else {})

    async def delete(self, request: Request) -> Response:
        self._tokens.delete((await arguments(request)).required_text("token_id"))
        return json_response({})


def routes(settings: DatabricksSettings, tokens: Tokens) -> Sequence[Route]:
    on = _Handlers(settings, tokens)
    return (
        Route("GET", "/.well-known/databricks-config", on.configuration, public=True),
        Route("GET", "/api/2.0/preview/scim/v2/Me", on.me),
        Route("POST", "/api/2.0/token/create", on.create),
        Route("GET", "/api/2.0/token/list", on.list_tokens),
        Route("POST", "/api/2.0/token/delete", on.delete),
    )
