"""Azure ML's v1 pipelines as a caller meets them: over HTTPS, with tokens, with real step processes.

The steps are small scripts of the tests' own. Storage is a blob server of the test's own that answers what
azure-storage-blob asks for a download; runs are watched as Data Factory watches them, by asking.
"""

import asyncio
import hashlib
import textwrap
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from emulators.azureml.routes import app
from emulators.azureml.service import AzureMLService, AzureMLSettings
from emulators.kernel.certificates import LocalAuthority
from emulators.kernel.clock import Clock, RealClock, VirtualClock
from emulators.kernel.dialects import storage_error
from emulators.kernel.errors import CloudError
from emulators.kernel.http import build_app
from emulators.kernel.server import Listener, serve
from emulators.kernel.store import DocumentStore
from emulators.kernel.tokens import TokenIssuer

SIGNING_KEY = TokenIssuer.generate()
ENDPOINT, FIRST, SECOND = (str(uuid.uuid4()) for _ in range(3))
KEY = "c2VjcmV0LXNlY3JldC1zZWNyZXQ="
TERMINAL = ("Finished", "Failed", "Canceled")
DATA = "id,target\n1,0\n2,1\n"

DEFINITION = f"""
[endpoint]
id = "{ENDPOINT}"
name = "training"
default_version = "1"

[[pipelines]]
id = "{FIRST}"
version = "1"
[pipelines.parameters]
data_file_path = ""
caller_run_id = ""
mode = "fine"
rounds = 3
[pipelines.datastore]
name = "trainingdata"
container = "trainingdata"
[[pipelines.steps]]
name = "train"
script = "train.py"
arguments = ["--data", "{{data:data_file_path}}", "--mode={{mode}}", "--rounds", "{{rounds}}"]

[[pipelines]]
id = "{SECOND}"
version = "2"
[pipelines.parameters]
mode = "fine"
[[pipelines.steps]]
name = "prepare"
script = "prepare.py"
arguments = ["{{mode}}"]
[[pipelines.steps]]
name = "use"
script = "use.py"
"""

TRAIN = """
import argparse, os, pathlib, signal, subprocess, sys, time
parser = argparse.ArgumentParser()
parser.add_argument("--data"); parser.add_argument("--mode"); parser.add_argument("--rounds", type=int)
given = parser.parse_args()
from azureml.core import Run
run = Run.get_context()
print("reading", given.data, "token", os.environ["AZUREML_RUN_TOKEN"], flush=True)
print("to stderr", file=sys.stderr)
lines = pathlib.Path(given.data).read_text().splitlines()
run.log("rows", len(lines) - 1)
for number in range(given.rounds):
    run.log("loss", 1.0 / (number + 1))
run.log_list("curve", [0.5, 0.75])
run.log_row("confusion", actual=1, predicted=0)
run.tag("kind", "tiny")
run.parent.set_tags({"stage": "trained"})
run.add_properties({"framework": "none"})
assert run.get_metrics()["loss"][0] == 1.0
assert run.experiment.name == os.environ["AZUREML_EXPERIMENT_NAME"]
pathlib.Path("outputs/model.txt").write_text("a model")
pathlib.Path("/proc/self/stat").exists()
run.upload_file("notes/read me.txt", given.data)
model = run.register_model("tiny-model", model_path="outputs/model.txt", tags={"a": "b"})
print("registered", model.id)
if given.mode == "exit":
    sys.exit(3)
if given.mode == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
if given.mode == "declare":
    run.fail("it is no good", error_code="Bad")
if given.mode == "wait":
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    pathlib.Path("outputs/pid.txt").write_text(f"{os.getpid()} {child.pid}")
    time.sleep(600)
if given.mode == "orphan":
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    pathlib.Path("outputs/pid.txt").write_text(f"{child.pid}")
if given.mode == "loud":
    run.log_image("x")
if given.mode == "workspace":
    from azureml.core import Workspace
if given.mode == "data":
    import azureml.data
"""

