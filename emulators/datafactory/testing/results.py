"""How a tested run went: one object per run, one per attempt of an activity, readable when an assertion fails."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from emulators.datafactory.engine.timestamps import milliseconds


@dataclass
class ActivityResult:
    """One attempt of an activity, as it ended; attribute names of azure-mgmt-datafactory where it has them."""

    activity_name: str
    activity_type: str
    status: str
    input: Any = None
    """The activity's JSON with its expressions evaluated: `typeProperties`, `linkedServiceName`, …"""
    output: Any = None
    error: dict[str, Any] = field(default_factory=dict)
    start: datetime | None = None
    end: datetime | None = None
    attempt: int = 0
    iteration: str | None = None
    activity_run_id: str | None = None
    user_properties: dict[str, Any] = field(default_factory=dict)

    @property
    def activity_run_start(self) -> datetime | None:
        return self.start

    @property
    def activity_run_end(self) -> datetime | None:
        return self.end

    @property
    def duration_in_ms(self) -> int | None:
        return milliseconds(self.start, self.end)

    @property
    def message(self) -> str:
        """The error's message, empty without one."""
        return str(self.error.get("message", ""))

    def __str__(self) -> str:
        where = f" in {self.iteration}" if self.iteration else ""
        again = f" (attempt {self.attempt + 1})" if self.attempt else ""
        why = f": {self.message}" if self.message else ""
        return f"{self.activity_name} [{self.activity_type}]{where}{again} {self.status}{why}"


class RunStatus(str):
    """A run's status; it knows its run, so that a failed assertion can show what happened (see pytest_plugin)."""

    run: "RunResult"


@dataclass
class RunResult:
    """A pipeline run as it ended. `activities` are in order of start; skipped ones stand where they were skipped."""

    pipeline_name: str
    run_id: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    state: str = "Queued"
    error: str | None = None
    return_value: dict[str, Any] | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    """The variables' values at the end."""
    duration: timedelta = timedelta()
    activities: list[ActivityResult] = field(default_factory=list)
    children: list["RunResult"] = field(default_factory=list)
    """The runs that Execute Pipeline activities started, in order of start."""

    @property
    def status(self) -> RunStatus:
        """Succeeded, Failed or Cancelled."""
        status = RunStatus(self.state)
        status.run = self
        return status

    def __getitem__(self, name: str) -> ActivityResult:
        """The last attempt of the activity of that name; of the last iteration when it ran in a loop."""
        found = self.all(name)
        if not found:
            known = ", ".join(dict.fromkeys(activity.activity_name for activity in self.activities)) or "none"
            raise KeyError(f"no activity '{name}' started or was skipped in '{self.pipeline_name}'; there are: {known}")
        return found[-1]

    def all(self, name: str) -> list[ActivityResult]:
        """Every attempt and iteration of the activity of that name, in order of start."""
        return [activity for activity in self.activities if activity.activity_name.lower() == name.lower()]

    def __contains__(self, name: str) -> bool:
        return bool(self.all(name))

    def __str__(self) -> str:
        lines = [f"{self.pipeline_name} {self.state} after {self.duration}"]
        if self.error:
            lines.append(f"  {self.error}")
        lines += [f"  {activity}" for activity in self.activities]
        for child in self.children:
            lines += [f"  {line}" for line in str(child).splitlines()]
        return "\n".join(lines)

    __repr__ = __str__
