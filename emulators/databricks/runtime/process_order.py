"""What the runner tells a run's process and what it hears back: JSON on standard input, JSON in a file.

The order carries a token, so it travels neither on the command line nor in the environment.
"""

import dataclasses
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emulators.databricks.runtime.runs import NotebookRunSpec, PythonRunSpec, RunContext, RunSpec


@dataclass(frozen=True)
class ProcessOrder:
    """Do this, attached there, in that folder."""

    spec: RunSpec
    gateway_port: int
    gateway_token: str
    run_folder: str
    dbfs_root: str
    proxy: str | None
    ca_pem: str | None

    def to_json(self) -> str:
        return json.dumps({"kind": type(self.spec).__name__, **dataclasses.asdict(self)})

    @classmethod
    def from_json(cls, text: str) -> "ProcessOrder":
        values = json.loads(text)
        spec, kind = values["spec"], _KINDS[values.pop("kind")]
        return cls(**values | {"spec": kind(**spec | {"context": RunContext(**spec["context"])})})


_KINDS: dict[str, type[NotebookRunSpec | PythonRunSpec]] = {
    kind.__name__: kind for kind in (NotebookRunSpec, PythonRunSpec)
}


@dataclass(frozen=True)
class ProcessReport:
    """How the run ended, told by its own process; a process that dies leaves none."""

    succeeded: bool
    exit_value: str | None = None
    error: str | None = None
    error_trace: str | None = None
    peak_memory_bytes: int | None = None
    task_values: dict[str, Any] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Leave the report in the run's folder, whole or not at all."""
        unfinished = folder / f"{_REPORT}.{os.getpid()}"
        unfinished.write_text(json.dumps(dataclasses.asdict(self)))
        unfinished.replace(folder / _REPORT)

    @classmethod
    def read(cls, folder: Path) -> "ProcessReport | None":
        path = folder / _REPORT
        return cls(**json.loads(path.read_text())) if path.exists() else None


_REPORT = "report.json"
