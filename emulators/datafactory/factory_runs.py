"""One factory at work: its executor and its history, and the ways in which a pipeline run comes into being.

A run is created by a person (`createRun`), by a rerun, or by a trigger's firing. A firing that is reported twice, even
across a restart, makes one trigger run and one pipeline run per pipeline: their ids follow from the event's id.
"""

import logging
import secrets
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from emulators.datafactory.activities import ActivityServices
from emulators.datafactory.catalogue import Document, Factory
from emulators.datafactory.engine.errors import RunRefused
from emulators.datafactory.engine.records import InvokedBy, PipelineRun, RerunReference
from emulators.datafactory.errors import BadRequest, EntityNotFound, ReferencedPipelineRunNotValid, RunNotFound
from emulators.datafactory.executor import Executor
from emulators.datafactory.expressions import ExpressionError
from emulators.datafactory.run_history import RunHistory, TriggerRun
from emulators.datafactory.triggers import Firing, TriggeredPipeline, evaluated_parameters, triggered_pipelines
from emulators.kernel.clock import Clock
from emulators.kernel.store import DocumentStore

log = logging.getLogger("drydock.datafactory")

_RUN_IDS = uuid.UUID("0d8d6d6e-5a43-5c8f-8a55-9c4f6e8e6a21")
_FIRST_DAY = datetime(1, 1, 1, tzinfo=UTC)
_LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Rerun:
    """The query of `createRun` that refers to an earlier run (documented)."""

    run_id: str
    is_recovery: bool = False
    start_activity_name: str | None = None
    start_from_failure: bool = False


class RunsOf(Protocol):
    """Gives the runs of a factory."""

    def __call__(self, factory: Factory) -> "FactoryRuns": ...


class FiringFailed(Exception):
    """A firing started no pipeline, or not all of them; the text is the trigger run's message."""


