"""What an import makes of its bytes: a notebook or a file, under which path, in which language.

SOURCE makes a notebook of anything and keeps the path. AUTO and the workspace-files API look: a source file whose
first line is the notebook header, and every `.ipynb`, becomes a notebook and loses its extension; all else is a file.
"""

import posixpath
from dataclasses import dataclass

from emulators.databricks.errors import InvalidParameterValue, MaxNotebookSizeExceeded, NotSupported
from emulators.databricks.workspace import jupyter
from emulators.databricks.workspace.languages import LANGUAGES, Language, is_notebook_source, language_of

MAX_CONTENT = 10 * 1024 * 1024
_UNSUPPORTED = ("DBC", "HTML", "R_MARKDOWN")


@dataclass(frozen=True)
class Item:
    """What is to be written. `language` is None for a plain file."""

    path: str
    language: Language | None
    content: bytes


def imported(path: str, content: bytes, format_name: str, language_name: str) -> Item:
    """The item that an import of `content` at `path` makes.

    Raises InvalidParameterValue, MaxNotebookSizeExceeded (10 MB, documented), NotSupported (DBC, HTML, R_MARKDOWN).
    """
    if len(content) > MAX_CONTENT:
        raise MaxNotebookSizeExceeded(
            f"The content of {path} has {len(content)} bytes; the Workspace API takes at most {MAX_CONTENT}."
        )
    match format_name or "SOURCE":
        case "SOURCE":
            return _from_source(path, content, language_name)
        case "AUTO":
            return sniffed(path, content)
        case "JUPYTER":
            return _from_jupyter(path, content)
        case "RAW":
            return Item(path, None, content)
        case other if other in _UNSUPPORTED:
            raise NotSupported(
                f"The databricks emulator cannot import the format {other}. "
                "Use SOURCE, JUPYTER, AUTO or RAW, or add it to emulators/databricks/workspace/imports.py."
            )
        case other:
            raise InvalidParameterValue(f"Unknown import format '{other}': use SOURCE, JUPYTER, AUTO or RAW.")


def sniffed(path: str, content: bytes) -> Item:
    """A notebook or a file, by extension and first line."""
    stem, extension = posixpath.splitext(path)
    if extension.lower() == ".ipynb":
        return _from_jupyter(stem, content)
    language = language_of(path)
    if language is not None and is_notebook_source(content, language):
        return Item(stem, language, content)
    return Item(path, None, content)


def _from_source(path: str, content: bytes, language_name: str) -> Item:
    if not language_name:
        raise InvalidParameterValue("The field 'language' is required when the format is SOURCE.")
    language = LANGUAGES.get(language_name)
    if language is None:
        raise InvalidParameterValue(f"Unknown language '{language_name}': use {', '.join(LANGUAGES)}.")
    if not is_notebook_source(content, language):
        # a notebook in source form always carries its header; Databricks shows it on export
        content = f"{language.header}\n".encode() + content
    return Item(path, language, content)


def _from_jupyter(path: str, content: bytes) -> Item:
    document = jupyter.parsed(content)
    language = jupyter.language_of_notebook(document)
    return Item(path, language, jupyter.to_source(document, language))
