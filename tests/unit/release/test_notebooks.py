"""What of a package goes where in the workspace."""

from pathlib import Path

import pytest

from release.errors import ReleaseError
from release.notebooks import NOTEBOOK_HEADER, uploads


def package(folder: Path, notebook: str = f"{NOTEBOOK_HEADER}\nprint(1)\n") -> Path:
    root = folder / "prep"
    (root / "notebooks").mkdir(parents=True)
    (root / "inner").mkdir()
    for name in ("__init__.py", "rules.py", "inner/deep.py", "notes.txt"):
        (root / name).write_text("")
    (root / "notebooks" / "run.py").write_text(notebook)
    return root


def test_notebooks_lose_their_extension_and_the_package_lies_beside_them(tmp_path: Path) -> None:
    found = uploads(package(tmp_path), "/Shared/x")
    assert [(upload.object_path, upload.is_notebook) for upload in found] == [
        ("/Shared/x/run", True),
        ("/Shared/x/prep/__init__.py", False),
        ("/Shared/x/prep/inner/deep.py", False),
        ("/Shared/x/prep/rules.py", False),
    ]


def test_a_notebook_without_its_header_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match=r"run\.py: line 1: '# Databricks notebook source' is expected"):
        uploads(package(tmp_path, "print(1)\n"), "/Shared/x")
