"""Event Grid's addresses: subscriptions through Resource Manager, events at the topics' publish addresses."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from emulators.eventgrid.errors import InvalidRequest
from emulators.eventgrid.service import EventGridService
from emulators.kernel.dialects import arm_error
from emulators.kernel.http import Route, build_app, empty_response, json_response, read_object
from emulators.kernel.tokens import ARM_AUDIENCES

_COLLECTION = "{scope:path}/providers/Microsoft.EventGrid/eventSubscriptions"
_ITEM = _COLLECTION + "/{name}"


def app(service: EventGridService) -> ASGIApp:
    """The ASGI application. Resource Manager's routes want its tokens, the publish address wants the topic's key."""
    handlers = _Handlers(service)
    return build_app(
        name="eventgrid",
        routes=[
            Route("PUT", _ITEM, handlers.put),
            Route("PATCH", _ITEM, handlers.update),
            Route("GET", _ITEM, handlers.get),
            Route("DELETE", _ITEM, handlers.delete),
            Route("POST", _ITEM + "/getFullUrl", handlers.full_url),
            Route("GET", _COLLECTION, handlers.list),
            Route("POST", "/topics/{topic}/api/events", handlers.publish, public=True),
            Route("GET", "/validate", handlers.validate, public=True),
        ],
        render_error=arm_error,
        authenticate=handlers.authenticate,
        ignore_case=True,
    )


class _Handlers:
    def __init__(self, service: EventGridService) -> None:
        self._service = service

    async def authenticate(self, request: Request) -> None:
        self._service.settings.verifier.verify(request, ARM_AUDIENCES)

    async def put(self, request: Request) -> Response:
        document = await read_object(request)
        properties = document.get("properties")
        if not isinstance(properties, dict):
            raise InvalidRequest("Invalid event subscription request: properties is required.")
        # 201 for a replaced subscription too: the documented answer, and the only one the management client takes
        return json_response(await self._service.put_subscription(*_names(request), properties), 201)

    async def update(self, request: Request) -> Response:
        return json_response(await self._service.update_subscription(*_names(request), await read_object(request)), 201)

    async def get(self, request: Request) -> Response:
        return json_response(self._service.get_subscription(*_names(request)))

    async def delete(self, request: Request) -> Response:
        return empty_response(200 if await self._service.delete_subscription(*_names(request)) else 204)

    async def full_url(self, request: Request) -> Response:
        return json_response({"endpointUrl": self._service.full_url(*_names(request))})

    async def list(self, request: Request) -> Response:
        return json_response({"value": self._service.list_subscriptions(request.path_params["scope"])})

    async def publish(self, request: Request) -> Response:
        topic, key = request.path_params["topic"], request.headers.get("aeg-sas-key")
        self._service.publish(topic, key, await request.body())
        return empty_response(200)

    async def validate(self, request: Request) -> Response:
        self._service.confirm(request.query_params.get("code", ""))
        return Response("Webhook successfully validated as a subscription endpoint", media_type="text/plain")


def _names(request: Request) -> tuple[str, str]:
    return request.path_params["scope"], request.path_params["name"]
