"""Binary copies between places in memory: what is skipped, what is compared, what is told."""

import hashlib
from dataclasses import replace

import pytest

from emulators.datafactory.data.copy_binary import BinaryCopy
from emulators.datafactory.data.counts import Counts
from emulators.datafactory.data.errors import DataError, ForbiddenFile, InconsistentFile, InvalidFileName, MissingFile
from emulators.datafactory.data.fault_tolerance import FaultTolerance
from emulators.datafactory.data.location import Location
from emulators.datafactory.data.naming import PRESERVE, Naming
from emulators.datafactory.data.selection import Selected
from emulators.datafactory.data.session_log import CopyLog

EVERYTHING = {"fileMissing": True, "fileForbidden": True, "dataInconsistency": True, "invalidFileName": True}


class Notes(CopyLog):
    def __init__(self) -> None:
        self.skips: list[tuple[str, int, str]] = []

    def skipped(self, file, size, error):
        self.skips.append((file.path, size, error.code))


def md5(content: bytes) -> bytes:
    return hashlib.md5(content, usedforsecurity=False).digest()


@pytest.fixture
def copying(place, other_place):
    """Copies what is in `place`, with `errors` in the way of some of it; gives the job that ran and its notes."""

    def run(tolerance: FaultTolerance, *, errors: dict[str, DataError] | None = None, **more) -> tuple[Counts, Notes]:
        read, notes = place.read, Notes()

        def troubled(file, offset, length):
            if errors and file.path in errors and offset >= 8:
                raise errors[file.path]
            return read(file, offset, length)

        place.read = troubled
        naming = Naming(Location("c"), PRESERVE, None, lambda: "data")
        job = BinaryCopy(place, other_place, "c", naming, lambda: None, Counts(), block_size=8, tolerance=tolerance)
        job = replace(job, log=notes, **more)
        files = [Selected(file, file.path) for file in place.list("c", "")]
        job.run(iter(files))
        return job.counts, notes

    return run


def tolerance(**written) -> FaultTolerance:
    return FaultTolerance.read({"skipErrorFile": written}, verifies=True, into_lake=True)


@pytest.mark.parametrize(
    ("setting", "error"),
    [
        ("fileMissing", MissingFile("memory", "b")),
        ("fileForbidden", ForbiddenFile("AzureBlobOperationFailed", "no")),
        ("dataInconsistency", InconsistentFile.changed("b")),
    ],
)
def test_a_file_is_skipped_for_what_is_forgiven_only(copying, place, other_place, setting, error):
    place.files = {"a": b"a" * 20, "b": b"b" * 20, "c": b"c"}
    counts, notes = copying(tolerance(**{setting: True}), errors={"b": error})
    assert sorted(other_place.files) == ["a", "c"]
    assert (counts.files_read, counts.files_written, counts.files_skipped) == (2, 2, 1)
    assert counts.files_inconsistent == (setting == "dataInconsistency")
    assert notes.skips == [("b", 8, error.code)]
    others = {**EVERYTHING, setting: False}
    with pytest.raises(type(error)):
        copying(tolerance(**others), errors={"b": error})


def test_missing_files_are_forgiven_unless_it_is_said_otherwise():
    assert tolerance().forgives(MissingFile("memory", "a"))
    assert not tolerance(fileMissing=False).forgives(MissingFile("memory", "a"))
    assert not FaultTolerance.read({}, verifies=True, into_lake=True).forgives(MissingFile("memory", "a"))


def test_the_sink_is_not_forgiven():
    whole = tolerance(**EVERYTHING)
    assert not whole.forgives(MissingFile("memory", "a", "Sink"))
    assert not whole.forgives(ForbiddenFile("x", "no", "Sink"))
    assert not whole.forgives(DataError("x", "no"))


def test_what_is_forgiven_only_together_with_something_else():
    alone = FaultTolerance.read({"skipErrorFile": EVERYTHING}, verifies=False, into_lake=False)
    assert not alone.forgives(InconsistentFile.changed("a"))
    assert not alone.forgives(InvalidFileName("x", "no", "Sink"))
    assert tolerance(**EVERYTHING).forgives(InvalidFileName("x", "no", "Sink"))


@pytest.mark.parametrize("name", ["dir./a", "a.", "x" * 1025])
def test_a_lake_does_not_take_every_name(copying, place, other_place, name):
    place.files = {name: b"", "fine": b""}
    with pytest.raises(InvalidFileName, match="is invalid"):
        copying(tolerance(), into_lake=True)
    counts, _ = copying(tolerance(invalidFileName=True), into_lake=True)
    assert counts.files_skipped == 1
    copying(tolerance())
    assert sorted(other_place.files) == sorted(["fine", name])


@pytest.mark.parametrize("size", [3, 20], ids=["one block", "several blocks"])
def test_content_is_compared_with_what_the_source_says_of_it(copying, place, other_place, size):
    place.files = {"right": b"r" * size, "wrong": b"w" * size}
    place.md5s = {"right": md5(b"r" * size), "wrong": md5(b"other")}
    with pytest.raises(InconsistentFile, match=r"'wrong' is not consistent: what was read.*ContentMD5"):
        copying(tolerance(), verify=True)
    counts, _ = copying(tolerance(dataInconsistency=True), verify=True)
    assert counts.files_inconsistent == 1
    assert other_place.md5s == {"right": place.md5s["right"]}
    assert "wrong" not in other_place.files


def test_content_is_compared_with_what_arrived(copying, place, other_place, monkeypatch):
    place.files = {"a": b"whole"}
    find = other_place.find
    monkeypatch.setattr(other_place, "find", lambda *where: replace(find(*where), size=4))
    copying(tolerance())
    with pytest.raises(InconsistentFile, match="in the sink are not those of the source"):
        copying(tolerance(), verify=True)
