"""A run's folder, and what of it can be asked for afterwards.

The folder is the working folder of the run's steps: a copy of the definition's folder, with `outputs/` and `logs/`.
What lies in those two, and what a script uploaded under another name, are the run's artifacts.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from emulators.azureml.errors import NotFound, UserError

LOG = "logs/user_logs/std_log.txt"
"""Where a run's captured output is asked for (as in Azure ML)."""

_KEPT = ("outputs", "logs")
_UPLOADS = "uploads"
_OWN = frozenset({*_KEPT, _UPLOADS, "inputs"})
_SNAPSHOT_LIMIT = 300 * 1024 * 1024


class SnapshotTooLarge(Exception):
    """The scripts' folder holds more than Azure ML takes as a snapshot (300 MB, documented)."""

    def __init__(self, sources: Path) -> None:
        super().__init__(
            f"The folder of the pipeline's definition, {sources}, holds more than {_SNAPSHOT_LIMIT >> 20} MB; "
            "keep only the definition and its scripts there."
        )


class RunFolder:
    """The folder of one run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.outputs = root / "outputs"
        self.inputs = root / "inputs"
        self.log = root / LOG

    def prepare(self, sources: Path) -> None:
        """Copy the step scripts in, so that an edit during the run changes nothing, and make the run's own folders.

        Raises SnapshotTooLarge.
        """
        left = _SNAPSHOT_LIMIT
        for file in self._snapshot(sources):
            left -= file.stat().st_size
            if left < 0:
                raise SnapshotTooLarge(sources)
            target = self.root / file.relative_to(sources)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, target)
        for folder in (self.outputs, self.inputs, self.log.parent):
            folder.mkdir(parents=True, exist_ok=True)

    def _snapshot(self, sources: Path) -> Iterator[Path]:
        """The files a run works with: no hidden ones, no caches, and never the runs' own folders below `sources`."""
        for folder, names, files in os.walk(sources):
            base = Path(folder)
            own = _OWN if base == sources else frozenset()
            names[:] = [
                name for name in names if _is_source(name) and name not in own and not self._holds_runs(base / name)
            ]
            yield from (base / file for file in files if not file.startswith("."))

    def _holds_runs(self, folder: Path) -> bool:
        return self.root.parent.resolve().is_relative_to(folder.resolve())

    def artifacts(self) -> Iterator[tuple[str, Path]]:
        """Every artifact's path and file, in order. A link that leads out of the folder is none."""
        for base, prefix in self._bases():
            if base.is_dir():
                for file in sorted(base.rglob("*")):
                    if file.is_file() and file.resolve().is_relative_to(base.resolve()):
                        yield f"{prefix}{file.relative_to(base).as_posix()}", file

    def find(self, path: str) -> Path:
        """The file of an artifact. Raises NotFound, also for paths that lead out of the folder."""
        for base, prefix in self._bases():
            if path.startswith(prefix):
                file = (base / path.removeprefix(prefix)).resolve()
                if file.is_relative_to(base.resolve()) and file.is_file():
                    return file
        raise NotFound("The artifact", path)

    def upload_target(self, path: str) -> Path:
        """Where an uploaded artifact is written. Raises UserError for a path that leads out, or is taken."""
        parts = PurePosixPath(path).parts
        if not parts or path.startswith("/") or ".." in parts or "\0" in path:
            raise UserError(f"An artifact cannot be called '{path}'.")
        target = self.root / _UPLOADS / PurePosixPath(*parts)
        if target.exists():
            raise UserError(f"The run has an artifact '{path}' already.")
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def _bases(self) -> Iterator[tuple[Path, str]]:
        for name in _KEPT:
            yield self.root / name, f"{name}/"
        yield self.root / _UPLOADS, ""


def _is_source(folder: str) -> bool:
    return folder != "__pycache__" and not folder.startswith(".")
