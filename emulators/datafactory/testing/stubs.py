"""Stubs: what a test says instead of the services that activities would call."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from emulators.datafactory.engine.activity import Activity
from emulators.datafactory.engine.graph import ActivityDefinition


class MissingStub(AssertionError):
    """An activity would have to leave the engine and the test gives no stub for it."""


class UnknownStub(AssertionError):
    """A stub is given for something that no pipeline of the factory has: most likely misspelt."""


@dataclass(frozen=True)
class Answer:
    """A stub's success: the activity's output, and how much virtual time it takes."""

    output: Any = None
    takes: timedelta = timedelta()


@dataclass
class Failure(Exception):
    """A stub's failure, returned or raised: the message and code that the activity shows."""

    message: str = "stubbed failure"
    code: str = "2000"
    failure_type: str = "UserError"
    output: Any = None
    takes: timedelta = timedelta()

    __hash__ = Exception.__hash__


class Never:
    """A stub that does not answer: the activity runs into its timeout."""


NEVER = Never()

Stub = Any
"""An output (a JSON object), `Answer`, `Failure`, `NEVER`, a function of the `Activity` that gives one of these, or a
list of them for one call after the other."""


class Stubs:
    """Finds the stub of an activity and plays it."""

    def __init__(self, stubs: Mapping[str, Stub]) -> None:
        self._stubs = {name.lower(): stub for name, stub in stubs.items()}
        self._played: dict[str, Iterator[Stub]] = {}

    def key_of(self, name: str, kind: str) -> str | None:
        return next((key for key in (name.lower(), kind.lower()) if key in self._stubs), None)

    def replaces(self, activity: ActivityDefinition) -> bool:
        """Whether a stub stands for this activity although the engine could run it; containers always run."""
        return not activity.graphs and self.key_of(activity.name, activity.type) is not None

    def play(self, activity: Activity) -> Answer | Failure | Never:
        key = self.key_of(activity.name, activity.type)
        if key is None:
            raise MissingStub(
                f"'{activity.name}' of type {activity.type} in pipeline '{activity.pipeline_name}' would run outside "
                f"of the engine; give stubs={{'{activity.name}': …}} or stubs={{'{activity.type}': …}}. "
                f"Its evaluated input: {activity.evaluated()}"
            )
        return self._answer(self._next(key), activity)

    def _next(self, key: str) -> Stub:
        stub = self._stubs[key]
        if not isinstance(stub, list | tuple):
            return stub
        try:
            return next(self._played.setdefault(key, iter(stub)))
        except StopIteration:
            raise MissingStub(f"the stub '{key}' has {len(stub)} answers and was asked once more") from None

    def _answer(self, stub: Stub, activity: Activity) -> Answer | Failure | Never:
        if isinstance(stub, Answer | Failure | Never):
            return stub
        if isinstance(stub, type) and issubclass(stub, Failure):
            return stub()
        if callable(stub):
            try:
                return self._answer(stub(activity), activity)
            except Failure as failure:
                return failure
        return Answer(stub)
