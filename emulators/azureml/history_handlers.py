"""Run history's operations: what clients ask about runs, and what scripts report about their own."""

import mimetypes
from collections.abc import Iterator
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from emulators.azureml import documents
from emulators.azureml.artifacts import LOG
from emulators.azureml.errors import InvalidField, NotFound
from emulators.azureml.filters import parse
from emulators.azureml.runs import PipelineRun
from emulators.azureml.service import AzureMLService
from emulators.kernel.http import empty_response, json_response, read_object

_CHUNK = 1 << 20


class HistoryHandlers:
    """Handlers from request to response. Lists are whole: nothing is paged yet unless `$top` cuts them."""

    def __init__(self, service: AzureMLService) -> None:
        self._service = service

    def _run(self, request: Request) -> PipelineRun:
        """The pipeline run the path speaks of, by its own id or a step's, if the caller may see it."""
        run_id, experiment = request.path_params["run"], request.path_params["experiment"]
        run = self._service.require_access(request, run_id)
        if run.request.experiment.lower() != experiment.lower():
            raise NotFound(f"The run '{run_id}' in the experiment", experiment)
        return run

    def _document(self, request: Request) -> documents.Document:
        run, entry = self._run(request), self._service.runs.entry(request.path_params["run"])
        if isinstance(entry, PipelineRun):
            return documents.history_run(entry)
        return documents.history_step(run, entry)

    async def experiments(self, _: Request) -> Response:
        names = dict.fromkeys(run.request.experiment for run in self._service.runs.newest_first())
        return json_response({"value": [{"name": name, "experimentId": name} for name in names]})

    async def runs(self, request: Request) -> Response:
        """Pipeline runs newest first, of one experiment or of all; `$filter` and `$top` narrow the list."""
        matches = parse(request.query_params.get("$filter", ""))
        found = [documents.history_run(run) for run in self._listed(request) if matches(run)]
        return json_response({"value": found[: _top(request)]})

    def _listed(self, request: Request) -> Iterator[PipelineRun]:
        experiment = request.path_params.get("experiment")
        for run in self._service.runs.newest_first():
            if experiment is None or run.request.experiment.lower() == experiment.lower():
                yield run

    async def run(self, request: Request) -> Response:
        return json_response(self._document(request))

    async def change(self, request: Request) -> Response:
        self._run(request)
        self._service.history.change(request.path_params["run"], await read_object(request))
        return json_response(self._document(request))

    async def details(self, request: Request) -> Response:
        """The run with the addresses of its logs."""
        run = self._run(request)
        address = str(request.url.replace(query="")).removesuffix("/details")
        logs = {path: f"{address}/artifacts/{path}" for path, _ in self._service.artifacts(run) if path == LOG}
        return json_response({**self._document(request), "logFiles": logs})

    async def children(self, request: Request) -> Response:
        run = self._run(request)
        steps = run.steps if request.path_params["run"].lower() == run.id else []
        return json_response({"value": [documents.history_step(run, step) for step in steps]})

    async def metrics(self, request: Request) -> Response:
        self._run(request)
        return json_response({"value": self._service.history.metrics(request.path_params["run"])})

    async def log_metric(self, request: Request) -> Response:
        self._run(request)
        return json_response(self._service.history.log_metric(request.path_params["run"], await read_object(request)))

    async def artifacts(self, request: Request) -> Response:
        run = self._run(request)
        listed = [
            {"origin": "ExperimentRun", "container": f"dcid.{run.id}", "path": path, "size": file.stat().st_size}
            for path, file in self._service.artifacts(run)
        ]
        return json_response({"value": listed})

    async def artifact(self, request: Request) -> Response:
        path = request.path_params["path"]
        file = self._service.artifact(self._run(request), path)
        return _as_it_is_now(file, mimetypes.guess_type(path)[0] or "application/octet-stream")

    async def upload(self, request: Request) -> Response:
        target = self._service.upload_target(self._run(request), request.path_params["path"])
        partial = target.with_name(target.name + ".partial")
        with partial.open("wb") as file:
            async for chunk in request.stream():
                file.write(chunk)
        partial.rename(target)
        return empty_response(201)

    async def register_model(self, request: Request) -> Response:
        return json_response(self._service.register_model(self._run(request), await read_object(request)), 201)

    async def models(self, request: Request) -> Response:
        """Registered models, newest first; `name` and `runId` narrow the list."""
        name, run_id = request.query_params.get("name"), request.query_params.get("runId")
        found = [
            model
            for model in reversed(self._service.models.all())
            if name in (None, model["name"]) and run_id in (None, model["runId"])
        ]
        return json_response({"value": found})

    async def model(self, request: Request) -> Response:
        return json_response(self._service.models.get(request.path_params["id"]))


def _as_it_is_now(file: Path, media_type: str) -> Response:
    """A file's present content; a log that grows meanwhile is cut where it was."""
    size = file.stat().st_size

    def chunks() -> Iterator[bytes]:
        left = size
        with file.open("rb") as source:
            while left > 0 and (chunk := source.read(min(_CHUNK, left))):
                left -= len(chunk)
                yield chunk

    return StreamingResponse(chunks(), media_type=media_type, headers={"Content-Length": str(size)})


def _top(request: Request) -> int | None:
    text = request.query_params.get("$top")
    if text is None:
        return None
    if not text.isdigit() or int(text) < 1:
        raise InvalidField("$top", "a whole number from 1")
    return int(text)
