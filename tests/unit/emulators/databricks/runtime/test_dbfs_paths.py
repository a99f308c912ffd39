"""Which place a path means."""

from pathlib import Path
from typing import Any

import pytest

from emulators.databricks.runtime.dbfs_paths import BlobPlace, DbfsPaths, LocalPlace
from emulators.databricks.runtime.unsupported import UnsupportedError
from emulators.databricks.runtime.workspace_client import Mount


class OneMount:
    """Stands in for the workspace's mounts."""

    mount = Mount("/mnt/in", "wasbs://c@a.blob.core.windows.net")

    def all(self) -> list[Mount]:
        return [self.mount]

    def find(self, path: str) -> tuple[Mount, str] | None:
        if path == "/mnt/in" or path.startswith("/mnt/in/"):
            return self.mount, path.removeprefix("/mnt/in").strip("/")
        return None


@pytest.fixture
def paths() -> DbfsPaths:
    mounts: Any = OneMount()
    folder: Any = object()
    return DbfsPaths(Path("/root"), mounts, lambda _: folder, "/Shared/a", Path("/files"))


@pytest.mark.parametrize("path", ["/tmp/x", "dbfs/x", "/dbfsx", "/dbfs/../etc/passwd", 3, "/Workspaces/x"])
def test_other_paths_are_left_alone(paths: DbfsPaths, path: Any) -> None:
    assert paths.locate(path) is None


@pytest.mark.parametrize(
    ("path", "real"),
    [
        ("/dbfs/a/b.csv", "/root/a/b.csv"),
        ("/dbfs", "/root"),
        (b"/dbfs/x", "/root/x"),
        (Path("/dbfs/mnt"), "/root/mnt"),
        ("/dbfs/mnt/../x", "/root/x"),
        ("/Workspace/Shared/a/m.py", "/files/m.py"),
    ],
)
def test_paths_on_the_disk(paths: DbfsPaths, path: Any, real: str) -> None:
    place = paths.locate(path)
    assert isinstance(place, LocalPlace)
    assert place.path == Path(real)


@pytest.mark.parametrize(("path", "name"), [("/dbfs/mnt/in", ""), ("/dbfs/mnt/in/a b/c.csv", "a b/c.csv")])
def test_paths_on_a_mount(paths: DbfsPaths, path: str, name: str) -> None:
    place = paths.locate(path)
    assert isinstance(place, BlobPlace)
    assert (place.name, place.shown) == (name, path)


def test_mounts_appear_among_the_folders_above_them(paths: DbfsPaths) -> None:
    assert [paths.mount_names_below(LocalPlace(Path(), shown)) for shown in ("/dbfs", "/dbfs/mnt/", "/dbfs/tmp")] == [
        ["mnt"],
        ["in"],
        [],
    ]


def test_other_workspace_files_are_refused_by_name(paths: DbfsPaths) -> None:
    with pytest.raises(UnsupportedError, match="/Workspace/Users/x"):
        paths.locate("/Workspace/Users/x")
