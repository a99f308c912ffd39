"""Child processes that never outlive the cloud: own process group, ended as a group, and at our death at the latest.

On Linux the kernel itself sends the child SIGTERM when we die, even by SIGKILL (prctl PR_SET_PDEATHSIG, through
a tiny trampoline because running Python code between fork and exec is not safe with threads). Elsewhere a child
is expected to end when its standard input closes.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

_TRAMPOLINE = """
import ctypes, os, signal, sys
parent = int(sys.argv[1])
ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGTERM)
if os.getppid() != parent:
    sys.exit(143)
os.execvp(sys.argv[2], sys.argv[2:])
"""


class Child:
    """A running child process and its whole group."""

    def __init__(self, process: asyncio.subprocess.Process, name: str) -> None:
        self.process = process
        self.name = name

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process.returncode is None

    def signal(self, number: int) -> None:
        """Send a signal to the whole group; nothing happens when it has ended."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)

    async def terminate(self, grace: float = 5.0) -> int:
        """Ask the group to end (SIGTERM), after `grace` seconds make it (SIGKILL). Returns the exit code."""
        if self.running:
            self.signal(signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.process.wait(), grace)
        # the leader may be gone and members of its group alive
        self.signal(signal.SIGKILL)
        return await self.process.wait()


async def start_child(
    arguments: Sequence[str | Path],
    *,
    name: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: int | IO[Any] | None = asyncio.subprocess.DEVNULL,
    stdout: int | IO[Any] | None = asyncio.subprocess.DEVNULL,
    stderr: int | IO[Any] | None = asyncio.subprocess.STDOUT,
    limit: int = 1 << 20,
) -> Child:
    """Start a program in a process group of its own. `env` replaces the environment, None inherits it.

    `limit` is the longest line in bytes that a reader of a piped stdout accepts.
    """
    command = [str(argument) for argument in arguments]
    if sys.platform == "linux":
        command = [sys.executable, "-I", "-S", "-c", _TRAMPOLINE, str(os.getpid()), *command]
    process = await asyncio.create_subprocess_exec(
        *command,
        env=None if env is None else dict(env),
        cwd=cwd,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
        limit=limit,
    )
    return Child(process, name)
