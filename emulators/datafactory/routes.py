"""Data Factory's URLs, api-version 2018-06-01: what is answered, and by name what is not.

Handlers only translate: path and body in, the service's documents out in the shapes that azure-mgmt-datafactory
parses (documented and recorded). Below `/__eventgrid/` Event Grid delivers, below `/__callbacks/` WebHook activities
are called back, below `/__emulator/` lies what no real service has.
"""

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulators.datafactory.catalogue import KINDS, Document, Factory, FactoryAddress, is_started
from emulators.datafactory.errors import (
    BadRequest,
    CallbackNotExpected,
    EntityNotFound,
    InvalidDelivery,
    RunNotFound,
    UnsupportedApiVersion,
    UnsupportedOperation,
)
from emulators.datafactory.factory_runs import Rerun
from emulators.datafactory.run_history import TriggerRun
from emulators.datafactory.run_queries import ACTIVITY_RUNS, PIPELINE_RUNS, TRIGGER_RUNS, answer
from emulators.datafactory.secrets import masked
from emulators.datafactory.service import API_VERSION, CALLBACKS, DataFactoryService, Precondition
from emulators.kernel.dialects import arm_error
from emulators.kernel.http import Handler, Route, build_app, empty_response, json_response, limited_body, read_object
from emulators.kernel.tokens import ARM_AUDIENCES

_PUBLIC_BODY = 4 * 1024 * 1024
"""Bytes that are read of what comes in without a token: an activity's output may hold no more (documented)."""

PAGE_SIZE = 100
"""Documents of one page of a list (assumed)."""

_SUBSCRIPTION = "/subscriptions/{subscription}"
_PROVIDER = "/providers/Microsoft.DataFactory"
_GROUP = _SUBSCRIPTION + "/resourceGroups/{group}"
_FACTORY = _GROUP + _PROVIDER + "/factories/{factory}"
_WEBHOOK = "/__eventgrid" + _SUBSCRIPTION + "/resourceGroups/{group}/factories/{factory}/triggers/{name}"

_HEADERS = {
    "cache-control": "no-cache",
    "pragma": "no-cache",
    "expires": "-1",
    "x-content-type-options": "nosniff",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
}
"""Headers of every answer (recorded)."""

