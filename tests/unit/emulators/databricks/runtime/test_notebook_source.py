"""Both notebook formats, cell by cell."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators.databricks.runtime.notebook_source import (
    Cell,
    NotebookFormatError,
    RunDirective,
    parse_notebook,
    parse_run,
    resolve_path,
)

SOURCE = """\
# Databricks notebook source
# MAGIC %md
# MAGIC # Title
# MAGIC
# MAGIC text

# COMMAND ----------

# DBTITLE 1,Load, then count
x = 1

y = 2

# COMMAND ----------

# MAGIC %sql SELECT 1
# MAGIC FROM t

# COMMAND ----------

# COMMAND ----------

# MAGIC %run ./helper $a="b c"
"""


def test_source_cells_keep_their_kind_text_and_line() -> None:
    notebook = parse_notebook("/n", SOURCE)
    assert notebook.language == "python"
    assert notebook.cells == (
        Cell(1, "md", "# Title\n\ntext", 3),
        Cell(2, "python", "x = 1\n\ny = 2", 10, "Load, then count"),
        Cell(3, "sql", "SELECT 1\nFROM t", 16),
        Cell(4, "run", './helper $a="b c"', 23),
    )


@pytest.mark.parametrize(
    ("header", "language", "kind"),
    [("-- Databricks notebook source", None, "sql"), ("// Databricks notebook source", None, "scala")],
)
def test_the_headers_comment_tells_the_language(header: str, language: str | None, kind: str) -> None:
    comment = header[:2]
    text = f"{header}\nfirst\n\n{comment} COMMAND ----------\n\n{comment} MAGIC %python\n{comment} MAGIC print(1)"
    notebook = parse_notebook("/n", text, language)
    assert [(cell.kind, cell.text) for cell in notebook.cells] == [(kind, "first"), ("python", "print(1)")]


def test_r_shares_pythons_comment_so_the_workspace_tells() -> None:
    assert parse_notebook("/n", "# Databricks notebook source\nx <- 1", "R").cells[0].kind == "r"


def test_text_without_header_is_one_cell() -> None:
    assert parse_notebook("/n", "a = 1\nb = 2\n", "PYTHON").cells == (Cell(1, "python", "a = 1\nb = 2", 1),)


def test_an_empty_notebook_has_no_cells() -> None:
    assert parse_notebook("/n", "# Databricks notebook source\n").cells == ()


def test_jupyter_notebooks_are_told_apart_and_read() -> None:
    document = {
        "nbformat": 4,
        "metadata": {"application/vnd.databricks.v1+notebook": {"language": "python"}},
        "cells": [
            {"cell_type": "markdown", "source": ["# Title"]},
            {"cell_type": "code", "source": ["%sql\n", "SELECT 1"]},
            {"cell_type": "code", "source": "a = 1\n"},
            {"cell_type": "code", "source": []},
        ],
    }
    cells = parse_notebook("/n", json.dumps(document), "PYTHON").cells
    assert [(cell.kind, cell.text) for cell in cells] == [("md", "# Title"), ("sql", "SELECT 1"), ("python", "a = 1")]


@pytest.mark.parametrize("text", ['{"cells": [', '{"cells": [], "nbformat": 3}'])
def test_broken_jupyter_notebooks_are_refused(text: str) -> None:
    with pytest.raises(NotebookFormatError):
        parse_notebook("/n", text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("./a", RunDirective("./a", {})),
        ('"../my notebook" $x="1 2" $y=3', RunDirective("../my notebook", {"x": "1 2", "y": "3"})),
        ("/Shared/a   $x='v'", RunDirective("/Shared/a", {"x": "v"})),
    ],
)
def test_run_directives(text: str, expected: RunDirective) -> None:
    assert parse_run(text) == expected


def test_a_run_directive_needs_a_path() -> None:
    with pytest.raises(NotebookFormatError):
        parse_run("  ")


@pytest.mark.parametrize(
    ("current", "target", "expected"),
    [
        ("/Shared/a/nb", "./x", "/Shared/a/x"),
        ("/Shared/a/nb", "x", "/Shared/a/x"),
        ("/Shared/a/nb", "../b/x", "/Shared/b/x"),
        ("/Shared/a/nb", "/Workspace/Users/me/x", "/Users/me/x"),
        ("/Shared/a/nb", "/Other/x", "/Other/x"),
    ],
)
def test_paths_are_resolved_from_the_notebook(current: str, target: str, expected: str) -> None:
    assert resolve_path(current, target) == expected


_LINES = st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\u2028\u2029\x85"), max_size=20)


@given(st.lists(st.lists(_LINES, min_size=1, max_size=4), max_size=5))
def test_every_line_of_every_cell_is_kept_and_found_where_the_cell_says(blocks: list[list[str]]) -> None:
    blocks = [[f"line {line}" for line in block] for block in blocks]
    text = "# Databricks notebook source\n" + "\n\n# COMMAND ----------\n\n".join("\n".join(block) for block in blocks)
    cells = parse_notebook("/n", text).cells
    assert [cell.text.split("\n") for cell in cells] == blocks
    lines = text.split("\n")
    assert all(lines[cell.line - 1] == cell.text.split("\n")[0] for cell in cells)