PREPARE = """
import pathlib, sys
pathlib.Path("outputs/prepared.txt").write_text(sys.argv[1])
sys.exit(1 if sys.argv[1] == "exit" else 0)
"""

USE = """
import pathlib
from azureml.core.run import Run
Run.get_context().log("length", len(pathlib.Path("outputs/prepared.txt").read_text()))
"""


class BlobNotFound(CloudError):
    status = 404
    code = "BlobNotFound"


@dataclass
class Blobs:
    """Blobs by container and name, answered as azure-storage-blob downloads them."""

    content: dict[str, bytes] = field(default_factory=dict)

    def app(self) -> ASGIApp:
        return build_app(name="blobs", routes=[], render_error=storage_error, fallback=self._answer)

    async def _answer(self, request: Request) -> Response:
        assert request.headers["authorization"].startswith("SharedKey account:")
        content = self.content.get(request.url.path.removeprefix("/account/"))
        if content is None:
            raise BlobNotFound("The specified blob does not exist.")
        start, end = (int(part) for part in request.headers["x-ms-range"].removeprefix("bytes=").split("-"))
        piece = content[start : end + 1]
        headers = {
            "Content-Range": f"bytes {start}-{start + len(piece) - 1}/{len(content)}",
            "ETag": '"0x8DTEST"',
            "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT",
            "x-ms-blob-type": "BlockBlob",
        }
        return Response(piece, 206, headers, "text/csv")


@dataclass
class Place:
    """A workspace that is being served, and how to ask it."""

    address: str
    base: str
    client: httpx.AsyncClient
    blobs: Blobs
    service: AzureMLService
    issuer: TokenIssuer
    ca: LocalAuthority

    @property
    def pipelines(self) -> str:
        return f"{self.address}/pipelines/v1.0{self.base}"

    @property
    def history(self) -> str:
        return f"{self.address}/history/v1.0{self.base}"

    def run_url(self, run: dict[str, Any]) -> str:
        return f"{self.history}/experiments/{run['RunHistoryExperimentName']}/runs/{run['Id']}"

    async def submit(self, *, pipeline: str = FIRST, experiment: str = "e", **parameters: Any) -> dict[str, Any]:
        answer = await self.client.post(
            f"{self.pipelines}/PipelineRuns/PipelineSubmit/{pipeline}",
            json={"ExperimentName": experiment, "ParameterAssignments": parameters},
        )
        assert answer.status_code == 200, answer.text
        run: dict[str, Any] = answer.json()
        return run

    async def ended(self, run: dict[str, Any]) -> dict[str, Any]:
        while True:
            now = (await self.client.get(f"{self.pipelines}/PipelineRuns/{run['Id']}")).json()
            if now["Status"]["StatusCode"] in TERMINAL:
                return dict(now)
            await asyncio.sleep(0.05)

    async def get(self, url: str, **params: str) -> Any:
        answer = await self.client.get(url, params=params or None)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def log(self, run: dict[str, Any]) -> str:
        return (await self.client.get(f"{self.run_url(run)}/artifacts/logs/user_logs/std_log.txt")).text


