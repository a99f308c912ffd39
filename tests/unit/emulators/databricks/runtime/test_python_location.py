"""Where a `python_file` lies, and what names no file."""

import pytest

from emulators.databricks.runtime.python_location import Home, WrongLocation, locate
from emulators.databricks.runtime.unsupported import UnsupportedError


@pytest.mark.parametrize(
    ("file", "home", "path", "name"),
    [
        ("/Shared/x.py", Home.WORKSPACE, "/Shared/x.py", "/Workspace/Shared/x.py"),
        ("/Workspace/Users/a@b/x.py", Home.WORKSPACE, "/Users/a@b/x.py", "/Workspace/Users/a@b/x.py"),
        ("/Shared//a/../x.py", Home.WORKSPACE, "/Shared/x.py", "/Workspace/Shared/x.py"),
        ("dbfs:/jobs/x.py", Home.DBFS, "/jobs/x.py", "/dbfs/jobs/x.py"),
        ("dbfs:///../x.py", Home.DBFS, "/x.py", "/dbfs/x.py"),
        ("dbfs:/mnt/lake/x.py", Home.DBFS, "/mnt/lake/x.py", "/dbfs/mnt/lake/x.py"),
        ("/Volumes/c/s/v/x.py", Home.DBFS, "/Volumes/c/s/v/x.py", "/Volumes/c/s/v/x.py"),
        ("dbfs:/Volumes/c/s/v/x.py", Home.DBFS, "/Volumes/c/s/v/x.py", "/Volumes/c/s/v/x.py"),
    ],
)
def test_a_path_names_a_file_of_the_workspace_or_of_dbfs(file: str, home: Home, path: str, name: str) -> None:
    place = locate(file)
    assert (place.home, place.path, place.name) == (home, path, name)


@pytest.mark.parametrize(
    "address",
    [
        "abfss://code@lake.dfs.core.windows.net/jobs/x.py",
        "wasbs://code@lake.blob.core.windows.net/x.py",
    ],
)
def test_an_address_of_azure_storage_stays_as_it_is(address: str) -> None:
    place = locate(address)
    assert (place.home, place.path, place.name) == (Home.STORAGE, address, address)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("jobs/x.py", "must be absolute and begin with '/'"),
        ("/dbfs/jobs/x.py", "write dbfs:/jobs/x.py"),
        ("/Shared/\x00.py", "NUL"),
        ("abfss://lake.dfs.core.windows.net/x.py", "names no file"),
        ("abfss://code@lake/x.py", "names no file"),
        ("wasbs://code@lake.blob.core.windows.net", "names no file"),
    ],
)
def test_what_names_no_file_is_told_with_the_mend(file: str, words: str) -> None:
    with pytest.raises(WrongLocation, match=words):
        locate(file)


@pytest.mark.parametrize("file", ["s3://bucket/x.py", "gs://bucket/x.py", "adl://lake/x.py", "file:/tmp/x.py"])
def test_places_out_of_reach_are_refused_by_name(file: str) -> None:
    with pytest.raises(UnsupportedError, match=file):
        locate(file)
