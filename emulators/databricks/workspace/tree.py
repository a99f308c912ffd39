"""The objects of the workspace by path, durable, contents apart from what describes them."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from emulators.databricks.arguments import decoded, encoded
from emulators.databricks.errors import (
    BadRequest,
    DirectoryNotEmpty,
    InvalidParameterValue,
    ResourceAlreadyExists,
    ResourceDoesNotExist,
)
from emulators.databricks.moments import milliseconds
from emulators.databricks.sequence import Sequence
from emulators.databricks.workspace.imports import Item
from emulators.databricks.workspace.languages import LANGUAGES, Language
from emulators.databricks.workspace.paths import ancestors, normal, parent
from emulators.kernel.clock import Clock
from emulators.kernel.store import DocumentStore

_OBJECT, _CONTENT = "databricks.workspace-object", "databricks.workspace-content"


@dataclass(frozen=True)
class WorkspaceObject:
    """A folder, notebook or file. Times are epoch milliseconds; `size` is the content's bytes (0 for a folder)."""

    object_id: int
    path: str
    object_type: str
    language: str | None
    size: int
    created_at: int
    modified_at: int

    @property
    def notebook_language(self) -> Language | None:
        return LANGUAGES[self.language] if self.language else None


class WorkspaceTree:
    """All workspace objects. Every path argument may have the long or the short form."""

    def __init__(self, store: DocumentStore, clock: Clock, ids: Sequence, user_name: str) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._objects = {path: WorkspaceObject(**document) for path, document in store.list(_OBJECT)}
        for standard in ("/Shared", f"/Users/{user_name}", f"/Repos/{user_name}"):
            self.make_directories(standard)

    def get(self, path: str) -> WorkspaceObject:
        """Raises ResourceDoesNotExist."""
        if (found := self.find(path)) is None:
            raise ResourceDoesNotExist(f"Path ({path}) doesn't exist.")
        return found

    def find(self, path: str) -> WorkspaceObject | None:
        return self._objects.get(normal(path))

    def children(self, path: str) -> list[WorkspaceObject]:
        """What lies directly in a folder, by name; a notebook or file lists itself, as on Databricks."""
        found = self.get(path)
        if found.object_type != "DIRECTORY":
            return [found]
        return sorted(
            (item for item in self._objects.values() if item.path != "/" and parent(item.path) == found.path),
            key=lambda item: item.path,
        )

    def below(self, path: str) -> Iterator[WorkspaceObject]:
        """Everything under a folder, at any depth, by path."""
        prefix = normal(path).rstrip("/") + "/"
        return (self._objects[each] for each in sorted(self._objects) if each.startswith(prefix) and each != "/")

    def content(self, path: str) -> bytes:
        """The bytes of a notebook (source form) or file."""
        found = self.get(path)
        document = self._store.get(_CONTENT, str(found.object_id))
        return b"" if document is None else decoded(document["content"], "content")

    def make_directories(self, path: str) -> None:
        """Make a folder and all above it. Raises ResourceAlreadyExists when one of them is no folder."""
        wanted = normal(path)
        for each in [*ancestors(wanted), wanted]:
            present = self._objects.get(each)
            if present is None:
                self._write(self._fresh(each, "DIRECTORY", None, 0))
            elif present.object_type != "DIRECTORY":
                raise ResourceAlreadyExists(f"The given path {each} already exists and is not a folder.")

    def write(self, item: Item, *, overwrite: bool) -> WorkspaceObject:
        """Create or replace a notebook or file.

        Raises ResourceDoesNotExist (no parent folder), ResourceAlreadyExists, InvalidParameterValue (type mismatch).
        """
        path = normal(item.path)
        self._require_folder(path)
        kind = "FILE" if item.language is None else "NOTEBOOK"
        present = self._objects.get(path)
        if present is not None:
            _require_replaceable(present, kind, overwrite)
        fresh = self._fresh(path, kind, item.language, len(item.content), present)
        self._store.put(_CONTENT, str(fresh.object_id), {"content": encoded(item.content)})
        self._write(fresh)
        return fresh

    def delete(self, path: str, *, recursive: bool) -> None:
        """Raises ResourceDoesNotExist, DirectoryNotEmpty, and BadRequest for the root."""
        found = self.get(path)
        if found.path == "/":
            raise BadRequest("The root folder cannot be deleted.")
        doomed = [*self.below(found.path)] if found.object_type == "DIRECTORY" else []
        if doomed and not recursive:
            raise DirectoryNotEmpty(f"Folder ({path}) is not empty")
        for item in [*reversed(doomed), found]:
            self._store.delete(_OBJECT, item.path)
            self._store.delete(_CONTENT, str(item.object_id))
            del self._objects[item.path]

    def _require_folder(self, path: str) -> None:
        folder = self._objects.get(parent(path))
        if folder is None:
            raise ResourceDoesNotExist(f"The parent folder ({parent(path)}) does not exist.")
        if folder.object_type != "DIRECTORY":
            raise InvalidParameterValue(f"The parent ({parent(path)}) is not a folder.")

    def _fresh(
        self, path: str, kind: str, language: Language | None, size: int, before: WorkspaceObject | None = None
    ) -> WorkspaceObject:
        now = milliseconds(self._clock.now())
        return WorkspaceObject(
            object_id=before.object_id if before else self._ids.next(),
            path=path,
            object_type=kind,
            language=language.name if language else None,
            size=size,
            created_at=before.created_at if before else now,
            modified_at=now,
        )

    def _write(self, item: WorkspaceObject) -> None:
        self._objects[item.path] = item
        self._store.put(_OBJECT, item.path, asdict(item))


def _require_replaceable(present: WorkspaceObject, kind: str, overwrite: bool) -> None:
    if present.object_type == "DIRECTORY":
        raise ResourceAlreadyExists(f"Path ({present.path}) already exists and is a folder.")
    if not overwrite:
        raise ResourceAlreadyExists(f"Path ({present.path}) already exists. Pass overwrite as true to replace it.")
    if present.object_type != kind:
        raise InvalidParameterValue(
            f"Cannot overwrite the asset at {present.path} due to type mismatch "
            f"(asked: {kind}, actual: {present.object_type})"
        )