@dataclass
class Ground:
    """What several workspaces of one test share: addresses, certificates, files, the store."""

    folder: Path
    ca: LocalAuthority
    issuer: TokenIssuer
    stack: AsyncExitStack
    blobs: Blobs
    blob_address: str
    store: DocumentStore = field(default_factory=DocumentStore)

    async def open(self, clock: Clock | None = None, limit: int = 2) -> Place:
        listener = Listener.reserve()
        subscription = str(uuid.uuid4())
        definition = self.folder / "definition"
        definition.mkdir(exist_ok=True)
        (definition / "training.toml").write_text(DEFINITION)
        for name, text in (("train.py", TRAIN), ("prepare.py", PREPARE), ("use.py", USE)):
            (definition / name).write_text(textwrap.dedent(text))
        service = AzureMLService(
            AzureMLSettings(
                address=listener.address("https"),
                subscription_id=subscription,
                resource_group="rg",
                workspace="ws",
                location="westeurope",
                definitions=[definition / "training.toml"],
                storage_connection_string=(
                    f"DefaultEndpointsProtocol=http;AccountName=account;AccountKey={KEY};"
                    f"BlobEndpoint={self.blob_address}/account;"
                ),
                work_folder=self.folder / "runs",
                store=self.store,
                clock=clock or RealClock(),
                verifier=self.issuer.verifier(),
                ca_bundle=self.ca.bundle_pem,
                concurrent_runs=limit,
            )
        )
        await service.start()
        self.stack.push_async_callback(service.stop)
        await self.stack.enter_async_context(serve(app(service), listener, tls=self.ca.server_context()))
        token = self.issuer.issue(
            client_id="c", audience="https://management.azure.com", issuer="i", now=datetime.now(UTC)
        )
        client = await self.stack.enter_async_context(
            httpx.AsyncClient(verify=self.ca.client_context(), headers={"Authorization": f"Bearer {token}"})
        )
        base = (
            f"/subscriptions/{subscription}/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws"
        )
        return Place(listener.address("https"), base, client, self.blobs, service, self.issuer, self.ca)


@pytest.fixture
async def ground(tmp_path: Path) -> AsyncIterator[Ground]:
    blobs, listener = Blobs(), Listener.reserve()
    blobs.content["trainingdata/run-1/a file+ä%.csv"] = DATA.encode()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(serve(blobs.app(), listener))
        yield Ground(
            tmp_path,
            LocalAuthority(tmp_path / "ca"),
            TokenIssuer(SIGNING_KEY, str(uuid.uuid4())),
            stack,
            blobs,
            listener.address(),
        )


@pytest.fixture
async def place(ground: Ground) -> Place:
    return await ground.open()


BLOB = "run-1/a file+ä%.csv"


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - another process makes it true
        await asyncio.sleep(0.02)


async def test_a_training_run_leaves_metric_model_log_and_lineage(place: Place) -> None:
    run = await place.submit(data_file_path=BLOB, caller_run_id="adf-7", rounds="4")
    assert (run["Status"]["StatusCode"], run["PipelineId"], run["TotalRunSteps"]) == ("NotStarted", FIRST, 1)
    assert run["ParameterAssignments"]["rounds"] == "4"
    over = await place.ended(run)
    assert over["Status"]["StatusCode"] == "Finished", over["Status"]["StatusDetail"]

    history = await place.get(place.run_url(run))
    assert history["status"] == "Completed"
    assert history["durationInSeconds"] > 0
    assert history["parameters"]["rounds"] == 4
    assert history["tags"] == {"stage": "trained"}
    properties = history["properties"]
    assert properties["caller_run_id"] == "adf-7"
    assert properties["data_file"] == f"trainingdata/{BLOB}"
    assert properties["data_file_sha256"] == hashlib.sha256(DATA.encode()).hexdigest()
    assert (properties["data_file_etag"], properties["data_file_size"]) == ('"0x8DTEST"', str(len(DATA)))
    assert history["inputDatasets"][0]["size"] == len(DATA)

    metrics = (await place.get(place.run_url(run) + "/metrics"))["value"]
    values = [(metric["name"], metric["cells"]) for metric in metrics]
    assert values[0] == ("rows", [{"rows": 2}])
    assert [cells[0]["loss"] for name, cells in values if name == "loss"] == [1.0, 0.5, 1 / 3, 0.25]
    assert values[-2:] == [
        ("curve", [{"curve": 0.5}, {"curve": 0.75}]),
        ("confusion", [{"actual": 1, "predicted": 0}]),
    ]

    children = (await place.get(place.run_url(run) + "/children"))["value"]
    assert [(child["displayName"], child["status"], child["exitCode"]) for child in children] == [
        ("train", "Completed", 0)
    ]
    assert children[0]["tags"] == {"kind": "tiny"}
    assert children[0]["properties"] == {"framework": "none"}

    artifacts = {one["path"] for one in (await place.get(place.run_url(run) + "/artifacts"))["value"]}
    assert {"outputs/model.txt", "logs/user_logs/std_log.txt", "notes/read me.txt"} <= artifacts
    assert (await place.client.get(place.run_url(run) + "/artifacts/outputs/model.txt")).text == "a model"
    assert (await place.client.get(place.run_url(run) + "/artifacts/notes/read%20me.txt")).text == DATA
    log = await place.log(run)
    assert "to stderr" in log
    assert "registered tiny-model:1" in log
    assert "token **********" in log
    assert (await place.get(place.run_url(run) + "/details"))["logFiles"]

    models = (await place.get(f"{place.address}/modelmanagement/v1.0{place.base}/models", name="tiny-model"))["value"]
    assert [(model["version"], model["runId"], model["kvTags"]) for model in models] == [(1, run["Id"], {"a": "b"})]