UNSUPPORTED_OPERATIONS: Sequence[tuple[str, str, str]] = (
    (
        "POST",
        _SUBSCRIPTION + _PROVIDER + "/locations/{location}/configureFactoryRepo",
        "Factories.configure_factory_repo",
    ),
    ("POST", _SUBSCRIPTION + _PROVIDER + "/locations/{location}/getFeatureValue", "ExposureControl.get_feature_value"),
    ("POST", _FACTORY + "/getGitHubAccessToken", "Factories.get_git_hub_access_token"),
    ("POST", _FACTORY + "/getDataPlaneAccess", "Factories.get_data_plane_access"),
    ("POST", _FACTORY + "/getFeatureValue", "ExposureControl.get_feature_value_by_factory"),
    ("POST", _FACTORY + "/queryFeaturesValue", "ExposureControl.query_feature_values_by_factory"),
    ("POST", _FACTORY + "/createDataFlowDebugSession", "DataFlowDebugSession.create"),
    ("POST", _FACTORY + "/queryDataFlowDebugSessions", "DataFlowDebugSession.query_by_factory"),
    ("POST", _FACTORY + "/addDataFlowToDebugSession", "DataFlowDebugSession.add_data_flow"),
    ("POST", _FACTORY + "/deleteDataFlowDebugSession", "DataFlowDebugSession.delete"),
    ("POST", _FACTORY + "/executeDataFlowDebugCommand", "DataFlowDebugSession.execute_command"),
    ("GET", _FACTORY + "/privateLinkResources", "PrivateLinkResources.get"),
    ("GET", _FACTORY + "/privateEndpointConnections", "PrivateEndPointConnections.list_by_factory"),
    ("GET", _FACTORY + "/privateEndpointConnections/{name}", "PrivateEndpointConnection.get"),
    ("PUT", _FACTORY + "/privateEndpointConnections/{name}", "PrivateEndpointConnection.create_or_update"),
    ("DELETE", _FACTORY + "/privateEndpointConnections/{name}", "PrivateEndpointConnection.delete"),
    ("PATCH", _FACTORY + "/integrationRuntimes/{name}", "IntegrationRuntimes.update"),
    ("POST", _FACTORY + "/integrationRuntimes/{name}/getStatus", "IntegrationRuntimes.get_status"),
    ("POST", _FACTORY + "/integrationRuntimes/{name}/getConnectionInfo", "IntegrationRuntimes.get_connection_info"),
    ("POST", _FACTORY + "/integrationRuntimes/{name}/regenerateAuthKey", "IntegrationRuntimes.regenerate_auth_key"),
    ("POST", _FACTORY + "/integrationRuntimes/{name}/listAuthKeys", "IntegrationRuntimes.list_auth_keys"),
    ("POST", _FACTORY + "/integrationRuntimes/{name}/start", "IntegrationRuntimes.start"),
    ("POST", _FACTORY + "/integrationRuntimes/{name}/stop", "IntegrationRuntimes.stop"),
    ("POST", _FACTORY + "/integrationRuntimes/{name}/syncCredentials", "IntegrationRuntimes.sync_credentials"),
    ("POST", _FACTORY + "/integrationRuntimes/{name}/monitoringData", "IntegrationRuntimes.get_monitoring_data"),
    ("POST", _FACTORY + "/integrationRuntimes/{name}/upgrade", "IntegrationRuntimes.upgrade"),
    ("POST", _FACTORY + "/integrationRuntimes/{name}/removeLinks", "IntegrationRuntimes.remove_links"),
    (
        "POST",
        _FACTORY + "/integrationRuntimes/{name}/linkedIntegrationRuntime",
        "IntegrationRuntimes.create_linked_integration_runtime",
    ),
    (
        "GET",
        _FACTORY + "/integrationRuntimes/{name}/outboundNetworkDependenciesEndpoints",
        "IntegrationRuntimes.list_outbound_network_dependencies_endpoints",
    ),
    (
        "POST",
        _FACTORY + "/integrationRuntimes/{name}/refreshObjectMetadata",
        "IntegrationRuntimeObjectMetadata.refresh",
    ),
    ("POST", _FACTORY + "/integrationRuntimes/{name}/getObjectMetadata", "IntegrationRuntimeObjectMetadata.get"),
    (
        "POST",
        _FACTORY + "/integrationRuntimes/{name}/enableInteractiveQuery",
        "IntegrationRuntime.enable_interactive_query",
    ),
    (
        "POST",
        _FACTORY + "/integrationRuntimes/{name}/disableInteractiveQuery",
        "IntegrationRuntime.disable_interactive_query",
    ),
    ("GET", _FACTORY + "/integrationRuntimes/{name}/nodes/{node}", "IntegrationRuntimeNodes.get"),
    ("PATCH", _FACTORY + "/integrationRuntimes/{name}/nodes/{node}", "IntegrationRuntimeNodes.update"),
    ("DELETE", _FACTORY + "/integrationRuntimes/{name}/nodes/{node}", "IntegrationRuntimeNodes.delete"),
    (
        "POST",
        _FACTORY + "/integrationRuntimes/{name}/nodes/{node}/ipAddress",
        "IntegrationRuntimeNodes.get_ip_address",
    ),
    ("GET", _FACTORY + "/managedVirtualNetworks", "ManagedVirtualNetworks.list_by_factory"),
    ("GET", _FACTORY + "/managedVirtualNetworks/{name}", "ManagedVirtualNetworks.get"),
    ("PUT", _FACTORY + "/managedVirtualNetworks/{name}", "ManagedVirtualNetworks.create_or_update"),
    (
        "GET",
        _FACTORY + "/managedVirtualNetworks/{name}/managedPrivateEndpoints",
        "ManagedPrivateEndpoints.list_by_factory",
    ),
    (
        "GET",
        _FACTORY + "/managedVirtualNetworks/{name}/managedPrivateEndpoints/{endpoint}",
        "ManagedPrivateEndpoints.get",
    ),
    (
        "PUT",
        _FACTORY + "/managedVirtualNetworks/{name}/managedPrivateEndpoints/{endpoint}",
        "ManagedPrivateEndpoints.create_or_update",
    ),
    (
        "DELETE",
        _FACTORY + "/managedVirtualNetworks/{name}/managedPrivateEndpoints/{endpoint}",
        "ManagedPrivateEndpoints.delete",
    ),
    ("GET", _FACTORY + "/adfcdcs", "ChangeDataCapture.list_by_factory"),
    ("GET", _FACTORY + "/adfcdcs/{name}", "ChangeDataCapture.get"),
    ("PUT", _FACTORY + "/adfcdcs/{name}", "ChangeDataCapture.create_or_update"),
    ("DELETE", _FACTORY + "/adfcdcs/{name}", "ChangeDataCapture.delete"),
    ("POST", _FACTORY + "/adfcdcs/{name}/start", "ChangeDataCapture.start"),
    ("POST", _FACTORY + "/adfcdcs/{name}/stop", "ChangeDataCapture.stop"),
    ("GET", _FACTORY + "/adfcdcs/{name}/status", "ChangeDataCapture.status"),
)
"""Operations of the api-version that the emulator refuses by name: method, path, name in azure-mgmt-datafactory."""


