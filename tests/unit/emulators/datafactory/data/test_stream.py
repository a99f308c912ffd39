"""A stored file as a file object."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators.datafactory.data import stream
from emulators.datafactory.data.store import File
from emulators.datafactory.data.stream import FileStream

CONTENT = bytes(range(256)) * 8


class Place:
    side = "Source"

    def __init__(self) -> None:
        self.fetched = 0

    def read(self, file: File, offset: int, length: int) -> bytes:
        self.fetched += length
        return CONTENT[offset : offset + length]

    def place(self, container: str) -> str:
        return container


@given(st.lists(st.tuples(st.booleans(), st.integers(0, len(CONTENT)), st.integers(-1, 600)), max_size=20))
def test_it_reads_and_seeks_like_any_file(steps):
    real = io.BytesIO(CONTENT)
    with pytest.MonkeyPatch.context() as patch, FileStream(Place(), File("c", "f", len(CONTENT))) as ours:
        patch.setattr(stream, "SMALLEST_BLOCK", 64)
        patch.setattr(stream, "LARGEST_BLOCK", 256)
        for seeks, offset, size in steps:
            if seeks:
                assert ours.seek(offset) == real.seek(offset)
            assert ours.read(size) == real.read(size)
            assert ours.tell() == real.tell()


def test_a_first_row_does_not_fetch_the_file(monkeypatch):
    monkeypatch.setattr(stream, "SMALLEST_BLOCK", 16)
    monkeypatch.setattr(stream, "LARGEST_BLOCK", 64)
    place = Place()
    with FileStream(place, File("c", "f", len(CONTENT))) as ours:
        ours.read(1)
    assert place.fetched <= 3 * 32