@pytest.mark.parametrize(
    ("mode", "detail"),
    [
        ("exit", "ended with exit code 3"),
        ("kill", "ended by signal SIGKILL"),
        ("declare", "declared itself failed: Bad: it is no good"),
        ("loud", "Run.log_image is not in the azureml shim"),
        ("workspace", "azureml.core.Workspace is not in the azureml shim"),
        ("data", "'azureml.data' is not in the azureml shim"),
    ],
)
async def test_a_step_that_fails_says_how(place: Place, mode: str, detail: str) -> None:
    over = await place.ended(await place.submit(data_file_path=BLOB, mode=mode))
    assert (over["Status"]["StatusCode"], over["HasErrors"]) == ("Failed", True)
    assert detail in over["Status"]["StatusDetail"]
    assert "registered tiny-model:1" in over["Status"]["StatusDetail"], "the end of the log is shown"
    history = await place.get(place.run_url(over))
    assert (history["status"], detail in history["error"]["error"]["message"]) == ("Failed", True)


async def test_a_missing_blob_fails_the_run_by_its_name(place: Place) -> None:
    over = await place.ended(await place.submit(data_file_path="run-1/none.csv"))
    assert over["Status"]["StatusCode"] == "Failed"
    assert "'run-1/none.csv' in container 'trainingdata'" in over["Status"]["StatusDetail"]
    empty = await place.ended(await place.submit())
    assert "The parameter 'data_file_path' names no blob: ''." in empty["Status"]["StatusDetail"]


async def test_cancel_ends_the_whole_process_group(place: Place) -> None:
    run = await place.submit(data_file_path=BLOB, mode="wait")
    noted = place.service.settings.work_folder / run["Id"] / "outputs" / "pid.txt"
    await until(lambda: noted.exists() and len(noted.read_text().split()) == 2)
    processes = [int(pid) for pid in noted.read_text().split()]
    assert all(psutil.pid_exists(pid) for pid in processes)
    answer = await place.client.delete(f"{place.pipelines}/PipelineRuns/{run['Id']}/Execution")
    assert answer.status_code == 200
    over = await place.ended(run)
    assert over["Status"]["StatusCode"] == "Canceled"
    await until(lambda: not any(_alive(pid) for pid in processes))
    statuses = await place.client.post(f"{place.pipelines}/PipelineRuns/{run['Id']}/Graph/AllNodes/StatusCode")
    assert list(statuses.json().values()) == ["Canceled"]
    again = await place.client.delete(f"{place.pipelines}/PipelineRuns/{run['Id']}/Execution")
    assert again.status_code == 200


def _alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


async def test_a_grandchild_that_keeps_the_log_open_holds_nothing_up(place: Place) -> None:
    run = await place.submit(data_file_path=BLOB, mode="orphan")
    over = await place.ended(run)
    assert over["Status"]["StatusCode"] == "Finished"
    noted = place.service.settings.work_folder / run["Id"] / "outputs" / "pid.txt"
    await until(lambda: not _alive(int(noted.read_text())))