def app(service: DataFactoryService) -> ASGIApp:
    """The service as an ASGI application."""
    handlers = _Handlers(service)

    async def authenticate(request: Request) -> None:
        service.settings.verifier.verify(request, ARM_AUDIENCES)
        if not request.url.path.startswith("/__emulator/"):
            version = request.query_params.get("api-version")
            if version != API_VERSION:
                raise UnsupportedApiVersion(version)

    return _with_headers(
        build_app(
            name="datafactory",
            routes=[*_routes(handlers), *_unsupported()],
            render_error=arm_error,
            authenticate=authenticate,
            ignore_case=True,
        )
    )


def _routes(handlers: "_Handlers") -> Iterator[Route]:
    """Every supported operation."""
    factories = _PROVIDER + "/factories"
    yield Route("GET", _PROVIDER + "/operations", handlers.list_operations)
    yield Route("GET", _SUBSCRIPTION + factories, handlers.list_factories)
    yield Route("GET", _GROUP + factories, handlers.list_factories)
    yield Route("GET", _FACTORY, handlers.get_factory)
    yield Route("PUT", _FACTORY, handlers.put_factory)
    yield Route("PATCH", _FACTORY, handlers.patch_factory)
    yield Route("DELETE", _FACTORY, handlers.delete_factory)
    yield Route("GET", _FACTORY + "/globalParameters", handlers.list_global_parameters)
    yield Route("GET", _FACTORY + "/globalParameters/{name}", handlers.get_global_parameters)
    yield Route("PUT", _FACTORY + "/globalParameters/{name}", handlers.put_global_parameters)
    yield Route("DELETE", _FACTORY + "/globalParameters/{name}", handlers.delete_global_parameters)
    for kind in KINDS:
        yield Route("GET", f"{_FACTORY}/{kind}", handlers.list_documents(kind))
        yield Route("GET", f"{_FACTORY}/{kind}/{{name}}", handlers.get_document(kind))
        yield Route("PUT", f"{_FACTORY}/{kind}/{{name}}", handlers.put_document(kind))
        yield Route("DELETE", f"{_FACTORY}/{kind}/{{name}}", handlers.delete_document(kind))
    yield Route("POST", _FACTORY + "/pipelines/{name}/createRun", handlers.create_run)
    yield Route("POST", _FACTORY + "/queryPipelineRuns", handlers.query_pipeline_runs)
    yield Route("GET", _FACTORY + "/pipelineruns/{run}", handlers.get_pipeline_run)
    yield Route("POST", _FACTORY + "/pipelineruns/{run}/cancel", handlers.cancel_pipeline_run)
    yield Route("POST", _FACTORY + "/pipelineruns/{run}/queryActivityruns", handlers.query_activity_runs)
    yield Route("POST", _FACTORY + "/querytriggers", handlers.query_triggers)
    yield Route("POST", _FACTORY + "/triggers/{name}/start", handlers.start_trigger)
    yield Route("POST", _FACTORY + "/triggers/{name}/stop", handlers.stop_trigger)
    yield Route("POST", _FACTORY + "/triggers/{name}/subscribeToEvents", handlers.subscribe_trigger)
    yield Route("POST", _FACTORY + "/triggers/{name}/unsubscribeFromEvents", handlers.unsubscribe_trigger)
    # the documented long-running form of subscribeToEvents sends pollers here with GET
    for method in ("POST", "GET"):
        yield Route(method, _FACTORY + "/triggers/{name}/getEventSubscriptionStatus", handlers.subscription_status)
    yield Route("POST", _FACTORY + "/queryTriggerRuns", handlers.query_trigger_runs)
    yield Route("POST", _FACTORY + "/triggers/{name}/triggerRuns/{run}/rerun", handlers.rerun_trigger)
    yield Route("POST", _FACTORY + "/triggers/{name}/triggerRuns/{run}/cancel", handlers.cancel_trigger_run)
    # no bearer token, but a code that only Event Grid was told
    yield Route("POST", _WEBHOOK, handlers.deliver, public=True)
    # no bearer token either: the address itself is the secret that the called endpoint was told
    yield Route("POST", CALLBACKS + "/{identifier}", handlers.call_back, public=True)
    yield Route("GET", "/__emulator/status", handlers.status)