class FactoryRuns:
    """Starts, cancels and remembers the runs of one factory."""

    def __init__(self, factory: Factory, store: DocumentStore, clock: Clock, services: ActivityServices) -> None:
        self._factory = factory
        self._clock = clock
        self.history = RunHistory(store, factory.address.key, clock)
        self.executor = Executor(clock=clock, services=services, ids=lambda: str(uuid.uuid4()), observer=self.history)

    def create_run(self, pipeline: str, parameters: Mapping[str, Any], rerun: Rerun | None = None) -> str:
        """Start a run by hand and return its id.

        Raises EntityNotFound, ReferencedPipelineRunNotValid, or BadRequest with the engine's refusal.
        """
        document = self._factory.find("pipelines", pipeline)
        if document is None:
            raise EntityNotFound(self._factory.child_id("pipelines", pipeline))
        by_hand = InvokedBy(id=secrets.token_hex(16), name="Manual", invoked_by_type="Manual")
        try:
            return self._start(
                document.name, parameters, by_hand, reference=self._reference(document.name, rerun)
            ).run_id
        except RunRefused as error:
            raise BadRequest(error.message, code=error.code, target=error.target) from error

    async def cancel(self, run_id: str, *, recursive: bool) -> None:
        """Cancel a run; one that is over stays as it is (assumed). Raises RunNotFound."""
        document = self.history.pipeline_run(run_id)
        if document is None:
            raise RunNotFound("pipeline", run_id)
        if document["status"] in ("Queued", "InProgress"):
            await self.executor.cancel(run_id, recursive=recursive)

    def fire(self, trigger: Document, firing: Firing) -> TriggerRun:
        """Turn a firing into a trigger run and its pipeline runs, before this returns.

        A firing that was handled already gives the trigger run it made then. Parameters that cannot be evaluated, or
        a pipeline that refuses them, make a failed trigger run (documented).
        """
        if firing.event_id is not None:
            known = self.history.trigger_run_of_event(trigger.name, firing.event_id)
            if known is not None:
                log.info("trigger %s: event %s was handled before", trigger.name, firing.event_id)
                return known
        run = self.new_trigger_run(trigger, firing)
        try:
            self.start_pipelines(run, trigger, firing)
            run.status = "Succeeded"
        except FiringFailed as error:
            run.status, run.message = "Failed", str(error)
        # kept last: if we are killed before, the event is delivered again and finds the pipeline runs it started
        self.history.keep_trigger_run(run)
        return run

    def new_trigger_run(self, trigger: Document, firing: Firing) -> TriggerRun:
        """A trigger run that has done nothing yet and is not kept yet."""
        now = self._clock.now()
        return TriggerRun(
            trigger_run_id=new_trigger_run_id(now),
            trigger_name=trigger.name,
            trigger_type=str(trigger.properties["type"]),
            time=now,
            properties=dict(firing.properties),
            event_id=firing.event_id,
            context=firing.to_json(),
        )

    def start_pipelines(self, run: TriggerRun, trigger: Document, firing: Firing) -> None:
        """Evaluate every pipeline's parameters, then start them all: a wrong expression starts none.

        A firing with an event id finds the pipeline runs that it started before. Raises FiringFailed.
        """
        pipelines = triggered_pipelines(trigger.properties)
        try:
            evaluated = [evaluated_parameters(pipeline, firing, run.time) for pipeline in pipelines]
            for position, (pipeline, parameters) in enumerate(zip(pipelines, evaluated, strict=True)):
                run_id = self._run_id(trigger, firing, position)
                if self.history.pipeline_run(run_id) is None:
                    self._start(pipeline.name, parameters, _invoked_by(run), run_id=run_id)
                run.triggered_pipelines[self._spelled(pipeline)] = run_id
        except ExpressionError as error:
            raise FiringFailed(f"ErrorCode={error.code}, ErrorMessage={error.message}") from error
        except RunRefused as error:
            raise FiringFailed(error.message) from error

    async def wait(self, run_id: str) -> str:
        """Wait for the end of a pipeline run of this process; its status."""
        return (await self.executor.wait(run_id)).status

    async def cancel_trigger_run(self, run: TriggerRun) -> None:
        """Cancel what a trigger run started and is still under way; one that is over keeps its status (assumed)."""
        if run.status not in ("Succeeded", "Failed"):
            run.status = "Cancelled"
            self.history.keep_trigger_run(run)
        for run_id in run.triggered_pipelines.values():
            await self.cancel(run_id, recursive=True)

    async def close(self) -> None:
        """Stop everything that is under way; those runs end as Failed, saying why."""
        await self.executor.close()
        self.history.close_interrupted()

    def active_runs(self) -> Iterator[str]:
        """The ids of the runs that are not over."""
        active = ("Queued", "InProgress", "Canceling")
        return (run["runId"] for run in self.history.pipeline_runs() if run["status"] in active)

    def _run_id(self, trigger: Document, firing: Firing, position: int) -> str:
        if firing.event_id is None:
            return str(uuid.uuid4())
        cause = f"{self._factory.child_id('triggers', trigger.name)}/{firing.event_id}/{position}".lower()
        return str(uuid.uuid5(_RUN_IDS, cause))

    def _spelled(self, pipeline: TriggeredPipeline) -> str:
        document = self._factory.find("pipelines", pipeline.name)
        return pipeline.name if document is None else document.name

    def _start(
        self,
        pipeline: str,
        parameters: Mapping[str, Any],
        invoked_by: InvokedBy,
        *,
        run_id: str | None = None,
        reference: RerunReference | None = None,
    ) -> PipelineRun:
        return self.executor.start(
            self._factory.resources(),
            pipeline,
            parameters=parameters,
            invoked_by=invoked_by,
            trigger=None if invoked_by.time is None else {"time": invoked_by.time},
            run_id=run_id,
            reference=reference,
        )

    def _reference(self, pipeline: str, rerun: Rerun | None) -> RerunReference | None:
        if rerun is None:
            return None
        reference = self.history.reference(
            rerun.run_id,
            is_recovery=rerun.is_recovery,
            start_activity_name=rerun.start_activity_name,
            start_from_failure=rerun.start_from_failure,
        )
        if reference is None or reference.run.pipeline_name.lower() != pipeline.lower():
            raise ReferencedPipelineRunNotValid(rerun.run_id, pipeline)
        return reference


def _invoked_by(run: TriggerRun) -> InvokedBy:
    return InvokedBy(id=run.trigger_run_id, name=run.trigger_name, invoked_by_type=run.trigger_type, time=run.time)


def new_trigger_run_id(now: datetime) -> str:
    """An id in the form of the documented sample `08586724970898148904457116912CU27`.

    Its first twenty digits are the ticks that are left until the largest 64-bit number, so newest sorts first.
    """
    passed = now - _FIRST_DAY
    ticks = (passed.days * 86_400 + passed.seconds) * 10_000_000 + passed.microseconds * 10
    return f"{_LARGEST - ticks:020d}{secrets.randbelow(10**9):09d}CU27"
