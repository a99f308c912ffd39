"""The folder behind DBFS: nothing leads out of it, nothing is half written."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators.databricks.dbfs.dbfs import normal
from emulators.databricks.dbfs.local import LocalArea
from emulators.databricks.errors import InvalidParameterValue, PermissionDenied, ResourceAlreadyExists


@given(st.lists(st.sampled_from(["..", ".", "", "a", "b", "dbfs:"]), max_size=8))
def test_a_normal_path_never_goes_above_the_root(parts: list[str]) -> None:
    path = normal("/" + "/".join(parts))
    assert path.startswith("/")
    assert ".." not in path.split("/")


def test_links_that_lead_out_are_refused_and_not_shown(tmp_path: Path) -> None:
    area = LocalArea(tmp_path / "root")
    (tmp_path / "secret").write_text("x")
    (tmp_path / "root" / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(PermissionDenied):
        area.read("link", 0, 10)
    assert area.children("") == []


def test_deleting_a_link_leaves_what_it_points_to(tmp_path: Path) -> None:
    area = LocalArea(tmp_path)
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    area.delete("link")
    assert (tmp_path / "file").exists()
    assert not (tmp_path / "link").is_symlink()


def test_a_write_replaces_whole_and_never_a_folder(tmp_path: Path) -> None:
    area = LocalArea(tmp_path / "root")
    for text in ("one", "two"):
        (tmp_path / "new").write_text(text)
        area.write("a/file", tmp_path / "new")
    assert area.read("a/file", 0, 10) == b"two"
    assert area.read("a/file", 2, 10) == b"o"
    (tmp_path / "new").write_text("three")
    with pytest.raises(ResourceAlreadyExists):
        area.write("a", tmp_path / "new")


def test_impossible_paths_are_told() -> None:
    with pytest.raises(InvalidParameterValue):
        normal("no/slash")
    with pytest.raises(InvalidParameterValue):
        normal("/a\x00b")