def supported_routes() -> list[tuple[str, str]]:
    """Method and path of every supported operation."""
    handlers = _Handlers(cast(DataFactoryService, None))  # nobody calls them
    return [(route.method, route.template) for route in _routes(handlers) if route.template.startswith("/")]


def _unsupported() -> Iterator[Route]:
    for method, template, operation in UNSUPPORTED_OPERATIONS:
        yield Route(method, template, _refusal(operation))


def _refusal(operation: str) -> Handler:
    async def handle(_: Request) -> Response:
        raise UnsupportedOperation(operation)

    return handle


class _Handlers:
    """One method per operation."""

    def __init__(self, service: DataFactoryService) -> None:
        self._service = service

    # Factories

    async def list_operations(self, _: Request) -> Response:
        """What a client may ask for, one entry per kind of document."""
        names = [f"Microsoft.DataFactory/factories/{tail}" for tail in ("read", "write", "delete")]
        names += [
            f"Microsoft.DataFactory/factories/{kind}/{tail}" for kind in KINDS for tail in ("read", "write", "delete")
        ]
        return json_response({"value": [{"name": name, "origin": "user,system"} for name in names]})

    async def list_factories(self, request: Request) -> Response:
        parameters = request.path_params
        found = self._service.factories(parameters["subscription"], parameters.get("group"))
        return self._page(request, [_factory_json(factory) for factory in found])

    async def get_factory(self, request: Request) -> Response:
        factory = self._factory(request)
        if _precondition(request).unchanged(factory.etag):
            return empty_response(304)
        return json_response(_factory_json(factory))

    async def put_factory(self, request: Request) -> Response:
        body = await read_object(request)
        return json_response(_factory_json(self._service.put_factory(_address(request), body, _precondition(request))))

    async def patch_factory(self, request: Request) -> Response:
        return json_response(_factory_json(self._service.patch_factory(_address(request), await read_object(request))))

    async def delete_factory(self, request: Request) -> Response:
        deleted = await self._service.delete_factory(_address(request))
        return empty_response(200 if deleted else 204)

    # Global parameters

    async def list_global_parameters(self, request: Request) -> Response:
        factory = self._factory(request)
        return self._page(request, [_global_parameters_json(factory)] if factory.global_parameters else [])

    async def get_global_parameters(self, request: Request) -> Response:
        factory = self._global_parameters_of(request)
        if not factory.global_parameters:
            raise EntityNotFound(factory.child_id("globalParameters", "default"))
        return json_response(_global_parameters_json(factory))

    async def put_global_parameters(self, request: Request) -> Response:
        factory = self._global_parameters_of(request)
        body = await read_object(request)
        return json_response(
            _global_parameters_json(self._service.put_global_parameters(factory, body.get("properties")))
        )

    async def delete_global_parameters(self, request: Request) -> Response:
        deleted = self._service.delete_global_parameters(self._global_parameters_of(request))
        return empty_response(200 if deleted else 204)

    def _global_parameters_of(self, request: Request) -> Factory:
        factory = self._factory(request)
        name = request.path_params["name"]
        if name.lower() != "default":
            raise EntityNotFound(factory.child_id("globalParameters", name))
        return factory

    # Documents

    def list_documents(self, kind: str) -> Handler:
        async def handle(request: Request) -> Response:
            factory = self._factory(request)
            return self._page(
                request, [_document_json(factory, document) for document in factory.documents[kind].values()]
            )

        return handle

    def get_document(self, kind: str) -> Handler:
        async def handle(request: Request) -> Response:
            factory = self._factory(request)
            document = self._service.document(factory, kind, request.path_params["name"])
            if _precondition(request).unchanged(document.etag):
                return empty_response(304)
            return json_response(_document_json(factory, document))

        return handle

    def put_document(self, kind: str) -> Handler:
        async def handle(request: Request) -> Response:
            factory = self._factory(request)
            body = await read_object(request)
            document = self._service.put_document(
                factory, kind, request.path_params["name"], body.get("properties"), _precondition(request)
            )
            written = _document_json(factory, document)
            written["properties"].pop("lastPublishTime", None)  # told by GET and lists only (recorded)
            return json_response(written)

        return handle

    def delete_document(self, kind: str) -> Handler:
        async def handle(request: Request) -> Response:
            deleted = self._service.delete_document(self._factory(request), kind, request.path_params["name"])
            return empty_response(200 if deleted else 204)

        return handle

    # Runs

    async def create_run(self, request: Request) -> Response:
        factory = self._factory(request)
        body = await read_object(request)
        run_id = self._service.runs(factory).create_run(request.path_params["name"], body, _rerun(request))
        return json_response({"runId": run_id})

    async def query_pipeline_runs(self, request: Request) -> Response:
        history = self._service.runs(self._factory(request)).history
        return json_response(answer(PIPELINE_RUNS, await read_object(request), history.pipeline_runs()))

    async def get_pipeline_run(self, request: Request) -> Response:
        run_id = request.path_params["run"]
        document = self._service.runs(self._factory(request)).history.pipeline_run(run_id)
        if document is None:
            raise RunNotFound("pipeline", run_id)
        return json_response(document)

    async def cancel_pipeline_run(self, request: Request) -> Response:
        runs = self._service.runs(self._factory(request))
        recursive = _flag(request, "isRecursive", default=True)
        await runs.cancel(request.path_params["run"], recursive=recursive)
        return empty_response()

    async def query_activity_runs(self, request: Request) -> Response:
        history = self._service.runs(self._factory(request)).history
        run_id = request.path_params["run"]
        if history.pipeline_run(run_id) is None:
            raise RunNotFound("pipeline", run_id)
        return json_response(answer(ACTIVITY_RUNS, await read_object(request), history.activity_runs(run_id)))

    # Triggers

    async def query_triggers(self, request: Request) -> Response:
        """Triggers by the name of their parent, a tumbling window that they depend on (documented)."""
        factory = self._factory(request)
        parent = (await read_object(request)).get("parentTriggerName")
        triggers = factory.documents["triggers"].values()
        found = [_document_json(factory, trigger) for trigger in triggers if not parent or _depends(trigger, parent)]
        return json_response({"value": found})

    async def start_trigger(self, request: Request) -> Response:
        factory, trigger = self._trigger(request)
        await self._service.triggers.start(factory, trigger)
        return empty_response()

    async def stop_trigger(self, request: Request) -> Response:
        factory, trigger = self._trigger(request)
        await self._service.triggers.stop(factory, trigger)
        return empty_response()

    async def subscribe_trigger(self, request: Request) -> Response:
        factory, trigger = self._trigger(request)
        await self._service.triggers.events.subscribe(factory, trigger)
        return await self._told_status(factory, trigger)

    async def unsubscribe_trigger(self, request: Request) -> Response:
        factory, trigger = self._trigger(request)
        await self._service.triggers.events.unsubscribe(factory, trigger)
        return await self._told_status(factory, trigger)

    async def subscription_status(self, request: Request) -> Response:
        return await self._told_status(*self._trigger(request))

    async def _told_status(self, factory: Factory, trigger: Document) -> Response:
        status = await self._service.triggers.events.status(factory, trigger)
        return json_response({"triggerName": trigger.name, "status": status})

    async def query_trigger_runs(self, request: Request) -> Response:
        history = self._service.runs(self._factory(request)).history
        runs = (run.to_json() for run in history.trigger_runs())
        return json_response(answer(TRIGGER_RUNS, await read_object(request), runs))

    async def rerun_trigger(self, request: Request) -> Response:
        factory, trigger = self._trigger(request)
        self._service.triggers.rerun(factory, trigger, self._trigger_run(request, factory, trigger))
        return empty_response()

    async def cancel_trigger_run(self, request: Request) -> Response:
        factory, trigger = self._trigger(request)
        await self._service.triggers.cancel(factory, self._trigger_run(request, factory, trigger))
        return empty_response()

    async def deliver(self, request: Request) -> Response:
        """Event Grid's webhook."""
        found = self._service.triggers.events.deliver(
            self._service.find_factory(_address(request)),
            request.path_params["name"],
            request.query_params.get("code", ""),
            await _events(request),
        )
        return json_response(found)

    async def call_back(self, request: Request) -> Response:
        """What an endpoint that a WebHook activity called reports back; an empty body is fine."""
        identifier = request.path_params["identifier"]
        if not self._service.callbacks.expects(identifier):
            raise CallbackNotExpected
        written = await limited_body(request, _PUBLIC_BODY)
        if not self._service.callbacks.receive(identifier, _parsed(written) if written else None):
            raise CallbackNotExpected
        return empty_response()

    # The emulator itself

    async def status(self, _: Request) -> Response:
        """What is under way, for people and for tests that wait for quiet."""
        return json_response(
            {
                "factories": [
                    {"id": factory.address.id, "activeRuns": list(self._service.runs(factory).active_runs())}
                    for factory in self._service.all_factories()
                ]
            }
        )

    # Shared

    def _factory(self, request: Request) -> Factory:
        return self._service.factory(_address(request))

    def _trigger(self, request: Request) -> tuple[Factory, Document]:
        factory = self._factory(request)
        return factory, self._service.document(factory, "triggers", request.path_params["name"])

    def _trigger_run(self, request: Request, factory: Factory, trigger: Document) -> TriggerRun:
        run_id = request.path_params["run"]
        run = self._service.runs(factory).history.trigger_run(run_id)
        if run is None or run.trigger_name.lower() != trigger.name.lower():
            raise RunNotFound("trigger", run_id)
        return run

    def _page(self, request: Request, values: Sequence[Mapping[str, Any]]) -> Response:
        """One page of a list; `nextLink` leads through Resource Manager, as all of this API does."""
        start = _skip(request)
        page: dict[str, Any] = {"value": values[start : start + PAGE_SIZE]}
        if start + PAGE_SIZE < len(values):
            page["nextLink"] = (
                f"{self._service.settings.resource_manager}{quote(request.url.path)}"
                f"?api-version={API_VERSION}&%24skiptoken={start + PAGE_SIZE}"
            )
        return json_response(page)


