"""Which files a source means."""

from datetime import UTC, datetime

import pytest

from emulators.datafactory.data.errors import InvalidSettings, MissingFile
from emulators.datafactory.data.files import chosen
from emulators.datafactory.data.location import Location
from emulators.datafactory.data.selection import listed_paths, partition_root, partitions, select
from emulators.datafactory.data.store import File

TREE = [
    "a.csv",
    "in/a.csv",
    "in/b.txt",
    "in/deep/c.csv",
    "in/deep/er/d.csv",
    "in2/e.csv",
    "in/[x]*?.csv",
    "in/größe +%.csv",
]


def paths(location: Location, **settings) -> list[str]:
    selection = select(location, settings)
    listing = [File("c", path) for path in TREE if path.startswith(selection.prefix)]
    return [selected.file.path for selected in selection.choose(listing)]


def relatives(location: Location, **settings) -> list[str]:
    return [selected.relative for selected in select(location, settings).choose(File("c", path) for path in TREE)]


@pytest.mark.parametrize(
    ("folder", "file", "settings", "expected"),
    [
        ("in", "a.csv", {}, ["in/a.csv"]),
        ("in", "größe +%.csv", {}, ["in/größe +%.csv"]),
        ("in", "[x]*?.csv", {}, ["in/[x]*?.csv"]),
        ("in/deep", "", {}, ["in/deep/c.csv", "in/deep/er/d.csv"]),
        ("in/deep", "", {"recursive": False}, ["in/deep/c.csv"]),
        ("in/deep", "", {"recursive": "false"}, ["in/deep/c.csv"]),
        ("", "", {"recursive": False}, ["a.csv"]),
        ("in", "", {"wildcardFileName": "*.txt"}, ["in/b.txt"]),
        ("in", "", {"wildcardFileName": "?.csv", "recursive": False}, ["in/a.csv"]),
        ("in", "", {"wildcardFileName": "?.csv"}, ["in/a.csv", "in/deep/c.csv", "in/deep/er/d.csv"]),
        ("in", "", {"wildcardFileName": "a?.csv"}, ["in/a.csv"]),
        ("in", "", {"wildcardFileName": "[x]^*^?.csv"}, ["in/[x]*?.csv"]),
        (
            "",
            "",
            {"wildcardFolderPath": "in?", "wildcardFileName": "*.csv", "recursive": False},
            ["in/a.csv", "in2/e.csv", "in/[x]*?.csv", "in/größe +%.csv"],
        ),
        ("", "", {"wildcardFolderPath": "*/deep", "recursive": False}, ["in/deep/c.csv"]),
        ("ignored", "", {"wildcardFolderPath": "in/d*"}, ["in/deep/c.csv", "in/deep/er/d.csv"]),
        ("ignored", "", {"prefix": "in/d"}, ["in/deep/c.csv", "in/deep/er/d.csv"]),
        ("ignored", "", {"prefix": "in2"}, ["in2/e.csv"]),
    ],
)
def test_each_way_of_choosing(folder, file, settings, expected):
    assert paths(Location("c", folder, file), **settings) == expected


@pytest.mark.parametrize(
    ("folder", "settings", "expected"),
    [
        ("in/deep", {}, ["c.csv", "er/d.csv"]),
        ("", {"prefix": "in/deep/er"}, ["er/d.csv"]),
        ("", {"wildcardFolderPath": "in/d*"}, ["deep/c.csv", "deep/er/d.csv"]),
        ("in", {"wildcardFileName": "d.csv"}, ["deep/er/d.csv"]),
    ],
)
def test_what_a_copy_keeps_of_the_path(folder, settings, expected):
    assert relatives(Location("c", folder), **settings) == expected


def test_the_window_of_time_is_open_at_its_end():
    settings = {"modifiedDatetimeStart": "2030-01-01T00:00:00Z", "modifiedDatetimeEnd": "2030-01-02"}
    selection = select(Location("c", "", ""), settings)
    moments = [
        datetime(2029, 12, 31, 23, 59, tzinfo=UTC),
        datetime(2030, 1, 1, tzinfo=UTC),
        datetime(2030, 1, 2, tzinfo=UTC),
    ]
    assert [selection.means(File("c", "x", modified=moment)) for moment in moments] == [False, True, False]


def test_settings_that_do_not_fit_are_told():
    with pytest.raises(InvalidSettings, match="exclude each other"):
        select(Location("c"), {"prefix": "a", "wildcardFileName": "*"})
    with pytest.raises(InvalidSettings, match="'recursive' must be true or false"):
        select(Location("c"), {"recursive": "perhaps"})
    with pytest.raises(InvalidSettings, match="'modifiedDatetimeStart' must be a time"):
        select(Location("c"), {"modifiedDatetimeStart": "yesterday"})


def test_a_list_of_files():
    assert listed_paths("\ufeffa.csv\r\n\r\n/deep/b.csv\n") == ["a.csv", "deep/b.csv"]


def test_partitions_of_a_path():
    assert partitions("in/year=2030/month=01/x/a=b.csv", "in/") == {"year": "2030", "month": "01"}
    assert partition_root(Location("c", "in"), {}) == "in/"
    assert partition_root(Location("c", "in"), {"partitionRootPath": "c/in/year=2030"}) == "in/year=2030/"
    assert partition_root(Location("c"), {"wildcardFolderPath": "in/year=*"}) == "in/"


def test_missing_things(place):
    place.files = {"in/a.csv": b"x", "lists/l.txt": b"a.csv\nb.csv"}
    with pytest.raises(MissingFile, match=r"ContainerName: memory/c, path: in/b\.csv\."):
        list(chosen(place, Location("c", "in", "b.csv"), {}))
    with pytest.raises(MissingFile, match="path: nowhere/"):
        list(chosen(place, Location("c", "nowhere"), {}))
    assert list(chosen(place, Location("c", "nowhere"), {"wildcardFileName": "*"})) == []
    with pytest.raises(MissingFile, match=r"in/b\.csv"):
        list(chosen(place, Location("c", "in"), {"fileListPath": "c/lists/l.txt"}))
    with pytest.raises(InvalidSettings, match="must not name a file"):
        list(chosen(place, Location("c", "in", "a.csv"), {"fileListPath": "c/lists/l.txt"}))
