"""What an export gives: source, Jupyter, or for a folder a zip of everything in it."""

import io
import posixpath
import zipfile
from dataclasses import dataclass

from emulators.databricks.errors import InvalidParameterValue, NotSupported
from emulators.databricks.workspace import jupyter
from emulators.databricks.workspace.tree import WorkspaceObject, WorkspaceTree

_FORMATS = ("SOURCE", "AUTO", "JUPYTER", "RAW")
_UNSUPPORTED = ("DBC", "HTML", "R_MARKDOWN")


@dataclass(frozen=True)
class Exported:
    """Bytes to hand out; `file_type` is the extension without its dot."""

    content: bytes
    file_type: str


def exported(tree: WorkspaceTree, path: str, format_name: str) -> Exported:
    """The export of a notebook, file or folder. Raises NotSupported for DBC, HTML and R_MARKDOWN, by name."""
    wanted = format_name or "SOURCE"
    if wanted in _UNSUPPORTED:
        raise NotSupported(
            f"The databricks emulator cannot export the format {wanted}. "
            "Use SOURCE, JUPYTER or AUTO, or add it to emulators/databricks/workspace/exports.py."
        )
    if wanted not in _FORMATS:
        raise InvalidParameterValue(f"Unknown export format '{wanted}': use SOURCE, JUPYTER or AUTO.")
    found = tree.get(path)
    if found.object_type == "DIRECTORY":
        return Exported(_archive(tree, found), "zip")
    return _single(tree, found, wanted)


def _single(tree: WorkspaceTree, found: WorkspaceObject, wanted: str) -> Exported:
    content, language = tree.content(found.path), found.notebook_language
    if language is None:
        return Exported(content, posixpath.splitext(found.path)[1].lstrip("."))
    if wanted == "JUPYTER":
        return Exported(jupyter.from_source(content, language), "ipynb")
    return Exported(content, language.extension.lstrip("."))


def _archive(tree: WorkspaceTree, folder: WorkspaceObject) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for item in tree.below(folder.path):
            name = posixpath.relpath(item.path, folder.path)
            if item.object_type == "DIRECTORY":
                archive.writestr(name + "/", b"")
            else:
                language = item.notebook_language
                archive.writestr(name + (language.extension if language else ""), tree.content(item.path))
    return buffer.getvalue()
