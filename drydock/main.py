"""The `drydock` command: one function per subcommand, each a few lines that call the room behind it."""

import asyncio
import json
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from drydock.project import DEFAULT_STATE, Project
from emulators.cloud.settings import AzuriteMode
from release.errors import ReleaseError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Proves an Azure data ingestion system before it sails.",
)
console = Console(highlight=False, soft_wrap=True)
complaints = Console(stderr=True, highlight=False, soft_wrap=True)

StateOption = Annotated[Path, typer.Option(help="The folder that keeps the cloud's state.", file_okay=False)]
AzuriteOption = Annotated[
    str, typer.Option(envvar="DRYDOCK_AZURITE", help="How Blob storage runs: auto, process or container.")
]


def main() -> None:
    """Run the command; an error that says what is wrong is one clear paragraph and exit code 1."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        from drydock.failures import is_known  # the errors of every room are only looked at when there is one

        if not is_known(error):
            raise
        complaints.print(f"[red]drydock:[/red] {escape(str(error))}")
        sys.exit(1)


def _azurite_mode(text: str) -> AzuriteMode:
    if text not in ("auto", "process", "container"):
        raise typer.BadParameter(f"'{text}' is none of auto, process, container", param_hint="--azurite")
    return text  # type: ignore[return-value] # one of the three, as just checked


@app.command()
def up(
    state: StateOption = DEFAULT_STATE,
    detach: Annotated[
        bool, typer.Option("--detach", help="Return when everything is ready; 'drydock down' ends it.")
    ] = False,
    azurite: AzuriteOption = "auto",
    virtual_time: Annotated[
        bool, typer.Option("--virtual-time", help="Waits take no time; 'drydock time' lets schedules come due.")
    ] = False,
    start: Annotated[
        str | None, typer.Option(help="With --virtual-time: the moment to begin at, in ISO 8601; now unless given.")
    ] = None,
    plain: Annotated[bool, typer.Option("--plain", hidden=True)] = False,
    tied: Annotated[bool, typer.Option("--tied", hidden=True)] = False,
) -> None:
    """Run the local cloud until interrupted."""
    from drydock.up import run_until_interrupted, start_detached
    from drydock.virtual_time import virtual_clock

    mode = _azurite_mode(azurite)
    state = state.resolve()
    project = Project.find()
    if start is not None and not virtual_time:
        raise typer.BadParameter("real time cannot be chosen: give --virtual-time too", param_hint="--start")
    if detach:
        arguments = ["--state", str(state), "--azurite", mode]
        arguments += ["--virtual-time"] if virtual_time else []
        arguments += ["--start", start] if start is not None else []
        cloud = start_detached(arguments, state, _step)
        _say_how_to_go_on(state, cloud.environment)
        return

    def progress(text: str) -> None:
        if plain:
            print(text, flush=True)
        elif text == "ready":
            _say_how_to_go_on(state, None)
            console.print("Ctrl-C ends it.")
        else:
            _step(text)

    clock = virtual_clock(state, start) if virtual_time else None
    settings = project.cloud_settings(state, mode)
    asyncio.run(run_until_interrupted(settings, state, progress, tied=tied, clock=clock))


def _step(text: str) -> None:
    if text not in ("ready", "ending"):
        console.print(f"[green]✓[/green] {text}")


def _say_how_to_go_on(state: Path, environment: dict[str, str] | None) -> None:
    shown = shlex.quote(str(state))
    console.print(f"The local cloud is up. Its state is in {state}.")
    console.print(f'  clients:  eval "$(drydock env --state {shown})"')
    console.print(f"  deploy:   drydock deploy --env local --state {shown}")
    console.print(f"  a file:   drydock drop FILE --state {shown}")
    if environment is not None:
        console.print(f"  end:      drydock down --state {shown}")


@app.command()
def down(state: StateOption = DEFAULT_STATE) -> None:
    """End the local cloud on a state folder."""
    from drydock.up import stop

    stop(state.resolve())
    console.print("The local cloud has ended.")


@app.command()
def time(
    by: Annotated[str | None, typer.Option(help="Let this much time pass: 7d, 36h, 1d12h30m.")] = None,
    to: Annotated[str | None, typer.Option(help="Let time pass to this moment, in ISO 8601.")] = None,
    state: StateOption = DEFAULT_STATE,
) -> None:
    """Tell the time of a local cloud on virtual time, or let time pass: what is due until then happens."""
    from drydock.clock import CloudClock, clock_of, read_duration
    from drydock.target import LOCAL, target
    from drydock.virtual_time import read_moment
    from release.connection import Connection

    with target(Project.find(), LOCAL, state.resolve()) as environment:
        clock = clock_of(environment, Connection(environment))
        if by is not None or to is not None:
            if not isinstance(clock, CloudClock):
                raise ReleaseError("this cloud runs on real time: start it with 'drydock up --virtual-time'")
            clock.pass_time(by=read_duration(by) if by else None, to=read_moment(to) if to else None)
        console.print(f"{clock.now():%Y-%m-%dT%H:%M:%S}Z")


@app.command()
def env(
    state: StateOption = DEFAULT_STATE,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON object instead of export lines.")] = False,
) -> None:
    """Print what an unmodified client needs to find and trust the local cloud."""
    from drydock.up import RunningCloud

    variables = RunningCloud.find(state.resolve()).environment
    if as_json:
        print(json.dumps(variables, indent=2))
        return
    for name, value in variables.items():
        print(f"export {name}={shlex.quote(value)}")


@app.command()
def deploy(
    environment: Annotated[str, typer.Option("--env", help="The environment: a file in environments/.")],
    state: StateOption = DEFAULT_STATE,
) -> None:
    """Deploy the notebooks and the factory to a cloud."""
    from drydock.target import target
    from release.deploy import deploy as deploy_to

    with target(Project.find(), environment, state.resolve()) as cloud:
        deploy_to(cloud, Project.find().folder, _step)


@app.command()
def drop(
    file: Annotated[Path, typer.Argument(help="The file to put into the input container.", dir_okay=False)],
    environment: Annotated[str, typer.Option("--env", help="The environment: a file in environments/.")] = "local",
    state: StateOption = DEFAULT_STATE,
    name: Annotated[str | None, typer.Option(help="The blob's name; the file's own unless given.")] = None,
    wait: Annotated[bool, typer.Option(help="Watch until the pipeline run has ended.")] = True,
) -> None:
    """Drop a file into the input container and watch what becomes of it."""
    from drydock.road import Road
    from drydock.target import target

    if not file.is_file():
        raise ReleaseError(f"{file}: there is no such file")
    with target(Project.find(), environment, state.resolve()) as cloud:
        road = Road(cloud, console)
        arrival = road.drop(file, name or file.name)
        if wait and not road.watch(arrival).succeeded:
            raise typer.Exit(1)


@app.command()
def demo(
    rows: Annotated[int, typer.Option(min=1, help="How many driver records the dropped file holds.")] = 20_000,
    state: Annotated[
        Path | None, typer.Option(help="Keep the cloud's state here; a temporary folder unless given.")
    ] = None,
    azurite: AzuriteOption = "auto",
) -> None:
    """Start the local cloud, deploy to it, drop a file and show how it becomes a trained model."""
    from drydock.demo import run_demo

    if not run_demo(Project.find(), rows, state, _azurite_mode(azurite), console):
        raise typer.Exit(1)


@app.command()
def support(
    area: Annotated[
        str | None,
        typer.Argument(help="activity, trigger, linked service, dataset, function or operation; all unless given."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON array instead of text.")] = False,
) -> None:
    """What the local Data Factory can do, made from its code, and the test that proves each row."""
    from drydock.support import show_support

    show_support(area, console, as_json=as_json)


@app.command()
def evaluate(
    expression: Annotated[str | None, typer.Argument(help="An expression, as it stands in a factory's JSON.")] = None,
    context: Annotated[
        Path | None, typer.Option(help="A JSON file: what pipeline(), variables, activities … answer.", dir_okay=False)
    ] = None,
    batch: Annotated[
        Path | None, typer.Option(help='A JSON file {"context": …, "vectors": [{"expr": …}]}.', dir_okay=False)
    ] = None,
) -> None:
    """Evaluate an expression of Data Factory's language; without one, ask for expressions at a prompt."""
    from drydock import evaluation

    if expression is not None and batch is not None:
        raise typer.BadParameter("give an expression or --batch, not both")
    if batch is not None:
        evaluation.evaluate_file(batch, sys.stdout)
    elif expression is None:
        evaluation.prompt(context, sys.stdin, sys.stdout)
    elif not evaluation.evaluate_one(expression, context, sys.stdout, sys.stderr):
        raise typer.Exit(1)
