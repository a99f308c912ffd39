"""`drydock up` and `drydock down`: the local cloud in this process, or in one that stays behind.

A running cloud is known by its state folder: a lock that lives as long as the process, and `cloud.json`, readable
by its owner only, with the process id and the variables that `drydock env` prints. The file appears when
everything is ready and goes with the cloud.
"""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from drydock.virtual_time import CLOCK_VARIABLE, note_where_it_stands
from emulators.cloud.instance import in_use, write_private
from emulators.cloud.settings import CloudSettings
from emulators.kernel.clock import VirtualClock
from release.errors import ReleaseError

Progress = Callable[[str], None]

_READY_FILE = "cloud.json"
_STOP_SECONDS = 30.0
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class RunningCloud:
    """A cloud that somebody started: its process and what clients need."""

    pid: int
    environment: dict[str, str]

    @classmethod
    def find(cls, state: Path) -> "RunningCloud":
        """The cloud that runs on a state folder. Raises ReleaseError when none is ready there."""
        try:
            document = json.loads((state / _READY_FILE).read_text("utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            document = None
        if document is None or not in_use(state):
            raise ReleaseError(f"no local cloud is up on {state}: start one with 'drydock up --state {state}'")
        return cls(document["pid"], document["environment"])


async def run_until_interrupted(
    settings: CloudSettings, state: Path, progress: Progress, *, tied: bool, clock: VirtualClock | None = None
) -> None:
    """Run the cloud until SIGINT or SIGTERM, or, when `tied`, until standard input closes; then end it cleanly.

    On real time unless a virtual clock is given.
    """
    ready, ended = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    if tied:
        threading.Thread(target=_wait_for_end_of_input, args=(loop, ended), daemon=True).start()
    starting = asyncio.create_task(_serve(settings, state, progress, ready, ended, clock))
    interrupted = asyncio.create_task(ended.wait())
    await asyncio.wait({starting, interrupted}, return_when=asyncio.FIRST_COMPLETED)
    if not ready.is_set():
        starting.cancel()  # what is up ends by itself, in order
    with contextlib.suppress(asyncio.CancelledError):
        await starting
    interrupted.cancel()


async def _serve(
    settings: CloudSettings,
    state: Path,
    progress: Progress,
    ready: asyncio.Event,
    ended: asyncio.Event,
    clock: VirtualClock | None,
) -> None:
    # every service is loaded: only the hosting process needs that
    from emulators.cloud.local import LocalCloud
    from emulators.kernel.clock_routes import CLOCK

    ready_file = state / _READY_FILE
    async with LocalCloud(settings, progress=progress, clock=clock) as cloud:
        environment = dict(cloud.environment)
        if clock is not None:
            environment[CLOCK_VARIABLE] = environment["DRYDOCK_RESOURCE_MANAGER"] + CLOCK
        write_private(ready_file, json.dumps({"pid": os.getpid(), "environment": environment}, indent=2))
        ready.set()
        try:
            progress("ready")
            await ended.wait()
            progress("ending")
        finally:
            ready_file.unlink(missing_ok=True)
            if clock is not None:
                note_where_it_stands(clock, state)


def _wait_for_end_of_input(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    # not through sys.stdin: a buffered reader that a daemon thread holds makes the interpreter abort at its end
    while os.read(sys.stdin.fileno(), 1024):
        pass
    with contextlib.suppress(RuntimeError):  # the loop may have ended meanwhile
        loop.call_soon_threadsafe(ended.set)


def start_detached(arguments: Sequence[str], state: Path, progress: Progress) -> RunningCloud:
    """Start `drydock up` as a process that outlives this one; returns when it is ready."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    log = state / "logs" / "up.log"
    log.parent.mkdir(exist_ok=True, mode=0o700)
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            _command(arguments), stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    shown = 0
    while True:
        lines = log.read_text("utf-8").splitlines()
        for line in lines[shown:]:
            progress(line)
        shown = len(lines)
        if (state / _READY_FILE).exists() and "ready" in lines:
            return RunningCloud.find(state)
        if process.poll() is not None:
            raise ReleaseError(f"the local cloud ended before it was ready: {log} says why")
        time.sleep(_POLL_SECONDS)


@contextlib.contextmanager
def background_cloud(arguments: Sequence[str], state: Path, progress: Progress) -> Iterator[RunningCloud]:
    """A cloud in a process of its own that ends with the block, and with this process however that ends."""
    process = subprocess.Popen(
        _command([*arguments, "--tied"]),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdin is not None  # noqa: S101 - asked for just above
    assert process.stdout is not None  # noqa: S101
    try:
        for line in process.stdout:
            if line.strip() == "ready":
                break
            progress(line.rstrip())
        else:
            raise ReleaseError(f"the local cloud ended before it was ready (exit code {process.wait()})")
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield RunningCloud.find(state)
    finally:
        process.stdin.close()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _command(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "drydock", "up", "--plain", *arguments]


def stop(state: Path) -> None:
    """End the cloud on a state folder and wait until it has gone. Raises ReleaseError when it does not go."""
    cloud = RunningCloud.find(state)
    os.kill(cloud.pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while in_use(state):
        if time.monotonic() > deadline:
            raise ReleaseError(f"the local cloud (process {cloud.pid}) has not ended within {_STOP_SECONDS:.0f} s")
        time.sleep(_POLL_SECONDS)
