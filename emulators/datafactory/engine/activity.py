"""An activity about to run, everything evaluated, and how it came out: what handlers and stubs see and return."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from emulators.datafactory.engine.errors import ActivityError
from emulators.datafactory.engine.resources import Resources

Reference = Mapping[str, Any]
"""`{"referenceName": …, "type": …, "parameters": {…}}`, the parameters evaluated."""


@dataclass(frozen=True)
class Activity:
    """One attempt of an execution activity."""

    name: str
    type: str
    type_properties: Mapping[str, Any]
    resources: Resources
    pipeline_name: str
    pipeline_run_id: str
    activity_run_id: str
    attempt: int = 0
    """0 for the first attempt, then 1, 2, …"""
    linked_service: Reference | None = None
    inputs: tuple[Reference, ...] = ()
    outputs: tuple[Reference, ...] = ()
    timeout: timedelta = timedelta(hours=12)
    user_properties: Mapping[str, Any] = field(default_factory=dict)

    def evaluated(self) -> dict[str, Any]:
        """The activity's JSON with every expression replaced by its value."""
        shown: dict[str, Any] = {"typeProperties": dict(self.type_properties)}
        if self.linked_service is not None:
            shown["linkedServiceName"] = dict(self.linked_service)
        if self.inputs:
            shown["inputs"] = [dict(reference) for reference in self.inputs]
        if self.outputs:
            shown["outputs"] = [dict(reference) for reference in self.outputs]
        return shown


@dataclass(frozen=True)
class Succeeded:
    """The attempt succeeded with this output (a JSON object)."""

    output: Any = None


@dataclass(frozen=True)
class Failed:
    """The attempt failed; some activities give an output all the same."""

    error: ActivityError
    output: Any = None


@dataclass(frozen=True)
class Stopped:
    """The attempt ended because it was told to stop."""


Result = Succeeded | Failed | Stopped
