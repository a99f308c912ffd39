"""Notebook or file: what imports make of bytes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators.databricks.errors import DatabricksError, InvalidParameterValue
from emulators.databricks.workspace import jupyter
from emulators.databricks.workspace.imports import imported, sniffed
from emulators.databricks.workspace.languages import LANGUAGES
from emulators.databricks.workspace.paths import ancestors, normal

PYTHON = LANGUAGES["PYTHON"]


@pytest.mark.parametrize(
    ("path", "content", "becomes", "language"),
    [
        ("/a/n.py", b"# Databricks notebook source\nx", "/a/n", "PYTHON"),
        ("/a/n.py", b"# Databricks notebook source\r\nx", "/a/n", "PYTHON"),
        ("/a/n.py", b"# Databricks notebook source", "/a/n", "PYTHON"),
        ("/a/n.PY", b"# Databricks notebook source\n", "/a/n", "PYTHON"),
        ("/a/n.sql", b"-- Databricks notebook source\n", "/a/n", "SQL"),
        ("/a/n.scala", b"// Databricks notebook source\n", "/a/n", "SCALA"),
        ("/a/n.r", b"# Databricks notebook source\n", "/a/n", "R"),
        ("/a/n.py", b"#Databricks notebook source\n", "/a/n.py", None),
        ("/a/n.py", b"\n# Databricks notebook source\n", "/a/n.py", None),
        ("/a/n.py", b"# Databricks notebook source code\n", "/a/n.py", None),
        ("/a/n.sql", b"# Databricks notebook source\n", "/a/n.sql", None),
        ("/a/n.txt", b"# Databricks notebook source\n", "/a/n.txt", None),
        ("/a/n", b"# Databricks notebook source\n", "/a/n", None),
        ("/a/n.py", b"", "/a/n.py", None),
        ("/a/n.ipynb", b'{"cells": []}', "/a/n", "PYTHON"),
    ],
)
def test_sniffing(path: str, content: bytes, becomes: str, language: str | None) -> None:
    item = sniffed(path, content)
    assert (item.path, item.language.name if item.language else None) == (becomes, language)


def test_source_keeps_path_and_gains_a_header_once() -> None:
    item = imported("/a/n.py", b"x = 1", "SOURCE", "PYTHON")
    assert (item.path, item.content) == ("/a/n.py", b"# Databricks notebook source\nx = 1")
    assert imported("/a/n", item.content, "", "PYTHON").content == item.content


@pytest.mark.parametrize(
    ("format_name", "language", "words"),
    [
        ("SOURCE", "", "'language' is required"),
        ("SOURCE", "JAVA", "Unknown language"),
        ("HTML", "", "cannot import the format HTML"),
        ("ZIP", "", "Unknown import format"),
        ("JUPYTER", "", "not a valid Jupyter document"),
    ],
)
def test_what_cannot_be_imported_is_told(format_name: str, language: str, words: str) -> None:
    with pytest.raises(DatabricksError, match=words):
        imported("/a", b"x", format_name, language)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/Workspace/Shared/x", "/Shared/x"),
        ("/Workspace", "/"),
        ("//Shared//x/", "/Shared/x"),
        ("/../../etc", "/etc"),
        ("/Workspaces/x", "/Workspaces/x"),
        ("/", "/"),
    ],
)
def test_paths_have_one_form(path: str, expected: str) -> None:
    assert normal(path) == expected


def test_ancestors_begin_at_the_root() -> None:
    assert ancestors("/a/b/c") == ["/", "/a", "/a/b"]


def test_a_relative_path_is_refused() -> None:
    with pytest.raises(InvalidParameterValue):
        normal("Shared/x")


_LINES = st.text("ab #%é\t-'", max_size=12)


@given(st.lists(st.lists(_LINES, min_size=1, max_size=3), min_size=1, max_size=4))
def test_source_cells_survive_the_way_through_jupyter(cells: list[list[str]]) -> None:
    texts = ["\n".join(lines).strip("\n") for lines in cells]
    texts = [text for text in texts if not text.lstrip().startswith(("%", "#"))]
    document = {"cells": [{"cell_type": "code", "source": text} for text in texts], "metadata": {}}
    source = jupyter.to_source(document, PYTHON)
    back = json.loads(jupyter.from_source(source, PYTHON))
    assert [cell["source"] for cell in back["cells"]] == (texts or [""])
