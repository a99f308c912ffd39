"""A host that is killed in the middle of a run: its step ends with it, and its successor tells what became of it."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
import uuid
from pathlib import Path

import psutil

from emulators.azureml.service import AzureMLService, AzureMLSettings
from emulators.kernel.clock import RealClock
from emulators.kernel.store import DocumentStore
from emulators.kernel.tokens import TokenIssuer

HOST = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_azureml_killed import new_service

async def main():
    service = new_service(Path(sys.argv[1]))
    await service.start()
    endpoint = service.catalogue.endpoints[0]
    run = service.submit(endpoint, endpoint.pipelines[0], {}, None)
    print(run.id, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


def new_service(folder: Path) -> AzureMLService:
    """A workspace whose one step notes its process id and sleeps; state and work lie in `folder`."""
    definition = folder / "definition"
    definition.mkdir(exist_ok=True)
    (definition / "sleep.py").write_text(
        "import os, pathlib, time\npathlib.Path('outputs/pid').write_text(str(os.getpid()))\ntime.sleep(600)\n"
    )
    file = definition / "sleeping.toml"
    file.write_text(
        textwrap.dedent(f"""
        [endpoint]
        id = "{uuid.UUID(int=1)}"
        name = "sleeping"
        default_version = "1"
        [[pipelines]]
        id = "{uuid.UUID(int=2)}"
        version = "1"
        [[pipelines.steps]]
        name = "sleep"
        script = "sleep.py"
        """)
    )
    return AzureMLService(
        AzureMLSettings(
            address="https://127.0.0.1:1",
            subscription_id="s",
            resource_group="rg",
            workspace="ws",
            location="westeurope",
            definitions=[file],
            storage_connection_string="DefaultEndpointsProtocol=http;AccountName=a;AccountKey=c2VjcmV0;"
            "BlobEndpoint=http://127.0.0.1:1/a;",
            work_folder=folder / "runs",
            store=DocumentStore(folder / "state.db"),
            clock=RealClock(),
            verifier=TokenIssuer(TokenIssuer.generate(), "t").verifier(),
            ca_bundle=folder / "none.pem",
        )
    )


async def test_a_kill_leaves_no_step_behind_and_no_run_active(tmp_path: Path) -> None:
    host = subprocess.Popen(  # noqa: ASYNC220 - it must be killed as a process, not ended as a child of ours
        [sys.executable, "-c", HOST, str(tmp_path), str(Path(__file__).parent)],
        cwd=Path(__file__).parents[3],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert host.stdout is not None
        run_id = (await asyncio.to_thread(host.stdout.readline)).strip()
        step = await asyncio.to_thread(_step_process, tmp_path / "runs" / run_id / "outputs" / "pid")
    finally:
        host.send_signal(signal.SIGKILL)
        await asyncio.to_thread(host.communicate)
    await asyncio.to_thread(step.wait, 10)
    successor = new_service(tmp_path)
    await successor.start()
    run = successor.runs.get(run_id)
    assert (run.progress.status, run.steps[0].progress.status) == ("Failed", "Failed")
    assert "The emulator was stopped while the run was active" in (run.progress.detail or "")
    await successor.stop()


def _step_process(noted: Path) -> psutil.Process:
    deadline = time.monotonic() + 30
    while not (noted.exists() and noted.read_text()):
        assert time.monotonic() < deadline, "the step did not start"
        time.sleep(0.05)
    return psutil.Process(int(noted.read_text()))
