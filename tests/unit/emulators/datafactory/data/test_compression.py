"""Codecs around files."""

import bz2
import gzip
import io
import zlib

import pytest

from emulators.datafactory.data.compression import Compressor, codec_of, expanded
from emulators.datafactory.data.errors import DataError, Unsupported

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


def test_what_is_not_built_is_refused_by_name():
    with pytest.raises(Unsupported, match="'zipdeflate'"):
        codec_of("Binary", {"compression": {"type": "ZipDeflate"}}, "Sink")
    with pytest.raises(Unsupported, match="'tar'"):
        codec_of("DelimitedText", {"compressionCodec": "tar"}, "Source")
    with pytest.raises(Unsupported, match="'snappy'"):
        codec_of("Json", {"compression": {"type": "snappy"}}, "Source")
    assert codec_of("Parquet", {"compressionCodec": "gzip"}, "Source") == ""
    assert codec_of("DelimitedText", {"compressionCodec": "gzip"}, "Source") == "gzip"
