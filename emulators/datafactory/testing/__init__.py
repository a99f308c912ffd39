"""Unit tests of pipelines: run one on virtual time, its outside activities replaced by stubs, in milliseconds.

    factory = Factory.load("adf")
    run = factory.run("ingest", parameters={"fileName": "a.csv"}, stubs={"DatabricksNotebook": {"runOutput": "ok"}})
    assert run.status == "Succeeded"
    assert run["PrepareData"].input["typeProperties"]["baseParameters"]["file_name"] == "a.csv"

It is the engine of the emulator itself, without server, sockets or event loop. What is not stubbed and would have
to leave the engine ends the test, by name.
"""

from emulators.datafactory.engine.errors import RunRefused
from emulators.datafactory.engine.resources import InvalidResource
from emulators.datafactory.expressions import ExpressionError
from emulators.datafactory.testing.factory import START, Factory
from emulators.datafactory.testing.results import ActivityResult, RunResult, RunStatus
from emulators.datafactory.testing.stubs import NEVER, Answer, Failure, MissingStub, Never, Stub, UnknownStub

__all__ = [
    "NEVER",
    "START",
    "ActivityResult",
    "Answer",
    "ExpressionError",
    "Factory",
    "Failure",
    "InvalidResource",
    "MissingStub",
    "Never",
    "RunRefused",
    "RunResult",
    "RunStatus",
    "Stub",
    "UnknownStub",
]
