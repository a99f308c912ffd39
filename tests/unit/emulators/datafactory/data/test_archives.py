"""Archives: what is inside, and what must not come out."""

import gc
import io
import tarfile
import zipfile

import pytest

from emulators.datafactory.data.archives import entries, holds_several, keeps_folder
from emulators.datafactory.data.errors import DataError, InvalidSettings


def zipped(*paths: str) -> io.BytesIO:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path in paths:
            archive.writestr(path, path)
    return content


def tarred(*members: tarfile.TarInfo) -> io.BytesIO:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(b"x" * member.size))
    content.seek(0)
    return content


def test_the_files_in_a_zip():
    found = [(path, entry.read(100)) for path, entry in entries(zipped("a/", "a/b.txt", "./c"), "zipdeflate", "x")]
    assert found == [("a/b.txt", b"a/b.txt"), ("c", b"./c")]


def test_links_and_folders_of_a_tar_are_left_out():
    folder, link, file = tarfile.TarInfo("d"), tarfile.TarInfo("l"), tarfile.TarInfo("d/f")
    folder.type, link.type, file.size = tarfile.DIRTYPE, tarfile.SYMTYPE, 3
    link.linkname = "/etc/passwd"
    found = [(path, entry.read(100)) for path, entry in entries(tarred(folder, link, file), "tar", "x")]
    assert found == [("d/f", b"xxx")]


@pytest.mark.parametrize("path", ["../a", "a/../../b", "..\\a"])
def test_no_path_leads_out(path):
    with pytest.raises(DataError, match="leads out"):
        list(entries(zipped(path), "zipdeflate", "x"))


@pytest.mark.parametrize("kind", ["zipdeflate", "tar", "targzip"])
def test_what_is_no_archive_is_told(kind):
    with pytest.raises(DataError, match=r"The archive 'in/x\.zip' cannot be read"):
        list(entries(io.BytesIO(b"no archive at all" * 100), kind, "in/x.zip"))


def test_a_large_tar_is_not_remembered():
    content = tarred(*(tarfile.TarInfo(f"f{number}") for number in range(1000)))
    for number, _ in enumerate(entries(content, "tar", "x")):
        if number == 999:
            assert sum(isinstance(found, tarfile.TarInfo) for found in gc.get_objects()) < 100


@pytest.mark.parametrize("content", [zipped("a", "b"), zipped("a"), zipped()])
def test_whether_there_are_several(content):
    with zipfile.ZipFile(content) as archive:
        several = len(archive.namelist()) > 1
    assert holds_several(content, "zipdeflate", "x") == several


@pytest.mark.parametrize(
    ("kind", "written", "kept"),
    [
        ("zipdeflate", {}, True),
        ("zipdeflate", {"type": "ZipDeflateReadSettings", "preserveZipFileNameAsFolder": False}, False),
        ("tar", {"type": "TarReadSettings", "preserveCompressionFileNameAsFolder": "false"}, False),
        ("targzip", {"type": "TarGZipReadSettings", "preserveCompressionFileNameAsFolder": False}, False),
        ("tar", {"type": "ZipDeflateReadSettings", "preserveZipFileNameAsFolder": False}, True),
    ],
)
def test_whether_the_archive_becomes_a_folder(kind, written, kept):
    assert keeps_folder(kind, {"compressionProperties": written}) == kept


def test_properties_of_no_archive_are_told():
    with pytest.raises(InvalidSettings, match="'GzipReadSettings' is no type of 'compressionProperties'"):
        keeps_folder("tar", {"compressionProperties": {"type": "GzipReadSettings"}})