async def test_runs_wait_for_their_turn(ground: Ground) -> None:
    place = await ground.open(limit=1)
    first = await place.submit(data_file_path=BLOB, mode="wait")
    second = await place.submit(pipeline=SECOND)
    noted = place.service.settings.work_folder / first["Id"] / "outputs" / "pid.txt"
    await until(noted.exists)
    waiting = await place.get(f"{place.pipelines}/PipelineRuns/{second['Id']}")
    assert waiting["Status"]["StatusCode"] == "NotStarted"
    await place.client.delete(f"{place.pipelines}/PipelineRuns/{first['Id']}/Execution")
    assert (await place.ended(second))["Status"]["StatusCode"] == "Finished"


async def test_a_run_that_waits_can_be_cancelled(ground: Ground) -> None:
    place = await ground.open(limit=1)
    first = await place.submit(data_file_path=BLOB, mode="wait")
    second = await place.submit(pipeline=SECOND)
    await place.client.delete(f"{place.pipelines}/PipelineRuns/{second['Id']}/Execution")
    assert (await place.ended(second))["Status"]["StatusCode"] == "Canceled"
    await place.client.delete(f"{place.pipelines}/PipelineRuns/{first['Id']}/Execution")
    assert (await place.ended(first))["Status"]["StatusCode"] == "Canceled"


async def test_steps_share_the_working_folder_and_stop_at_a_failure(place: Place) -> None:
    fine = await place.ended(await place.submit(pipeline=SECOND))
    assert fine["Status"]["StatusCode"] == "Finished"
    metrics = (await place.get(place.run_url(fine) + "/metrics"))["value"]
    assert [metric["cells"] for metric in metrics] == [[{"length": 4}]]
    graph = f"{place.pipelines}/PipelineRuns/{fine['Id']}/Graph"
    nodes = (await place.client.post(graph + "/AllNodes/Status")).json()
    assert [(node["NodeName"], node["StatusCode"]) for node in nodes.values()] == [
        ("prepare", "Finished"),
        ("use", "Finished"),
    ]
    one = await place.client.post(graph + "/Node/Status", json=[next(iter(nodes))])
    assert one.json()["NodeName"] == "prepare"
    assert (await place.client.post(graph + "/Node/Status", json=["none"])).status_code == 404
    assert (await place.client.post(graph + "/Node/Status", content=b"{")).status_code == 400
    outputs = (await place.client.post(graph + "/Node/Outputs")).json()["value"]
    assert [output["path"] for output in outputs] == ["outputs/prepared.txt"]
    broken = await place.ended(await place.submit(pipeline=SECOND, mode="exit"))
    assert broken["Status"]["StatusCode"] == "Failed"
    children = (await place.get(place.run_url(broken) + "/children"))["value"]
    assert [child["status"] for child in children] == ["Failed", "Canceled"]


async def test_a_caller_can_go_on_after_a_failed_step(place: Place) -> None:
    answer = await place.client.post(
        f"{place.pipelines}/PipelineRuns/PipelineSubmit/{SECOND}",
        json={"ParameterAssignments": {"mode": "exit"}, "ContinueRunOnStepFailure": True},
    )
    over = await place.ended(answer.json())
    children = (await place.get(place.run_url(over) + "/children"))["value"]
    assert [child["status"] for child in children] == ["Failed", "Completed"]
    assert over["Status"]["StatusCode"] == "Failed"


async def test_runs_are_listed_newest_first_and_found_by_their_caller(place: Place) -> None:
    runs = [await place.submit(pipeline=SECOND) for _ in range(2)]
    found = await place.submit(data_file_path=BLOB, caller_run_id="it's me")
    other = await place.submit(pipeline=SECOND, experiment="other")
    for run in (*runs, found, other):
        await place.ended(run)
    experiment = place.history + "/experiments/e/runs"
    assert [run["runId"] for run in (await place.get(experiment))["value"]] == [
        found["Id"],
        runs[1]["Id"],
        runs[0]["Id"],
    ]
    wanted = {"$filter": "properties/caller_run_id eq 'it''s me' and status eq 'Completed'"}
    assert [run["runId"] for run in (await place.get(experiment, **wanted))["value"]] == [found["Id"]]
    assert [
        run["runId"] for run in (await place.get(experiment, **{"$filter": "tags/stage eq 'trained'"}))["value"]
    ] == [found["Id"]]
    assert len((await place.get(experiment, **{"$top": "1"}))["value"]) == 1
    assert len((await place.get(place.history + "/runs"))["value"]) == 4
    assert {one["name"] for one in (await place.get(place.history + "/experiments"))["value"]} == {"e", "other"}
    bad = await place.client.get(experiment, params={"$filter": "startswith(x)"})
    assert bad.status_code == 400


