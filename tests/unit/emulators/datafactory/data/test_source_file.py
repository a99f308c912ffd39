"""A stored file as what a copy reads out of it."""

import gzip
import io
import tarfile
import tracemalloc
import zipfile
from contextlib import closing

import pytest

from emulators.datafactory.data.selection import Selected
from emulators.datafactory.data.source_file import SourceFile, is_one

LARGE = 48 << 20


def packed(kind: str, inside: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    if kind == "zipdeflate":
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for path, part in inside.items():
                archive.writestr(path, part)
        return content.getvalue()
    with tarfile.open(fileobj=content, mode="w:gz", compresslevel=1) as tar:
        for path, part in inside.items():
            info = tarfile.TarInfo(path)
            info.size = len(part)
            tar.addfile(info, io.BytesIO(part))
    return content.getvalue()


def opened(place, content: bytes, unpack: str, **more) -> SourceFile:
    place.files["in/a"] = content
    return SourceFile(place, Selected(place.find("c", "in/a"), "day/a"), unpack, **more)


def size_of(stream) -> int:
    return sum(len(piece) for piece in iter(lambda: stream.read(1 << 20), b""))


@pytest.mark.parametrize(("unpack", "content", "size"), [("", b"x", 1), ("gzip", gzip.compress(b"x", mtime=0), None)])
def test_without_an_archive_there_is_one_content(place, unpack, content, size):
    with closing(opened(place, content, unpack)) as source_file:
        (found,) = source_file.contents()
        assert (found.relative, found.name, found.size) == ("day/a", "in/a", size)
        assert found.stream.read(10) == b"x"
        assert source_file.consumed == len(content)
    assert is_one(place, source_file.selected, unpack)


@pytest.mark.parametrize(("keeps", "relative"), [(True, "day/a/x/b.csv"), (False, "x/b.csv")])
def test_what_is_inside_has_the_archive_in_its_path_or_not(place, keeps, relative):
    with closing(opened(place, packed("zipdeflate", {"x/b.csv": b"b"}), "zipdeflate", keep_folder=keeps)) as source:
        (found,) = source.contents()
        assert (found.relative, found.name) == (relative, "in/a/x/b.csv")


@pytest.mark.parametrize("kind", ["zipdeflate", "targzip"])
def test_a_member_larger_than_the_memory_it_takes(place, kind):
    content = packed(kind, {"large": bytes(LARGE), "small": b"x"})
    tracemalloc.start()
    try:
        with closing(opened(place, content, kind)) as source_file:
            sizes = [size_of(found.stream) for found in source_file.contents()]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sizes == [LARGE, 1]
    assert peak < LARGE / 4
