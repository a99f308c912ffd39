"""Jupyter notebooks to Databricks's source form and back: cells and their languages, never their outputs."""

import json
from typing import Any

from emulators.databricks.errors import InvalidParameterValue
from emulators.databricks.workspace.languages import LANGUAGES, Language

_METADATA = "application/vnd.databricks.v1+notebook"


def language_of_notebook(document: dict[str, Any]) -> Language:
    """The default language: Databricks's own metadata first, then Jupyter's, else Python."""
    metadata = _object(document.get("metadata"))
    named = _object(metadata.get(_METADATA)).get("language") or _object(metadata.get("language_info")).get("name")
    return LANGUAGES.get(str(named or "python").upper(), LANGUAGES["PYTHON"])


def parsed(content: bytes) -> dict[str, Any]:
    """The notebook document. Raises InvalidParameterValue when it is none (nbformat 4 is read)."""
    try:
        document = json.loads(content)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise InvalidParameterValue(f"The notebook is not a valid Jupyter document: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("cells"), list):
        raise InvalidParameterValue("The notebook is not a valid Jupyter document: it has no 'cells' (nbformat 4).")
    return document


def to_source(document: dict[str, Any], language: Language) -> bytes:
    """A Jupyter document in source form: markdown and magic cells become MAGIC comments."""
    cells = [_source_cell(_object(cell), language) for cell in document["cells"]]
    return f"\n\n{language.cell_break}\n\n".join(
        [f"{language.header}\n" + (cells[0] if cells else ""), *cells[1:]]
    ).encode()


def from_source(content: bytes, language: Language) -> bytes:
    """A source-form notebook as a Jupyter document (nbformat 4.5, no outputs)."""
    body = content.decode("utf-8", "replace").removeprefix(language.header)
    texts = [text.strip("\n") for text in body.split(language.cell_break)]
    document = {
        "cells": [_jupyter_cell(text, language) for text in texts],
        "metadata": {
            _METADATA: {"language": language.name.lower(), "widgets": {}, "dashboards": []},
            "language_info": {"name": language.name.lower()},
        },
        "nbformat": 4,
        "nbformat_minor": 0,
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _source_cell(cell: dict[str, Any], language: Language) -> str:
    source = cell.get("source", "")
    text = "".join(source) if isinstance(source, list) else str(source)
    if cell.get("cell_type") == "markdown":
        text = f"%md\n{text}"
    if not text.lstrip().startswith("%"):
        return text
    return "\n".join(f"{language.magic} {line}".rstrip() for line in text.split("\n"))


def _jupyter_cell(text: str, language: Language) -> dict[str, Any]:
    lines = text.split("\n")
    if lines[0].startswith(language.magic):
        lines = [line.removeprefix(language.magic).removeprefix(" ") for line in lines]
    if lines[0].startswith("%md"):
        first = lines[0].removeprefix("%md").lstrip()
        return {
            "cell_type": "markdown",
            "metadata": {},
            "source": "\n".join([first, *lines[1:]] if first else lines[1:]),
        }
    return {"cell_type": "code", "metadata": {}, "source": "\n".join(lines), "outputs": [], "execution_count": None}


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
