"""What is kept of a run's output."""

import os

import pytest

from emulators.databricks.runtime import process_family
from emulators.databricks.runtime.process_family import OutputLog


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (b"", ""),
        (b"0123456789", "0123456789"),
        (b"0123456789abc", "[3 earlier bytes of output were dropped]\n3456789abc"),
    ],
)
async def test_of_too_much_output_the_end_is_kept(monkeypatch: pytest.MonkeyPatch, written: bytes, kept: str) -> None:
    monkeypatch.setattr(process_family, "_LOG_LIMIT", 10)
    log = OutputLog()
    os.write(log.write_end, written)
    log.started()
    assert await log.text() == kept
