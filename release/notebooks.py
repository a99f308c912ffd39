"""Deploying the notebooks: the notebooks and, beside them, the package they import, as workspace files.

A notebook's own folder is on its module path (Databricks runtime 14 and later), so the package needs no wheel.
What was uploaded is read back: a notebook must have become a notebook at the path that the factory names
(contract C3), and what an earlier deployment left behind and the source no longer has is removed.
"""

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound
from databricks.sdk.service.workspace import ImportFormat, ObjectType

from release.errors import ReleaseError

NOTEBOOK_HEADER = "# Databricks notebook source"

Progress = Callable[[str], None]


@dataclass(frozen=True)
class WorkspaceUpload:
    """A file to upload: where it is, where it goes, and what it must become there."""

    source: Path
    target: str
    is_notebook: bool

    @property
    def object_path(self) -> str:
        """The path of the workspace object: a notebook loses its extension."""
        return self.target.removesuffix(".py") if self.is_notebook else self.target


def uploads(package: Path, folder: str) -> tuple[WorkspaceUpload, ...]:
    """What a package folder with a `notebooks/` folder in it becomes below the workspace folder.

    Raises ReleaseError for a notebook without its header: it would be deployed as a plain file.
    """
    return tuple(_notebooks(package, folder)) + tuple(_modules(package, folder))


def _notebooks(package: Path, folder: str) -> Iterator[WorkspaceUpload]:
    for path in sorted((package / "notebooks").glob("*.py")):
        with path.open(encoding="utf-8") as file:
            first_line = file.readline().rstrip("\r\n")
        if first_line != NOTEBOOK_HEADER:
            raise ReleaseError(f"{path}: line 1: {NOTEBOOK_HEADER!r} is expected, or it is deployed as a plain file")
        yield WorkspaceUpload(path, f"{folder}/{path.name}", is_notebook=True)


def _modules(package: Path, folder: str) -> Iterator[WorkspaceUpload]:
    for path in sorted(package.rglob("*.py")):
        relative = path.relative_to(package)
        if relative.parts[0] != "notebooks":
            yield WorkspaceUpload(path, f"{folder}/{package.name}/{relative.as_posix()}", is_notebook=False)


class NotebookDeployment:
    """Brings one workspace folder to the state of the source."""

    def __init__(self, client: WorkspaceClient, folder: str, package: Path, progress: Progress) -> None:
        self._client = client
        self._folder = folder.rstrip("/")
        self._package = package
        self._progress = progress

    def run(self) -> None:
        """Upload, remove what is no longer in the source, and read back. Raises ReleaseError."""
        wanted = uploads(self._package, self._folder)
        for folder in sorted({upload.target.rpartition("/")[0] for upload in wanted}):
            self._client.workspace.mkdirs(folder)
        for upload in wanted:
            self._client.workspace.upload(
                upload.target, io.BytesIO(upload.source.read_bytes()), format=ImportFormat.AUTO, overwrite=True
            )
        self._remove_leftovers({upload.object_path for upload in wanted})
        for upload in wanted:
            self._check(upload)
        self._progress(f"{sum(upload.is_notebook for upload in wanted)} notebooks and their package in {self._folder}")

    def _remove_leftovers(self, wanted: set[str]) -> None:
        for entry in self._client.workspace.list(self._folder, recursive=True):
            if entry.path and entry.path not in wanted and entry.object_type != ObjectType.DIRECTORY:
                self._client.workspace.delete(entry.path)
                self._progress(f"removed {entry.path}, which the source no longer has")

    def _check(self, upload: WorkspaceUpload) -> None:
        expected = ObjectType.NOTEBOOK if upload.is_notebook else ObjectType.FILE
        try:
            found = self._client.workspace.get_status(upload.object_path).object_type
        except NotFound as error:
            raise ReleaseError(f"{upload.source}: after the upload there is no {upload.object_path}") from error
        if found != expected:
            raise ReleaseError(f"{upload.source}: {upload.object_path} became {found}, not {expected}")


def deploy_secrets(client: WorkspaceClient, scope: str, secrets: Mapping[str, str], progress: Progress) -> None:
    """Write secrets into a Databricks-backed scope, making the scope when it is not there."""
    if not secrets:
        return
    if scope not in {known.name for known in client.secrets.list_scopes()}:
        client.secrets.create_scope(scope)
    for key, value in secrets.items():
        client.secrets.put_secret(scope, key, string_value=value)
    progress(f"secret scope {scope}: {', '.join(secrets)}")