def _address(request: Request) -> FactoryAddress:
    parameters = request.path_params
    return FactoryAddress(parameters["subscription"], parameters["group"], parameters["factory"])


def _precondition(request: Request) -> Precondition:
    return Precondition(request.headers.get("if-match"), request.headers.get("if-none-match"))


def _skip(request: Request) -> int:
    token = request.query_params.get("$skiptoken", "0")
    if not token.isdecimal():
        raise BadRequest(f"The skip token '{token}' is invalid.", target="$skiptoken")
    return int(token)


def _flag(request: Request, name: str, *, default: bool = False) -> bool:
    written = request.query_params.get(name)
    if written is None:
        return default
    if written.lower() not in ("true", "false"):
        raise BadRequest(f"The query parameter '{name}' must be true or false, not '{written}'.", target=name)
    return written.lower() == "true"


def _rerun(request: Request) -> Rerun | None:
    run_id = request.query_params.get("referencePipelineRunId")
    if not run_id:
        return None
    return Rerun(
        run_id=run_id,
        is_recovery=_flag(request, "isRecovery"),
        start_activity_name=request.query_params.get("startActivityName"),
        start_from_failure=_flag(request, "startFromFailure"),
    )


async def _json(request: Request) -> Any:
    """A body that may be any JSON value. Raises InvalidDelivery and BodyTooLarge."""
    return _parsed(await limited_body(request, _PUBLIC_BODY))