async def test_what_cannot_be_submitted_is_refused(place: Place) -> None:
    async def refused(path: str, body: Any) -> tuple[int, str]:
        answer = await place.client.post(place.pipelines + path, json=body)
        return answer.status_code, answer.json()["error"]["message"]

    submit = f"/PipelineRuns/PipelineSubmit/{FIRST}"
    status, message = await refused(submit, {"ParameterAssignments": {"modle": "x", "mode": "y"}})
    assert status == 400
    assert "'modle'" in message
    assert "'caller_run_id', 'data_file_path', 'mode', 'rounds'" in message
    for value in ("many", 1.5, [1], None):
        assert (await refused(submit, {"ParameterAssignments": {"rounds": value}}))[0] == 400
    assert (await refused(submit, {"ParameterAssignments": ["x"]}))[0] == 400
    assert (await refused(submit, {"ExperimentName": "a/b"}))[0] == 400
    assert (await refused(f"/PipelineRuns/PipelineSubmit/{uuid.uuid4()}", {}))[0] == 404
    assert (await refused(f"/PipelineRuns/PipelineEndpointSubmit/Id/{ENDPOINT}/9", {}))[0] == 404
    answer = await place.client.post(place.pipelines + submit, content=b"{")
    assert answer.status_code == 400
    assert (await place.client.get(f"{place.pipelines}/PipelineRuns/{uuid.uuid4()}")).status_code == 404
    assert not (await place.get(place.history + "/runs"))["value"]


async def test_an_endpoint_runs_its_default_or_a_named_version(place: Place) -> None:
    legacy = f"{place.address}/api/v1.0{place.base}"
    by_default = await place.client.post(
        f"{place.pipelines}/PipelineRuns/PipelineEndpointSubmit/Id/{ENDPOINT}",
        json={"DataPathAssignments": {"data_file_path": {"DataStoreName": "trainingdata", "RelativePath": BLOB}}},
        params={"parentRunId": "parent"},
    )
    by_path = await place.client.post(f"{legacy}/Experiments/PipelineEndpointSubmit/Id/{ENDPOINT}/2", json={})
    by_query = await place.client.post(
        f"{legacy}/PipelineRuns/PipelineEndpointSubmit/Id/{ENDPOINT}", params={"pipelineVersion": "2"}
    )
    assert [answer.json()["PipelineId"] for answer in (by_default, by_path, by_query)] == [FIRST, SECOND, SECOND]
    for answer in (by_default, by_path, by_query):
        assert (await place.ended(answer.json()))["Status"]["StatusCode"] == "Finished"
    assert (await place.get(place.run_url(by_default.json())))["parentRunId"] == "parent"


async def test_the_catalogue_can_be_looked_through(place: Place) -> None:
    pipelines = await place.get(f"{place.pipelines}/Pipelines")
    assert [pipeline["Id"] for pipeline in pipelines] == [FIRST, SECOND]
    one = await place.get(f"{place.pipelines}/PublishedPipelines/{FIRST}")
    assert one["ParameterAssignments"]["mode"] == "fine"
    for path in (
        f"/PipelineEndpoints/Id/{ENDPOINT}",
        f"/PipelineEndpoints/{ENDPOINT}",
        "/PipelineEndpoints/Name?name=training",
    ):
        assert (await place.get(place.pipelines + path))["DefaultPipelineId"] == FIRST
    assert len(await place.get(f"{place.pipelines}/PipelineEndpoints")) == 1
    assert len(await place.get(f"{place.pipelines}/PipelineEndpoints/{ENDPOINT}/pipelines")) == 2


