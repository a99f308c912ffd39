"""Secrets in what a notebook prints, however it prints it."""

import os

from emulators.databricks.runtime.output import REDACTED, redacting_stream
from emulators.kernel.masking import Masker


def test_secrets_are_blanked_in_text_bytes_and_pieces() -> None:
    masker = Masker(REDACTED)
    masker.add("s3cr3t-value")
    reading, writing = os.pipe()
    stream = redacting_stream(writing, masker)
    print("a s3cr3t-value b", file=stream)
    print("s3cr3t", end="", file=stream)
    print("-value", file=stream)
    stream.flush()
    stream.buffer.write(b"\xff s3cr3t-value\n")
    stream.flush()
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        assert file.read() == b"a [REDACTED] b\n[REDACTED]\n\xff [REDACTED]\n"
