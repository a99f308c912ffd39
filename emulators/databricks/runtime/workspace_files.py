"""The notebook's folder on disk.

Workspace files beside a notebook can be imported and opened, as on runtime 14 and later.

The files are copied when the run starts. Notebooks are not files: `%run` finds them in the workspace.
"""

import posixpath
from pathlib import Path

from emulators.databricks.runtime.workspace_client import WorkspaceClient

_MOST_FILES = 2000


def materialise(workspace: WorkspaceClient, folder: str, target: Path) -> None:
    """Copy all files below a workspace folder into `target`."""
    copied = 0
    waiting = [(folder, target)]
    while waiting:
        source, place = waiting.pop()
        place.mkdir(parents=True, exist_ok=True)
        for entry in workspace.list_folder(source):
            name = posixpath.basename(entry.path)
            if entry.kind == "DIRECTORY":
                waiting.append((entry.path, place / name))
            elif entry.kind == "FILE":
                copied += 1
                if copied > _MOST_FILES:
                    raise ValueError(
                        f"{folder} holds more than {_MOST_FILES} workspace files; keep notebooks in a smaller folder."
                    )
                (place / name).write_bytes(workspace.export_file(entry.path))
