"""Where mounts lead."""

import pytest

from emulators.databricks.errors import InvalidParameterValue, ResourceDoesNotExist
from emulators.databricks.mounts.mounts import Location, Mount, MountTable
from emulators.kernel.masking import masker
from emulators.kernel.store import DocumentStore


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("wasbs://c@acc.blob.core.windows.net/", Location("acc", "c", "", "blob.core.windows.net")),
        ("abfss://c@acc.dfs.core.windows.net/a/b/", Location("acc", "c", "a/b", "dfs.core.windows.net")),
        ("wasb://c@acc.blob.core.windows.net", Location("acc", "c", "", "blob.core.windows.net")),
    ],
)
def test_sources(source: str, expected: Location) -> None:
    assert Mount("/mnt/x", source).location == expected


def test_the_innermost_mount_holds_a_path() -> None:
    mounts = MountTable(DocumentStore())
    source = "wasbs://c@acc.blob.core.windows.net/"
    mounts.put(Mount("/mnt/a", source, {"fs.azure.account.key.acc": "mount-key-to-hide"}))
    mounts.put(Mount("/mnt/a/b", source))
    for path, expected in (
        ("/mnt/a", ("/mnt/a", "")),
        ("/mnt/a/b/c", ("/mnt/a/b", "c")),
        ("/mnt/a/bc", ("/mnt/a", "bc")),
    ):
        found = mounts.find(path)
        assert found is not None
        assert (found[0].mount_point, found[1]) == expected
    assert mounts.find("/mnt/ab") is None
    assert "mount-key-to-hide" not in masker.mask("mount-key-to-hide")


@pytest.mark.parametrize("point", ["", "/", "mnt/x", "/mnt/../x", "/mnt/x/"])
def test_impossible_mount_points_are_refused(point: str) -> None:
    with pytest.raises(InvalidParameterValue):
        MountTable(DocumentStore()).put(Mount(point, "wasbs://c@acc.blob.core.windows.net/"))


def test_what_is_not_mounted_cannot_be_unmounted() -> None:
    with pytest.raises(ResourceDoesNotExist, match="Directory not mounted: /mnt/x"):
        MountTable(DocumentStore()).delete("/mnt/x")
