"""The authority's URLs: OpenID metadata, keys, and the token endpoint in both of its versions."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from emulators.entra.errors import RepeatedParameter, render
from emulators.entra.service import LIFETIME, EntraService, Token
from emulators.kernel.errors import InvalidBody
from emulators.kernel.http import Handler, Route, build_app, json_response


def app(service: EntraService) -> ASGIApp:
    """The authority as an ASGI application; every route is public, proof of identity is in the request's body."""
    routes = [
        Route("GET", "/{tenant}/v2.0/.well-known/openid-configuration", _metadata(service, 2), public=True),
        Route("GET", "/{tenant}/.well-known/openid-configuration", _metadata(service, 1), public=True),
        Route("GET", "/{tenant}/discovery/v2.0/keys", _keys(service), public=True),
        Route("GET", "/{tenant}/discovery/keys", _keys(service), public=True),
        Route("POST", "/{tenant}/oauth2/v2.0/token", _token(service, 2), public=True),
        Route("POST", "/{tenant}/oauth2/token", _token(service, 1), public=True),
    ]
    return build_app(name="entra", routes=routes, render_error=render)


def _metadata(service: EntraService, version: int) -> Handler:
    async def handle(request: Request) -> Response:
        return json_response(service.metadata(request.path_params["tenant"], version=version))

    return handle


def _keys(service: EntraService) -> Handler:
    async def handle(request: Request) -> Response:
        return json_response(service.keys(request.path_params["tenant"]))

    return handle


def _token(service: EntraService, version: int) -> Handler:
    async def handle(request: Request) -> Response:
        token = service.grant(request.path_params["tenant"], await _form(request), version=version)
        return json_response(
            _answer_v2(token) if version == 2 else _answer_v1(token),
            headers={"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"},
        )

    return handle


def _answer_v2(token: Token) -> dict[str, Any]:
    seconds = int(LIFETIME.total_seconds()) - 1
    return {
        "token_type": "Bearer",
        "expires_in": seconds,
        "ext_expires_in": seconds,
        "access_token": token.value,
    }


def _answer_v1(token: Token) -> dict[str, Any]:
    """Version 1 writes its numbers as strings (documented)."""
    seconds = str(int(LIFETIME.total_seconds()) - 1)
    return {
        "token_type": "Bearer",
        "expires_in": seconds,
        "ext_expires_in": seconds,
        "expires_on": str(int(token.expires.timestamp())),
        "not_before": str(int(token.issued.timestamp())),
        "resource": token.audience,
        "access_token": token.value,
    }


async def _form(request: Request) -> Mapping[str, str]:
    """The form's fields, each at most once. Raises InvalidBody or RepeatedParameter."""
    try:
        text = (await request.body()).decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=50)
    except ValueError as error:
        raise InvalidBody(
            "The request body must be a form (application/x-www-form-urlencoded).", code="invalid_request"
        ) from error
    form: dict[str, str] = {}
    for name, value in pairs:
        if name in form:
            raise RepeatedParameter(name)
        form[name] = value
    return form
