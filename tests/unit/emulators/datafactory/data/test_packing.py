"""Files packed as they are written: read back by the libraries that everybody has."""

import gzip
import io
import os
import tarfile
import zipfile

import pytest

from emulators.datafactory.data.archives import entries, holds_several
from emulators.datafactory.data.packing import inner_name, packed
from emulators.datafactory.data.store import WriteOptions

PLAIN = os.urandom(100_000) + b"plain text, " * 100_000
KINDS = ["zipdeflate", "tar", "targzip"]


def write(place, codec: str, path: str, *, level: str = "", size: int | None = None, content: bytes = PLAIN) -> bytes:
    writer = packed(place.writer("c", path, WriteOptions()), codec, level, path, size)
    for offset in range(0, len(content), 30_000):
        writer.write(content[offset : offset + 30_000])
    writer.commit()
    assert writer.written == len(place.files[path])
    return place.files[path]


@pytest.mark.parametrize("level", ["", "Optimal", "Fastest"])
def test_a_zip_of_one_file(place, level):
    found = write(place, "zipdeflate", "out/größer.csv.zip", level=level)
    with zipfile.ZipFile(io.BytesIO(found)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["größer.csv"]
        assert archive.read("größer.csv") == PLAIN
    assert len(found) < len(PLAIN) / 2


@pytest.mark.parametrize("kind", ["tar", "targzip"])
@pytest.mark.parametrize("size", [None, len(PLAIN)], ids=["size unknown", "size known"])
def test_a_tar_of_one_file(place, kind, size):
    found = write(place, kind, f"out/{'long' * 40}ü.csv{'.tar' if kind == 'tar' else '.tar.gz'}", size=size)
    with tarfile.open(fileobj=io.BytesIO(found), mode="r:" if kind == "tar" else "r:gz") as archive:
        (member,) = archive.getmembers()
        assert member.name == f"{'long' * 40}ü.csv"
        assert archive.extractfile(member).read() == PLAIN


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [0, 1, 511, 512, 513])
def test_what_is_packed_is_unpacked(place, kind, size):
    content = write(place, kind, "a", content=b"x" * size)
    assert [(path, entry.read()) for path, entry in entries(io.BytesIO(content), kind, "a")] == [("a", b"x" * size)]
    assert not holds_several(io.BytesIO(content), kind, "a")


@pytest.mark.parametrize(("codec", "plain"), [("", bytes), ("gzip", gzip.decompress)])
def test_a_codec_alone_and_none_at_all(place, codec, plain):
    assert plain(write(place, codec, "a")) == PLAIN


@pytest.mark.parametrize("kind", [*KINDS, "gzip"])
def test_what_is_abandoned_writes_no_more(place, kind):
    target = place.writer("c", "a", WriteOptions())
    writer = packed(target, kind, "", "a")
    writer.write(PLAIN)
    before = target.written
    writer.abandon()
    del writer
    assert target.written == before
    assert place.files == {}


@pytest.mark.parametrize(
    ("path", "kind", "name"),
    [
        ("x/a.csv.zip", "zipdeflate", "a.csv"),
        ("all.ZIP", "zipdeflate", "all"),
        ("a.csv.tar.gz", "targzip", "a.csv"),
        ("a.tgz", "targzip", "a"),
        ("plain", "tar", "plain"),
        (".zip", "zipdeflate", ".zip"),
    ],
)
def test_the_name_inside(path, kind, name):
    assert inner_name(path, kind) == name