def _parsed(written: bytes) -> Any:
    try:
        return json.loads(written)
    except (ValueError, RecursionError) as error:
        raise InvalidDelivery(f"The body is not JSON: {error}.") from error


async def _events(request: Request) -> list[Mapping[str, Any]]:
    """The body of a delivery: a list of events, or a single one."""
    written = await _json(request)
    events = written if isinstance(written, list) else [written]
    if not all(isinstance(event, dict) for event in events):
        raise InvalidDelivery("A delivery is a list of events.")
    return events


def _factory_json(factory: Factory) -> dict[str, Any]:
    """The factory as answered; its `eTag` carries quotes inside of the text (recorded)."""
    return {
        "name": factory.address.name,
        "id": factory.address.id,
        "type": "Microsoft.DataFactory/factories",
        **masked(factory.body),
        "eTag": f'"{factory.etag}"',
    }


def _global_parameters_json(factory: Factory) -> dict[str, Any]:
    return {
        "id": factory.child_id("globalParameters", "default"),
        "name": "default",
        "type": "Microsoft.DataFactory/factories/globalParameters",
        "properties": dict(factory.global_parameters),
        "etag": factory.etag,
    }


def _document_json(factory: Factory, document: Document) -> dict[str, Any]:
    properties = masked(document.properties)
    if document.kind == "triggers":
        properties["runtimeState"] = "Started" if is_started(document) else "Stopped"
    return {
        "id": factory.child_id(document.kind, document.name),
        "name": document.name,
        "type": f"Microsoft.DataFactory/factories/{document.kind}",
        "properties": properties,
        "etag": document.etag,
    }


def _depends(trigger: Document, parent: str) -> bool:
    for dependency in (trigger.properties.get("typeProperties") or {}).get("dependsOn") or []:
        reference = dependency.get("referenceTrigger") or {}
        if str(reference.get("referenceName")).lower() == str(parent).lower():
            return True
    return False


def _with_headers(inner: ASGIApp) -> ASGIApp:
    """Give every answer the service's usual headers; ids that Resource Manager set are kept."""

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        given = dict(scope.get("headers", ()))
        correlation = given.get(b"x-ms-correlation-request-id", b"").decode("latin-1") or str(uuid.uuid4())

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("x-ms-request-id", str(uuid.uuid4()))
                headers.setdefault("x-ms-correlation-request-id", correlation)
            await send(message)

        await inner(scope, receive, send_with_headers)

    return outer
