"""Codecs around files."""

import bz2
import gzip
import io
import zlib

import pytest

from emulators.datafactory.data.compression import Compressor, codec_of, expanded
from emulators.datafactory.data.errors import DataError, InvalidSettings

PLAIN = b"plain text, " * 50_000


@pytest.mark.parametrize("codec", ["gzip", "bzip2", "deflate"])
@pytest.mark.parametrize("level", ["", "Optimal", "Fastest"])
def test_what_is_packed_is_unpacked(codec, level):
    target = io.BytesIO()
    packer = Compressor(target, codec, level)
    for offset in range(0, len(PLAIN), 1000):
        packer.write(PLAIN[offset : offset + 1000])
    packer.close()
    plain = {"gzip": gzip.decompress, "bzip2": bz2.decompress, "deflate": lambda data: zlib.decompress(data, -15)}[
        codec
    ]
    assert plain(target.getvalue()) == PLAIN
    assert io.BufferedReader(expanded(io.BytesIO(target.getvalue()), codec)).read() == PLAIN
    with pytest.raises(DataError, match="damaged"):
        io.BufferedReader(expanded(io.BytesIO(target.getvalue()[:-30]), codec)).read()


def test_several_gzip_members_are_one_file():
    content = gzip.compress(b"a") + gzip.compress(b"b")
    assert expanded(io.BytesIO(content), "gzip").read() == b"ab"


def test_the_codecs_of_datasets():
    assert codec_of("Binary", {"compression": {"type": "ZipDeflate"}}, "Sink") == "zipdeflate"
    assert codec_of("DelimitedText", {"compressionCodec": "tar"}, "Source") == "tar"
    assert codec_of("DelimitedText", {"compressionCodec": "gzip"}, "Source") == "gzip"
    assert codec_of("Json", {"compression": {"type": "None"}}, "Source") == ""
    assert codec_of("Parquet", {"compressionCodec": "gzip"}, "Source") == ""


@pytest.mark.parametrize("codec", ["snappy", "lz4", "zip"])
def test_what_a_copy_has_not_is_told(codec):
    with pytest.raises(InvalidSettings, match=f"'{codec}' is n.*bzip2, deflate, gzip, tar, targzip, zipdeflate"):
        codec_of("DelimitedText", {"compressionCodec": codec}, "Source")
