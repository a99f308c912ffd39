"""Installing Azurite through npm: once, all or nothing, and clear when it cannot be. npm is played by a script."""

import asyncio
import json
import signal
import sys
from pathlib import Path

import pytest

from emulators.storage.azurite.errors import InstallFailed
from emulators.storage.azurite.install import installed_azurite, node_binary, npm_script

_PLAYED = """
const fs = require("fs");
fs.appendFileSync(LOG, process.argv.slice(2).join(" ") + "\\n");
if (!fs.existsSync("package-lock.json")) process.exit(3);
fs.mkdirSync("node_modules/azurite/dist/src/blob", {recursive: true});
setTimeout(() => fs.writeFileSync("node_modules/azurite/dist/src/blob/main.js", "// azurite"), DELAY);
"""


def _npm(folder: Path, *, delay: int = 100, ending: str = "") -> Path:
    script = folder / "npm.js"
    body = _PLAYED.replace("LOG", json.dumps(str(folder / "calls.log"))).replace("DELAY", str(delay))
    script.write_text(ending or body)
    return script


async def _begun(folder: Path) -> None:
    while not (folder / "calls.log").exists():  # noqa: ASYNC110 - another process tells nobody
        await asyncio.sleep(0.01)


async def test_it_is_installed_once(tmp_path: Path) -> None:
    npm = _npm(tmp_path)
    first = await installed_azurite(tmp_path / "cache", npm)
    second = await installed_azurite(tmp_path / "cache", npm)
    assert first == second
    assert first.read_text() == "// azurite"
    calls = (tmp_path / "calls.log").read_text().splitlines()
    assert len(calls) == 1
    assert calls[0].startswith("ci ")


async def test_two_at_once_install_once(tmp_path: Path) -> None:
    npm = _npm(tmp_path)
    first, second = await asyncio.gather(*(installed_azurite(tmp_path / "cache", npm) for _ in range(2)))
    assert first == second
    assert len((tmp_path / "calls.log").read_text().splitlines()) == 1


async def test_a_broken_off_install_leaves_nothing_half_done(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    attempt = asyncio.create_task(installed_azurite(cache, _npm(tmp_path, delay=60_000)))
    await _begun(tmp_path)
    attempt.cancel()
    with pytest.raises(asyncio.CancelledError):
        await attempt
    assert [path.suffix for path in (cache / "azurite").iterdir()] == [".lock"]


async def test_what_a_killed_install_left_is_removed_by_the_next(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    program = (
        "import asyncio, pathlib, sys\n"
        "from emulators.storage.azurite.install import installed_azurite\n"
        "asyncio.run(installed_azurite(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])))\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(cache), str(_npm(tmp_path, delay=60_000))
    )
    await _begun(tmp_path)
    process.send_signal(signal.SIGKILL)
    await process.wait()
    assert [path for path in (cache / "azurite").iterdir() if "partial" in path.name]

    script = await asyncio.wait_for(installed_azurite(cache, _npm(tmp_path)), 20)

    assert script.is_file()
    assert not [path for path in (cache / "azurite").iterdir() if "partial" in path.name]


async def test_a_failing_npm_is_quoted(tmp_path: Path) -> None:
    npm = _npm(tmp_path, ending="console.error('registry unreachable'); process.exit(1)")
    with pytest.raises(InstallFailed, match=r"(?s)could not fetch Azurite.*registry unreachable"):
        await installed_azurite(tmp_path / "cache", npm)
    assert [path.suffix for path in (tmp_path / "cache" / "azurite").iterdir()] == [".lock"]


async def test_an_npm_that_brings_nothing_is_no_success(tmp_path: Path) -> None:
    with pytest.raises(InstallFailed, match="brought no"):
        await installed_azurite(tmp_path / "cache", _npm(tmp_path, ending="process.exit(0)"))


def test_node_and_npm_come_from_the_wheel() -> None:
    assert node_binary().is_file()
    assert npm_script().is_file()
