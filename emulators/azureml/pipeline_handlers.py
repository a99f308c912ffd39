"""The v1 pipeline service's operations: submit, watch and cancel runs; look through what is published."""

import json

from starlette.requests import Request
from starlette.responses import Response

from emulators.azureml import documents
from emulators.azureml.errors import InvalidField, NotFound
from emulators.azureml.service import AzureMLService
from emulators.kernel.http import empty_response, json_response, read_object


class PipelineHandlers:
    """Handlers from request to response; the service does the work."""

    def __init__(self, service: AzureMLService) -> None:
        self._service = service

    async def submit(self, request: Request) -> Response:
        endpoint, pipeline = self._service.published(request.path_params["id"])
        run = self._service.submit(
            endpoint, pipeline, await read_object(request), request.query_params.get("parentRunId")
        )
        return json_response(documents.pipeline_run(run))

    async def submit_endpoint(self, request: Request) -> Response:
        version = request.path_params.get("version") or request.query_params.get("pipelineVersion") or None
        endpoint, pipeline = self._service.endpoint_version(request.path_params["id"], version)
        run = self._service.submit(
            endpoint, pipeline, await read_object(request), request.query_params.get("parentRunId")
        )
        return json_response(documents.pipeline_run(run))

    async def run(self, request: Request) -> Response:
        return json_response(documents.pipeline_run(self._service.runs.get(request.path_params["run"])))

    async def runs_of_pipeline(self, request: Request) -> Response:
        _, pipeline = self._service.published(request.path_params["id"])
        runs = [run for run in self._service.runs.newest_first() if run.pipeline_id == pipeline.id]
        return json_response([documents.pipeline_run(run) for run in runs])

    async def cancel(self, request: Request) -> Response:
        self._service.cancel(request.path_params["run"])
        return empty_response()

    async def node_statuses(self, request: Request) -> Response:
        run = self._service.runs.get(request.path_params["run"])
        return json_response({step.id: documents.node_status(step) for step in run.steps})

    async def node_status_codes(self, request: Request) -> Response:
        run = self._service.runs.get(request.path_params["run"])
        return json_response({step.id: step.progress.status for step in run.steps})

    async def node_status(self, request: Request) -> Response:
        """The node is named in the body: its id alone or as a list of one (a node path)."""
        run = self._service.runs.get(request.path_params["run"])
        node = _node(await request.body())
        for step in run.steps:
            if node in (step.id, step.name):
                return json_response(documents.node_status(step))
        raise NotFound("The node", node)

    async def outputs(self, request: Request) -> Response:
        run = self._service.runs.get(request.path_params["run"])
        names = [path for path, _ in self._service.artifacts(run) if path.startswith("outputs/")]
        return json_response({"value": [{"path": path, "container": f"dcid.{run.id}"} for path in names]})

    async def pipelines(self, _: Request) -> Response:
        created = self._service.created
        return json_response(
            [
                documents.pipeline(endpoint, pipeline, created)
                for endpoint, pipeline in self._service.catalogue.pipelines()
            ]
        )

    async def pipeline(self, request: Request) -> Response:
        endpoint, pipeline = self._service.published(request.path_params["id"])
        return json_response(documents.pipeline(endpoint, pipeline, self._service.created))

    async def endpoints(self, _: Request) -> Response:
        endpoints = self._service.catalogue.endpoints
        return json_response([documents.endpoint(endpoint, self._service.created) for endpoint in endpoints])

    async def endpoint(self, request: Request) -> Response:
        endpoint = self._service.endpoint(request.path_params["id"])
        return json_response(documents.endpoint(endpoint, self._service.created))

    async def endpoint_by_name(self, request: Request) -> Response:
        name = request.query_params.get("name")
        if not name:
            raise InvalidField("name", "given in the query")
        return json_response(documents.endpoint(self._service.endpoint(name), self._service.created))

    async def pipelines_of_endpoint(self, request: Request) -> Response:
        endpoint = self._service.endpoint(request.path_params["id"])
        created = self._service.created
        return json_response([documents.pipeline(endpoint, pipeline, created) for pipeline in endpoint.pipelines])


def _node(body: bytes) -> str:
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    path = document if isinstance(document, list) else [document]
    if len(path) != 1 or not isinstance(path[0], str):
        raise InvalidField("node path", "the id of one node, alone or in a list")
    return path[0]
