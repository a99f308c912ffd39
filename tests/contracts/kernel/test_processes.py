"""Child processes: their whole group ends with them, and all of it ends when the parent is killed."""

import asyncio
import signal
import sys
import textwrap
import time

import psutil
import pytest

from emulators.kernel.processes import start_child

GRANDCHILD = """
import subprocess, sys, time
inner = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(inner.pid, flush=True)
time.sleep(60)
"""


async def first_line(child_stdout: asyncio.StreamReader | None) -> str:
    assert child_stdout is not None
    return (await asyncio.wait_for(child_stdout.readline(), 20)).decode().strip()


async def test_terminate_ends_the_whole_group() -> None:
    child = await start_child([sys.executable, "-c", GRANDCHILD], name="family", stdout=asyncio.subprocess.PIPE)
    inner = psutil.Process(int(await first_line(child.process.stdout)))
    await child.terminate(grace=2)
    assert not child.running
    await asyncio.to_thread(_wait_until_gone, inner)


async def test_a_child_that_ignores_the_request_is_made_to_end() -> None:
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(60)"
    )
    child = await start_child([sys.executable, "-c", stubborn], name="stubborn", stdout=asyncio.subprocess.PIPE)
    await first_line(child.process.stdout)
    assert await child.terminate(grace=0.2) == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="the parent's death signal is Linux's own")
async def test_a_killed_parent_takes_its_child_along() -> None:
    parent = textwrap.dedent(
        """
        import asyncio, sys
        from emulators.kernel.processes import start_child
        async def main():
            child = await start_child([sys.executable, "-c", "import time; time.sleep(60)"], name="orphan")
            print(child.pid, flush=True)
            await asyncio.sleep(60)
        asyncio.run(main())
        """
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", parent, stdout=asyncio.subprocess.PIPE)
    orphan = psutil.Process(int(await first_line(process.stdout)))
    process.kill()
    await process.wait()
    await asyncio.to_thread(_wait_until_gone, orphan)


def _wait_until_gone(process: psutil.Process) -> None:
    deadline = time.monotonic() + 10
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, f"process {process.pid} still runs"
        time.sleep(0.02)
