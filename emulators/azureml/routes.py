"""Azure ML's URLs, in one table: discovery, the ARM surface, v1 pipelines, run history, the model registry.

The handlers live beside their subject: `pipeline_handlers.py` and `history_handlers.py`.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from emulators.azureml.errors import NotFound, NotSupportedYet, WorkspaceNotFound
from emulators.azureml.history_handlers import HistoryHandlers
from emulators.azureml.pipeline_handlers import PipelineHandlers
from emulators.azureml.service import AzureMLService
from emulators.kernel.dialects import azureml_error
from emulators.kernel.http import Handler, Route, build_app, json_response

_GROUP = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.MachineLearningServices/workspaces"
_WORKSPACE = _GROUP + "/{workspace}"
_PIPELINE_PREFIXES = ("/pipelines/v1.0", "/api/v1.0")  # the second one is the older hosts'
_V2 = (("batchEndpoints", "v2 batch endpoints"), ("onlineEndpoints", "v2 online endpoints"), ("jobs", "v2 jobs"))


def app(service: AzureMLService) -> ASGIApp:
    """Azure ML as an ASGI application."""
    routes = [
        Route("GET", "/discovery", _discovery(service), public=True),
        Route("GET", "/discovery/workspaces/{id}", _discovery(service), public=True),
        Route("GET", _GROUP, _list_workspaces(service)),
        Route("GET", _WORKSPACE, _in_workspace(service, _workspace(service))),
        *_v2_routes(service),
        *(route for prefix in _PIPELINE_PREFIXES for route in _pipeline_routes(service, prefix + _WORKSPACE)),
        *_history_routes(service),
    ]
    return build_app(
        name="azureml", routes=routes, render_error=azureml_error, authenticate=service.admit, ignore_case=True
    )


def _pipeline_routes(service: AzureMLService, base: str) -> list[Route]:
    handlers = PipelineHandlers(service)
    rows: list[tuple[str, str, Handler]] = []
    for runs in ("/PipelineRuns", "/Experiments"):  # the second one is the older name
        rows += [
            ("POST", runs + "/PipelineSubmit/{id}", handlers.submit),
            ("POST", runs + "/PipelineEndpointSubmit/Id/{id}", handlers.submit_endpoint),
            ("POST", runs + "/PipelineEndpointSubmit/Id/{id}/{version}", handlers.submit_endpoint),
            ("GET", runs + "/Pipeline/{id}", handlers.runs_of_pipeline),
            ("GET", runs + "/{run}", handlers.run),
            ("DELETE", runs + "/{run}/Execution", handlers.cancel),
            ("POST", runs + "/{run}/Graph/AllNodes/Status", handlers.node_statuses),
            ("POST", runs + "/{run}/Graph/AllNodes/StatusCode", handlers.node_status_codes),
            ("POST", runs + "/{run}/Graph/Node/Status", handlers.node_status),
            ("POST", runs + "/{run}/Graph/Node/Outputs", handlers.outputs),
            ("POST", runs + "/{run}/Outputs", handlers.outputs),
        ]
    for pipelines in ("/Pipelines", "/PublishedPipelines"):
        rows += [("GET", pipelines, handlers.pipelines), ("GET", pipelines + "/{id}", handlers.pipeline)]
    rows += [
        ("GET", "/PipelineEndpoints", handlers.endpoints),
        ("GET", "/PipelineEndpoints/Id/{id}", handlers.endpoint),
        ("GET", "/PipelineEndpoints/Name", handlers.endpoint_by_name),
        ("GET", "/PipelineEndpoints/{id}", handlers.endpoint),
        ("GET", "/PipelineEndpoints/{id}/pipelines", handlers.pipelines_of_endpoint),
    ]
    return [Route(method, base + path, _in_workspace(service, handler)) for method, path, handler in rows]


def _history_routes(service: AzureMLService) -> list[Route]:
    handlers = HistoryHandlers(service)
    base = "/history/v1.0" + _WORKSPACE
    run = base + "/experiments/{experiment}/runs/{run}"
    models = "/modelmanagement/v1.0" + _WORKSPACE + "/models"
    rows: list[tuple[str, str, Handler]] = [
        ("GET", base + "/experiments", handlers.experiments),
        ("GET", base + "/runs", handlers.runs),
        ("GET", base + "/experiments/{experiment}/runs", handlers.runs),
        ("GET", run, handlers.run),
        ("PATCH", run, handlers.change),
        ("GET", run + "/details", handlers.details),
        ("GET", run + "/children", handlers.children),
        ("GET", run + "/metrics", handlers.metrics),
        ("POST", run + "/metrics", handlers.log_metric),
        ("GET", run + "/artifacts", handlers.artifacts),
        ("GET", run + "/artifacts/{path:path}", handlers.artifact),
        ("PUT", run + "/artifacts/{path:path}", handlers.upload),
        ("POST", run + "/models", handlers.register_model),
        ("GET", models, handlers.models),
        ("GET", models + "/{id}", handlers.model),
    ]
    return [Route(method, template, _in_workspace(service, handler)) for method, template, handler in rows]


def _v2_routes(service: AzureMLService) -> list[Route]:
    return [
        Route(method, f"{_WORKSPACE}/{kind}{{rest:path}}", _in_workspace(service, _not_yet(feature)))
        for kind, feature in _V2
        for method in ("GET", "PUT", "POST", "PATCH", "DELETE")
    ]


def _not_yet(feature: str) -> Handler:
    async def handle(_: Request) -> Response:
        raise NotSupportedYet(feature)

    return handle


def _in_workspace(service: AzureMLService, handler: Handler) -> Handler:
    """The handler behind a check that the path names the one workspace there is."""
    settings = service.settings
    expected = (settings.subscription_id.lower(), settings.resource_group.lower(), settings.workspace.lower())

    async def handle(request: Request) -> Response:
        path = request.path_params
        if tuple(path[name].lower() for name in ("subscription", "group", "workspace")) != expected:
            raise WorkspaceNotFound(path["workspace"])
        return await handler(request)

    return handle


def _discovery(service: AzureMLService) -> Handler:
    """Where the services are. Public, as the real one; it tells nothing but addresses."""
    address = service.settings.address
    names = ("api", "history", "pipelines", "experimentation", "modelmanagement")

    async def handle(_: Request) -> Response:
        return json_response(dict.fromkeys(names, address))

    return handle


def workspace_document(service: AzureMLService) -> dict[str, object]:
    """The workspace as Resource Manager shows it."""
    settings = service.settings
    return {
        "id": (
            f"/subscriptions/{settings.subscription_id}/resourceGroups/{settings.resource_group}"
            f"/providers/Microsoft.MachineLearningServices/workspaces/{settings.workspace}"
        ),
        "name": settings.workspace,
        "type": "Microsoft.MachineLearningServices/workspaces",
        "location": settings.location,
        "tags": {},
        "sku": {"name": "Basic", "tier": "Basic"},
        "properties": {
            "friendlyName": settings.workspace,
            "discoveryUrl": f"{settings.address}/discovery",
            "creationTime": service.created,
            "provisioningState": "Succeeded",
        },
    }


def _workspace(service: AzureMLService) -> Handler:
    async def handle(_: Request) -> Response:
        return json_response(workspace_document(service))

    return handle


def _list_workspaces(service: AzureMLService) -> Handler:
    settings = service.settings
    place = (settings.subscription_id.lower(), settings.resource_group.lower())

    async def handle(request: Request) -> Response:
        path = request.path_params
        if (path["subscription"].lower(), path["group"].lower()) != place:
            raise NotFound("The resource group", path["group"])
        return json_response({"value": [workspace_document(service)]})

    return handle
