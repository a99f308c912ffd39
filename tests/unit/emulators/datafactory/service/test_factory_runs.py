"""Ids of trigger runs, and what a firing that is told twice makes."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from emulators.datafactory.activities import ActivityServices, EntraIdentity, ServicePrincipal
from emulators.datafactory.catalogue import Catalogue, Document, FactoryAddress
from emulators.datafactory.errors import BadRequest, EntityNotFound, ReferencedPipelineRunNotValid, RunNotFound
from emulators.datafactory.factory_runs import FactoryRuns, Rerun, new_trigger_run_id
from emulators.datafactory.triggers import Firing
from emulators.kernel.clock import VirtualClock
from emulators.kernel.store import DocumentStore

HOLD = {"name": "Hold", "type": "Wait", "typeProperties": {"waitTimeInSeconds": 60}}
SECRET_PIPELINE: dict[str, Any] = {
    "parameters": {"s": {"type": "SecureString"}},
    "variables": {"v": {"type": "String"}},
    "activities": [
        {
            "name": "S",
            "type": "SetVariable",
            "typeProperties": {"variableName": "v", "value": "@pipeline().parameters.s"},
        }
    ],
}
FIRING = Firing(outputs={"body": {"fileName": "a"}}, properties={"TriggerTime": "now"}, event_id="e1")


@pytest.fixture
def store() -> DocumentStore:
    return DocumentStore()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


def _runs(store: DocumentStore, http: httpx.AsyncClient) -> tuple[FactoryRuns, Document]:
    clock = VirtualClock(datetime(2030, 1, 1, tzinfo=UTC))
    catalogue = Catalogue(store)
    factory = catalogue.put_factory(FactoryAddress("s", "g", "f"), {"properties": {}})
    parameters = {"file": {"type": "String"}}
    catalogue.put(factory, "pipelines", "Ingest", {"activities": [HOLD], "parameters": parameters})
    catalogue.put(factory, "pipelines", "Secret", SECRET_PIPELINE)
    reference = {"referenceName": "ingest", "type": "PipelineReference"}
    properties = {
        "type": "BlobEventsTrigger",
        "pipelines": [{"pipelineReference": reference, "parameters": {"file": "@triggerBody().fileName"}}],
    }
    trigger = catalogue.put(factory, "triggers", "arrives", properties)
    identity = EntraIdentity(http, "https://nowhere", ServicePrincipal("t", "c", "s"))
    services = ActivityServices(http=http, clock=clock, identity=identity, resource_manager="https://nowhere")
    return FactoryRuns(factory, store, clock, services), trigger


def test_trigger_run_ids_have_the_documented_form() -> None:
    identity = new_trigger_run_id(datetime(2018, 6, 16, 0, 43, 15, 662690, tzinfo=UTC))
    assert identity.startswith("0858672497089814890")
    assert len(identity) == len("08586724970898148904457116912CU27")
    assert identity.endswith("CU27")


async def test_a_firing_makes_a_trigger_run_and_its_pipeline_run_at_once(
    store: DocumentStore, http: httpx.AsyncClient
) -> None:
    runs, trigger = _runs(store, http)
    fired = runs.fire(trigger, FIRING)
    [run] = runs.history.pipeline_runs()
    assert (fired.status, fired.triggered_pipelines) == ("Succeeded", {"Ingest": run["runId"]})
    assert (run["status"], run["parameters"]) == ("InProgress", {"file": "a"})
    assert list(runs.active_runs()) == [run["runId"]]
    await runs.close()


async def test_told_twice_it_makes_no_second_run(store: DocumentStore, http: httpx.AsyncClient) -> None:
    runs, trigger = _runs(store, http)
    assert runs.fire(trigger, FIRING) is runs.fire(trigger, FIRING)
    assert len(list(runs.history.pipeline_runs())) == 1
    await runs.close()


async def test_told_again_after_a_kill_it_finds_the_pipeline_run_it_had_started(
    store: DocumentStore, http: httpx.AsyncClient
) -> None:
    runs, trigger = _runs(store, http)
    first = runs.fire(trigger, FIRING)
    await runs.executor.close()
    [(key, _)] = store.list("datafactory/triggerruns" + FactoryAddress("s", "g", "f").key)
    store.delete("datafactory/triggerruns" + FactoryAddress("s", "g", "f").key, key)  # killed before it was written

    runs, trigger = _runs(store, http)
    again = runs.fire(trigger, FIRING)
    assert again.triggered_pipelines == first.triggered_pipelines
    assert len(list(runs.history.pipeline_runs())) == 1
    await runs.close()


async def test_what_hangs_at_the_end_is_closed_as_failed(store: DocumentStore, http: httpx.AsyncClient) -> None:
    runs, _ = _runs(store, http)
    run_id = runs.create_run("ingest", {"file": "x"})
    await runs.close()
    document: Any = runs.history.pipeline_run(run_id)
    assert (document["status"], document["pipelineName"]) == ("Failed", "Ingest")
    assert document["runEnd"] is not None
    [activity] = runs.history.activity_runs(run_id)
    assert activity["status"] == "Failed"


async def test_what_cannot_be_started(store: DocumentStore, http: httpx.AsyncClient) -> None:
    runs, _ = _runs(store, http)
    with pytest.raises(EntityNotFound):
        runs.create_run("nobody", {})
    with pytest.raises(BadRequest, match="'file'"):
        runs.create_run("ingest", {})
    with pytest.raises(ReferencedPipelineRunNotValid):
        runs.create_run("ingest", {"file": "x"}, Rerun("nothing"))
    with pytest.raises(RunNotFound):
        await runs.cancel("nothing", recursive=True)
    await runs.close()


async def test_a_rerun_after_a_restart_has_the_secret_that_nobody_sees(
    store: DocumentStore, http: httpx.AsyncClient
) -> None:
    secret = "s3cret-word"
    runs, _ = _runs(store, http)
    first = runs.create_run("Secret", {"s": secret})
    await runs.close()

    runs, _ = _runs(store, http)
    again = runs.create_run("Secret", {"s": "another"}, Rerun(first, is_recovery=True))
    assert (await runs.executor.wait(again)).variables == {"v": secret}
    shown = [*runs.history.pipeline_runs(), *runs.history.activity_runs(first), *runs.history.activity_runs(again)]
    assert len(shown) == 4
    assert secret not in str(shown)
    await runs.close()
