"""`drydock demo`: the whole road on one machine, shown as it happens, with a summary at the end."""

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from dataprep.sample import write_sample
from drydock.memory import MemoryWatch
from drydock.project import Project
from drydock.road import End, Road, metrics_text
from drydock.target import LOCAL, exported
from drydock.up import background_cloud
from release.deploy import deploy

_SEED = 20261123
_FILE_NAME = "drivers.csv"


def run_demo(project: Project, rows: int, state: Path | None, azurite: str, console: Console) -> bool:
    """Run the demo; True when the file became a trained model. The cloud ends with it."""
    begun = time.monotonic()
    with _folder(state) as folder:
        console.rule("The local cloud starts")
        with (
            background_cloud(["--state", str(folder), "--azurite", azurite], folder, _told(console)) as cloud,
            exported(cloud.environment),
            MemoryWatch(psutil.Process(cloud.pid)) as memory,
        ):
            environment = project.environment(LOCAL)
            console.rule("The notebooks and the factory are deployed")
            deploy(environment, project.folder, _told(console))
            console.rule("A file is dropped")
            road = Road(environment, console)
            end = road.watch(road.drop(_sample(folder, rows, console), _FILE_NAME))
        _summary(console, end, rows, time.monotonic() - begun, memory)
    return end.succeeded and end.training is not None


@contextlib.contextmanager
def _folder(state: Path | None) -> Iterator[Path]:
    if state is not None:
        yield state.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="drydock-demo-") as folder:
        yield Path(folder)


def _told(console: Console) -> Callable[[str], None]:
    begun = time.monotonic()

    def tell(text: str) -> None:
        console.print(f"[green]✓[/green] {text} [dim]({time.monotonic() - begun:.1f} s)[/dim]")

    return tell


def _sample(folder: Path, rows: int, console: Console) -> Path:
    path = folder / _FILE_NAME
    with console.status(f"writing {rows:,} driver records"):
        write_sample(path, rows=rows, seed=_SEED)
    return path


def _summary(console: Console, end: End, rows: int, seconds: float, memory: MemoryWatch) -> None:
    console.rule("Summary")
    facts = Table.grid(padding=(0, 2))
    facts.add_row("file", f"{rows:,} driver records")
    facts.add_row("pipeline run", f"{end.outcome.run_id} {end.outcome.run.status}")
    facts.add_row("from drop to trained model", f"{end.seconds:.1f} s")
    if end.training is not None:
        facts.add_row("model", metrics_text(end.training))
    facts.add_row("peak memory", memory.summary())
    facts.add_row("in all", f"{seconds:.1f} s")
    console.print(facts)
    console.print()
    console.print("Keep a cloud running:  drydock up            (or: drydock up --detach, and later drydock down)")
    console.print('Point any client at it: eval "$(drydock env)"')
    console.print("Deploy and drop:       drydock deploy --env local && drydock drop FILE")