async def test_the_workspace_leads_to_its_services(place: Place) -> None:
    workspace = await place.get(place.address + place.base, **{"api-version": "2023-10-01"})
    assert workspace["name"] == "ws"
    async with httpx.AsyncClient(verify=place.ca.client_context()) as stranger:
        services = (await stranger.get(workspace["properties"]["discoveryUrl"])).json()
    assert services["api"] == services["history"] == place.address


async def test_who_may_not_enter_is_told_so(place: Place) -> None:
    url = f"{place.pipelines}/Pipelines"
    async with httpx.AsyncClient(verify=place.ca.client_context()) as stranger:
        assert (await stranger.get(url)).status_code == 401
        for audience, expected in (("https://ml.azure.com", 200), ("https://vault.azure.net", 401)):
            token = place.issuer.issue(client_id="c", audience=audience, issuer="i", now=datetime.now(UTC))
            answer = await stranger.get(url, headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == expected
    for path in ("/subscriptions/x/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws",):
        assert (await place.client.get(f"{place.address}/pipelines/v1.0{path}/Pipelines")).status_code == 404


async def test_what_is_missing_says_its_name(place: Place) -> None:
    answer = await place.client.get(f"{place.address}{place.base}/batchEndpoints/x?api-version=2023-10-01")
    assert (answer.status_code, "v2 batch endpoints" in answer.json()["error"]["message"]) == (501, True)
    assert (await place.client.put(f"{place.pipelines}/Pipelines/{FIRST}/status")).status_code == 501


async def test_no_artifact_lies_outside_of_the_run(place: Place) -> None:
    run = await place.submit(pipeline=SECOND)
    await place.ended(run)
    for path in ("outputs/..%2F..%2F..%2Fdefinition%2Ftrain.py", "..%2F..%2Fca%2Fca.key", "outputs", "prepare.py"):
        answer = await place.client.get(f"{place.run_url(run)}/artifacts/{path}")
        assert answer.status_code == 404
    answer = await place.client.put(f"{place.run_url(run)}/artifacts/..%2Fescaped.txt", content=b"x")
    assert answer.status_code == 400


async def test_a_killed_emulator_leaves_no_run_active(ground: Ground) -> None:
    place = await ground.open()
    run = await place.submit(data_file_path=BLOB, mode="wait")
    noted = place.service.settings.work_folder / run["Id"] / "outputs" / "pid.txt"
    await until(noted.exists)
    successor = await ground.open()  # it sees in the store what a killed emulator would have left there
    over = successor.service.runs.get(run["Id"])
    assert (over.progress.status, over.steps[0].progress.status) == ("Failed", "Failed")
    assert "The emulator was stopped while the run was active" in (over.progress.detail or "")


async def test_stopping_ends_runs_and_says_why(ground: Ground) -> None:
    place = await ground.open()
    run = await place.submit(data_file_path=BLOB, mode="wait")
    noted = place.service.settings.work_folder / run["Id"] / "outputs" / "pid.txt"
    await until(lambda: noted.exists() and len(noted.read_text().split()) == 2)
    await place.service.stop()
    over = place.service.runs.get(run["Id"])
    assert over.progress.status == "Failed"
    assert not any(_alive(int(pid)) for pid in noted.read_text().split())


async def test_emulated_time_stands_still_while_a_step_works(ground: Ground) -> None:
    clock = VirtualClock()
    place = await ground.open(clock)
    run = await place.submit(pipeline=SECOND)
    submitted = clock.now()
    await clock.sleep(3600)
    over = place.service.runs.get(run["Id"])
    assert over.progress.status == "Finished"
    assert over.progress.ended is not None
    assert datetime.fromisoformat(over.progress.ended) < submitted + timedelta(hours=1)
