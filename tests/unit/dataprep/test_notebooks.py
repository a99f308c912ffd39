"""The notebooks are notebooks, are thin, and import nothing but the package beside them."""

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[3] / "dataprep"
NOTEBOOKS = sorted((PACKAGE / "notebooks").glob("*.py"))
MODULES = sorted(PACKAGE.glob("*.py"))


def imported(path: Path) -> set[str]:
    """The top-level packages that a file imports."""
    tree = ast.parse(path.read_text("utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in names}


def test_there_are_two_notebooks() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["check_ingestion", "data_prepare"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_first_line_makes_it_a_notebook(path: Path) -> None:
    assert path.read_text("utf-8").splitlines()[0] == "# Databricks notebook source"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_only_wires(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    logic = (ast.FunctionDef, ast.ClassDef, ast.If, ast.For, ast.While, ast.Try, ast.With, ast.Lambda)
    assert not [node for node in ast.walk(tree) if isinstance(node, logic)]
    assert imported(path) == {"dataprep"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_the_package_needs_pyspark_and_nothing_else(path: Path) -> None:
    """It is deployed as workspace files: what Databricks does not bring it cannot use."""
    assert imported(path) <= {"dataprep", "pyspark", *sys.stdlib_module_names}


def test_the_sample_needs_no_spark() -> None:
    assert imported(PACKAGE / "sample.py") | imported(PACKAGE / "schema.py") <= {"dataprep", *sys.stdlib_module_names}
