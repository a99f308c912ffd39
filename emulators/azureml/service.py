"""The workspace: its published pipelines, its runs, and who may ask for what."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.requests import Request

from emulators.azureml import documents
from emulators.azureml.datafiles import DataSource
from emulators.azureml.definitions import Catalogue, Endpoint, Pipeline
from emulators.azureml.environment import Workspace
from emulators.azureml.errors import Forbidden, NotFound
from emulators.azureml.history import History
from emulators.azureml.models import Models, require_artifact
from emulators.azureml.runner import STOPPED, Runner, close_steps
from emulators.azureml.runs import FAILED, PipelineRun, RunTable, timestamp
from emulators.azureml.submission import read_request
from emulators.azureml.tokens import RunTokens
from emulators.kernel.clock import Clock
from emulators.kernel.store import Document, DocumentStore
from emulators.kernel.tokens import ARM_AUDIENCES, AZUREML_AUDIENCE, TokenVerifier, bearer_token

_AUDIENCES = ARM_AUDIENCES | {AZUREML_AUDIENCE}
_RUN_TOKEN_PATHS = ("/history/", "/modelmanagement/")


@dataclass(frozen=True)
class AzureMLSettings:
    """One workspace. `definitions` are the files of its published pipelines (see `definitions.py`).

    `storage_connection_string` opens the account behind its datastores, `python` runs the step scripts,
    `concurrent_runs` is how many runs work at a time.
    """

    address: str
    subscription_id: str
    resource_group: str
    workspace: str
    location: str
    definitions: Sequence[Path]
    storage_connection_string: str
    work_folder: Path
    store: DocumentStore
    clock: Clock
    verifier: TokenVerifier
    ca_bundle: Path
    python: str = sys.executable
    concurrent_runs: int = 2


class AzureMLService:
    """State and behaviour of the workspace. Raises DefinitionError for a definition file that cannot be used."""

    def __init__(self, settings: AzureMLSettings) -> None:
        self.settings = settings
        self.catalogue = Catalogue.read(settings.definitions)
        self.runs = RunTable(settings.store)
        self.history = History(settings.store, self.runs, settings.clock)
        self.models = Models(settings.store, settings.clock)
        self.created = timestamp(settings.clock.now())
        self._tokens = RunTokens()
        self._data = DataSource(settings.storage_connection_string)
        self._runner = Runner(
            runs=self.runs,
            workspace=Workspace(
                settings.address,
                settings.subscription_id,
                settings.resource_group,
                settings.workspace,
                settings.ca_bundle,
            ),
            data=self._data,
            tokens=self._tokens,
            clock=settings.clock,
            work_folder=settings.work_folder,
            python=settings.python,
            limit=settings.concurrent_runs,
        )

    async def start(self) -> None:
        """Tell runs that were active when the emulator was killed that they failed."""
        self.settings.work_folder.mkdir(parents=True, exist_ok=True)
        now = self.settings.clock.now()
        for run in self.runs.newest_first():
            if not run.progress.over:
                close_steps(run, FAILED, now)
                run.progress.enter(FAILED, now, STOPPED)
                self.runs.save(run)

    async def stop(self) -> None:
        """End active runs and their processes."""
        await self._runner.stop()
        self._data.close()

    async def admit(self, request: Request) -> None:
        """Let a request in with a token of this cloud, or with a run's own token where that opens its run.

        Raises Unauthenticated or Forbidden.
        """
        token = bearer_token(request)
        run_id = self._tokens.run_of(token)
        if run_id is None:
            self.settings.verifier.verify(request, _AUDIENCES)
        elif not request.url.path.lower().startswith(_RUN_TOKEN_PATHS):
            raise Forbidden("A run's token opens its own run history only.")
        request.state.run_id = run_id

    def require_access(self, request: Request, run_id: str) -> PipelineRun:
        """The pipeline run that `run_id`, its own or a step's, belongs to. Raises NotFound or Forbidden."""
        run = self.runs.owner(run_id)
        if request.state.run_id not in (None, run.id):
            raise Forbidden("A run's token opens its own run history only.")
        return run

    def published(self, pipeline_id: str) -> tuple[Endpoint, Pipeline]:
        """A published pipeline with its endpoint. Raises NotFound."""
        found = self.catalogue.pipeline(pipeline_id)
        if found is None:
            raise NotFound("The pipeline", pipeline_id)
        return found

    def endpoint(self, key: str) -> Endpoint:
        """The pipeline endpoint of an id or name. Raises NotFound."""
        found = self.catalogue.endpoint(key)
        if found is None:
            raise NotFound("The pipeline endpoint", key)
        return found

    def endpoint_version(self, key: str, version: str | None) -> tuple[Endpoint, Pipeline]:
        """A version of an endpoint, the default one if None. Raises NotFound."""
        endpoint = self.endpoint(key)
        pipeline = endpoint.version(version)
        if pipeline is None:
            raise NotFound(f"The version of the pipeline endpoint '{endpoint.name}'", str(version))
        return endpoint, pipeline

    def submit(
        self, endpoint: Endpoint, pipeline: Pipeline, body: Mapping[str, Any], parent_run_id: str | None
    ) -> PipelineRun:
        """Start a run; each submit is a run of its own, however alike. Raises UserError."""
        request = read_request(body, pipeline, default_experiment=endpoint.name, parent_run_id=parent_run_id)
        run = PipelineRun.new(self.runs.next_number(), request, endpoint, pipeline, self.settings.clock.now())
        run.properties.update(documents.submitted_properties(run))
        self.runs.add(run)
        self._runner.start(run, endpoint, pipeline)
        return run

    def cancel(self, run_id: str) -> None:
        """Ask a run to end; nothing happens to one that is over (assumed). Raises NotFound."""
        self._runner.cancel(self.runs.get(run_id))

    def artifacts(self, run: PipelineRun) -> list[tuple[str, Path]]:
        """The paths and files a run kept."""
        return list(self._runner.folder(run).artifacts())

    def artifact(self, run: PipelineRun, path: str) -> Path:
        """The file of an artifact. Raises NotFound."""
        return self._runner.folder(run).find(path)

    def upload_target(self, run: PipelineRun, path: str) -> Path:
        """Where an artifact of that path may be written. Raises UserError."""
        return self._runner.folder(run).upload_target(path)

    def register_model(self, run: PipelineRun, body: Mapping[str, Any]) -> Document:
        """Register an artifact of a run as a model, as the next version of its name. Raises UserError."""
        path = str(body.get("path") or "")
        known = [artifact for artifact, _ in self.artifacts(run)]
        require_artifact(any(one == path or one.startswith(f"{path}/") for one in known), path)
        return self.models.register(run.id, run.request.experiment, body)
