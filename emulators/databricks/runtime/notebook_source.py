"""Notebook text in, cells out: the SOURCE format (`.py`, `.sql`, `.scala`, `.r`) and Jupyter's (`.ipynb`).

A pure parser. A cell keeps the line of the notebook's file where its text begins, so that a traceback can point
there. Which magics can be run is not decided here: `%anything` at the start of a cell is handed on by name.
"""

import json
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_COMMENT = {"python": "#", "r": "#", "sql": "--", "scala": "//"}
_HEADER = re.compile(r"^(#|--|//) Databricks notebook source\s*$")
_MAGIC = re.compile(r"%([A-Za-z][\w-]*)(?:[ \t]+(.*))?$")
_ARGUMENT = re.compile(r"""\$(\w+)\s*=\s*(?:"([^"]*)"|'([^']*)'|(\S+))""")
_METADATA_KEY = "application/vnd.databricks.v1+notebook"


class NotebookFormatError(ValueError):
    """The text is not a notebook that can be read; the message says where."""


@dataclass(frozen=True)
class Cell:
    """One cell. `kind` is a language or another magic's name (`md`, `run`, `sh` …), `text` what follows it.

    `number` counts all cells from 1; `line` is the 1-based line of the notebook's file where `text` begins
    (Jupyter: of the cell).
    """

    number: int
    kind: str
    text: str
    line: int
    title: str | None = None


@dataclass(frozen=True)
class Notebook:
    """A parsed notebook and the workspace path it is known by."""

    path: str
    language: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class RunDirective:
    """`%run <path> $name="value" …`"""

    path: str
    arguments: dict[str, str]


def parse_notebook(path: str, text: str, language: str | None = None) -> Notebook:
    """Parse either format, told apart by the text itself.

    `language` is the workspace's word for it (any case), default Python.

    Raises NotebookFormatError for JSON that is no notebook.
    """
    if text.lstrip().startswith("{") and '"cells"' in text:
        return _parse_jupyter(path, text)
    return _parse_source(path, text, language.lower() if language else None)


def parse_run(text: str) -> RunDirective:
    """Read what follows `%run`. Raises NotebookFormatError without a path."""
    match = re.match(r"""\s*(?:"([^"]+)"|'([^']+)'|([^\s$]\S*))\s*(.*)$""", text.strip(), re.DOTALL)
    if match is None:
        raise NotebookFormatError("%run needs the path of a notebook.")
    target = next(group for group in match.groups()[:3] if group)
    return RunDirective(target, {m[0]: m[1] or m[2] or m[3] for m in _ARGUMENT.findall(match[4])})


def resolve_path(current: str, target: str) -> str:
    """The absolute workspace path of `target` as seen from the notebook `current`, without `/Workspace`."""
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(current), target))
    return workspace_path(joined)


def workspace_path(path: str) -> str:
    """`/Workspace/X` and `/X` are the same object; this is the short form."""
    return path.removeprefix("/Workspace") if path.startswith("/Workspace/") else path


def _parse_source(path: str, text: str, language: str | None) -> Notebook:
    lines = text.removeprefix("\ufeff").splitlines()
    header = _HEADER.match(lines[0]) if lines else None
    comment = header[1] if header else _COMMENT[language or "python"]
    language = language or {"--": "sql", "//": "scala"}.get(comment, "python")
    cells: list[Cell] = []
    for first, block in _blocks(lines, comment, 1 if header else 0):
        cell = _source_cell(len(cells) + 1, first, block, comment, language)
        if cell is not None:
            cells.append(cell)
    return Notebook(path, language, tuple(cells))


def _blocks(lines: list[str], comment: str, start: int) -> Iterator[tuple[int, list[str]]]:
    """Each cell's lines with the 0-based index of its first line."""
    separator = re.compile(re.escape(comment) + r" COMMAND -{10,}\s*$")
    first = start
    for index in range(start, len(lines) + 1):
        if index == len(lines) or separator.match(lines[index]):
            yield first, lines[first:index]
            first = index + 1


def _source_cell(number: int, first: int, block: list[str], comment: str, language: str) -> Cell | None:
    first, block = _strip(first, block)
    title = None
    if block and block[0].startswith(f"{comment} DBTITLE "):
        title = block[0].split(",", 1)[-1].strip()
        first, block = _strip(first + 1, block[1:])
    if not block:
        return None
    if block[0].startswith(f"{comment} MAGIC"):
        marker = re.compile(re.escape(comment) + r" MAGIC ?")
        block = [marker.sub("", line, count=1) for line in block]
    return _cell(number, block, first + 1, language, title)


def _strip(first: int, block: list[str]) -> tuple[int, list[str]]:
    while block and not block[0].strip():
        first, block = first + 1, block[1:]
    while block and not block[-1].strip():
        block = block[:-1]
    return first, block


def _cell(number: int, lines: list[str], line: int, language: str, title: str | None) -> Cell:
    match = _MAGIC.match(lines[0].rstrip())
    if match is None:
        return Cell(number, language, "\n".join(lines), line, title)
    rest, body = match[2], lines[1:]
    if rest:
        return Cell(number, match[1], "\n".join([rest, *body]), line, title)
    return Cell(number, match[1], "\n".join(body), line + 1, title)


def _parse_jupyter(path: str, text: str) -> Notebook:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise NotebookFormatError(f"{path} is not valid JSON: {error}") from None
    if document.get("nbformat") != 4:
        raise NotebookFormatError(f"{path} has nbformat {document.get('nbformat')}; only 4 is read.")
    language = _jupyter_language(document.get("metadata", {}))
    cells: list[Cell] = []
    for entry in document["cells"]:
        source = entry.get("source", "")
        first, lines = _strip(0, ("".join(source) if isinstance(source, list) else source).splitlines())
        if lines and entry.get("cell_type") == "code":
            cells.append(_cell(len(cells) + 1, lines, first + 1, language, None))
        elif lines:
            cells.append(Cell(len(cells) + 1, "md", "\n".join(lines), first + 1))
    return Notebook(path, language, tuple(cells))


def _jupyter_language(metadata: dict[str, Any]) -> str:
    named = metadata.get(_METADATA_KEY, {}).get("language") or metadata.get("language_info", {}).get("name")
    return str(named or "python").lower()
