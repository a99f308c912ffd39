"""Event Grid's addresses: topics and subscriptions through Resource Manager, events where topics are published to."""

from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from emulators.eventgrid.errors import InvalidRequest, NotSupported, PayloadTooLarge
from emulators.eventgrid.events import LARGEST_REQUEST
from emulators.eventgrid.service import EventGridService
from emulators.kernel.dialects import arm_error
from emulators.kernel.errors import BodyTooLarge
from emulators.kernel.http import Route, build_app, empty_response, json_response, limited_body, read_object
from emulators.kernel.tokens import ARM_AUDIENCES

_SUBSCRIPTION = "/subscriptions/{subscription}"
_GROUP = _SUBSCRIPTION + "/resourceGroups/{group}"
_TOPICS = "/providers/Microsoft.EventGrid/topics"
_TOPIC = _GROUP + _TOPICS + "/{topic}"
_COLLECTIONS = ("{scope:path}/providers/Microsoft.EventGrid/eventSubscriptions", _TOPIC + "/eventSubscriptions")
"""The event subscriptions of any resource, and those of a custom topic at the address that its clients use."""


def app(service: EventGridService) -> ASGIApp:
    """The ASGI application. Resource Manager's routes want its tokens, the publish address wants the topic's key."""
    handlers = _Handlers(service)
    return build_app(
        name="eventgrid",
        routes=[*_subscription_routes(handlers), *_topic_routes(handlers), *_public_routes(handlers)],
        render_error=arm_error,
        authenticate=handlers.authenticate,
        ignore_case=True,
    )


def _subscription_routes(handlers: "_Handlers") -> Iterator[Route]:
    for collection in _COLLECTIONS:
        item = collection + "/{name}"
        yield Route("PUT", item, handlers.put)
        yield Route("PATCH", item, handlers.update)
        yield Route("GET", item, handlers.get)
        yield Route("DELETE", item, handlers.delete)
        yield Route("POST", item + "/getFullUrl", handlers.full_url)
        yield Route("GET", collection, handlers.list)


def _topic_routes(handlers: "_Handlers") -> Iterator[Route]:
    yield Route("GET", _SUBSCRIPTION + _TOPICS, handlers.list_topics)
    yield Route("GET", _GROUP + _TOPICS, handlers.list_topics)
    yield Route("PUT", _TOPIC, handlers.put_topic)
    yield Route("GET", _TOPIC, handlers.get_topic)
    yield Route("PATCH", _TOPIC, handlers.update_topic)
    yield Route("DELETE", _TOPIC, handlers.delete_topic)
    yield Route("POST", _TOPIC + "/listKeys", handlers.list_keys)
    yield Route("POST", _TOPIC + "/regenerateKey", handlers.regenerate_key)


def _public_routes(handlers: "_Handlers") -> Iterator[Route]:
    yield Route("POST", "/topics/{topic}/api/events", handlers.publish, public=True)
    yield Route("GET", "/validate", handlers.validate, public=True)


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
        _refuse_options(request)
        return json_response({"value": self._service.list_subscriptions(_scope(request))})

    async def put_topic(self, request: Request) -> Response:
        # 201 for a changed topic too: the only answer that the management client takes
        return json_response(self._service.topics.put(_scope(request), await read_object(request)), 201)

    async def get_topic(self, request: Request) -> Response:
        return json_response(self._service.topics.get(_scope(request)))

    async def update_topic(self, request: Request) -> Response:
        return json_response(self._service.topics.update(_scope(request), await read_object(request)))

    async def delete_topic(self, request: Request) -> Response:
        await self._service.delete_topic(_scope(request))
        return empty_response(204)

    async def list_topics(self, request: Request) -> Response:
        _refuse_options(request)
        return json_response({"value": self._service.topics.list(request.url.path.partition("/providers/")[0])})

    async def list_keys(self, request: Request) -> Response:
        return json_response(self._service.topics.custom(_scope(request)).keys())

    async def regenerate_key(self, request: Request) -> Response:
        body = await read_object(request)
        return json_response(self._service.topics.regenerate(_scope(request), body.get("keyName")))

    async def publish(self, request: Request) -> Response:
        topic, key = request.path_params["topic"], request.headers.get("aeg-sas-key")
        try:
            body = await limited_body(request, LARGEST_REQUEST)
        except BodyTooLarge as error:
            raise PayloadTooLarge("The maximum size (1 MB) of a publish request is exceeded.") from error
        self._service.publish(topic, key, body)
        return empty_response(200)

    async def validate(self, request: Request) -> Response:
        self._service.confirm(request.query_params.get("code", ""))
        return Response("Webhook successfully validated as a subscription endpoint", media_type="text/plain")


def _names(request: Request) -> tuple[str, str]:
    return _scope(request), request.path_params["name"]


def _scope(request: Request) -> str:
    """The resource id that the path names: any resource's, or that of a custom topic."""
    found = request.path_params
    return str(found["scope"]) if "scope" in found else _TOPIC.format(**found)


def _refuse_options(request: Request) -> None:
    for name in ("$filter", "$top"):
        if request.query_params.get(name):
            raise NotSupported(f"Lists take no '{name}' here. To add: its reading in emulators/eventgrid/routes.py.")
