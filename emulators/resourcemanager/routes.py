"""Resource Manager's URLs: what it answers itself; everything else with a provider's namespace is passed on."""

import uuid

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulators.kernel.clock_routes import clock_routes
from emulators.kernel.dialects import arm_error
from emulators.kernel.http import Handler, Route, build_app, empty_response, json_response, read_object
from emulators.resourcemanager.errors import FilterNotSupported
from emulators.resourcemanager.service import ResourceManagerService

_CORRELATION = "x-ms-correlation-request-id"


def app(service: ResourceManagerService) -> ASGIApp:
    """Resource Manager as an ASGI application."""
    subscription = "/subscriptions/{subscription}"
    group = subscription + "/resourceGroups/{group}"
    routes = [
        Route("GET", "/tenants", _tenants(service)),
        Route("GET", "/subscriptions", _subscriptions(service)),
        Route("GET", subscription, _subscription(service)),
        Route("GET", subscription + "/resourceGroups", _list_groups(service)),
        Route("PUT", group, _put_group(service)),
        Route("GET", group, _get_group(service)),
        Route("HEAD", group, _head_group(service)),
        Route("PATCH", group, _patch_group(service)),
        Route("DELETE", group, _delete_group(service)),
        Route("GET", subscription + "/providers", _list_providers(service)),
        Route("GET", subscription + "/providers/{namespace}", _get_provider(service)),
        Route("POST", subscription + "/providers/{namespace}/register", _get_provider(service)),
        *clock_routes(service.settings.clock),
    ]
    return _with_request_ids(
        build_app(
            name="resourcemanager",
            routes=routes,
            render_error=arm_error,
            authenticate=service.admit,
            ignore_case=True,
            fallback=service.pass_on,
        )
    )


def _with_request_ids(inner: ASGIApp) -> ASGIApp:
    """Every answer carries its request's id and the caller's correlation id, which providers see as well."""

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        given = dict(scope["headers"]).get(_CORRELATION.encode())
        correlation = given.decode("latin-1") if given else str(uuid.uuid4())
        if given is None:
            scope = {**scope, "headers": [*scope["headers"], (_CORRELATION.encode(), correlation.encode())]}

        async def send_with_ids(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("x-ms-request-id", str(uuid.uuid4()))
                headers[_CORRELATION] = correlation
            await send(message)

        await inner(scope, receive, send_with_ids)

    return outer


def _tenants(service: ResourceManagerService) -> Handler:
    async def handle(_: Request) -> Response:
        return json_response({"value": [service.tenant()]})

    return handle


def _subscriptions(service: ResourceManagerService) -> Handler:
    async def handle(_: Request) -> Response:
        return json_response({"value": [service.subscription()], "count": {"type": "Total", "value": 1}})

    return handle


def _subscription(service: ResourceManagerService) -> Handler:
    async def handle(request: Request) -> Response:
        service.require_subscription(request.path_params["subscription"])
        return json_response(service.subscription())

    return handle


def _group_name(service: ResourceManagerService, request: Request) -> str:
    service.require_subscription(request.path_params["subscription"])
    name: str = request.path_params["group"]
    return name


def _list_groups(service: ResourceManagerService) -> Handler:
    async def handle(request: Request) -> Response:
        service.require_subscription(request.path_params["subscription"])
        if request.query_params.get("$filter"):
            raise FilterNotSupported
        expand = request.query_params.get("$expand", "")
        return json_response({"value": [service.group_document(group, expand) for group in service.groups.all()]})

    return handle


def _put_group(service: ResourceManagerService) -> Handler:
    async def handle(request: Request) -> Response:
        group, created = service.groups.put(_group_name(service, request), await read_object(request))
        return json_response(service.group_document(group), 201 if created else 200)

    return handle


def _get_group(service: ResourceManagerService) -> Handler:
    async def handle(request: Request) -> Response:
        group = service.groups.get(_group_name(service, request))
        return json_response(service.group_document(group, request.query_params.get("$expand", "")))

    return handle


def _head_group(service: ResourceManagerService) -> Handler:
    async def handle(request: Request) -> Response:
        exists = service.groups.find(_group_name(service, request)) is not None
        return empty_response(204 if exists else 404)

    return handle


def _patch_group(service: ResourceManagerService) -> Handler:
    async def handle(request: Request) -> Response:
        group = service.groups.patch(_group_name(service, request), await read_object(request))
        return json_response(service.group_document(group))

    return handle


def _delete_group(service: ResourceManagerService) -> Handler:
    async def handle(request: Request) -> Response:
        await service.delete_group(_group_name(service, request), request.headers["authorization"])
        return empty_response()

    return handle


def _list_providers(service: ResourceManagerService) -> Handler:
    async def handle(request: Request) -> Response:
        service.require_subscription(request.path_params["subscription"])
        return json_response({"value": [service.provider_document(provider) for provider in service.providers()]})

    return handle


def _get_provider(service: ResourceManagerService) -> Handler:
    async def handle(request: Request) -> Response:
        service.require_subscription(request.path_params["subscription"])
        return json_response(service.provider_document(service.provider(request.path_params["namespace"])))

    return handle
