"""Paths: from a storage event to the blob, and where a run's outputs go."""

import pytest

from dataprep.layout import Blob, arrived, output


@pytest.mark.parametrize(
    ("folder_path", "expected"),
    [
        ("inputdata", "a b+ü%20.csv"),
        ("inputdata/", "a b+ü%20.csv"),
        ("inputdata/2026/May", "2026/May/a b+ü%20.csv"),
    ],
)
def test_the_dropped_blob_is_found_from_the_event(folder_path: str, expected: str) -> None:
    assert arrived(folder_path, "a b+ü%20.csv") == Blob("inputdata", expected)


def test_outputs_lie_under_the_run_id() -> None:
    assert output("trainingdata", "run-1", "drivers.csv") == Blob("trainingdata", "run-1/drivers.csv")


def test_names_and_neighbours() -> None:
    blob = Blob("c", "a/b/drivers.csv")
    assert (blob.folder, blob.name, blob.beside("x").path) == ("a/b", "drivers.csv", "a/b/x")
    assert Blob("c", "drivers.csv").beside("x").path == "x"
