"""Captured output: whole lines, no secrets, bounded."""

from pathlib import Path

import pytest

from emulators.azureml import logfile
from emulators.azureml.logfile import LogFile, tail
from emulators.kernel.masking import MASK, masker


def test_a_secret_in_pieces_is_still_blanked(tmp_path: Path) -> None:
    masker.add("logfile-secret-value")
    path = tmp_path / "logs" / "log.txt"
    log = LogFile(path)
    for piece in (b"begin logfile-sec", b"ret-value end\nnext\xff", b" line"):
        log.feed(piece)
    assert path.read_text() == f"begin {MASK} end\n"
    log.close()
    assert path.read_text() == f"begin {MASK} end\nnext\ufffd line"


def test_a_log_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logfile, "_LIMIT", 10)
    path = tmp_path / "log.txt"
    log = LogFile(path)
    for _ in range(5):
        log.feed(b"0123456\n")
    log.close()
    assert path.read_text().count("0123456") == 2
    assert "the log ends here" in path.read_text()


def test_the_tail_is_the_end(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    assert tail(path) == ""
    path.write_text("x" * 5000 + "\nthe end\n")
    assert tail(path).endswith("the end")
    assert len(tail(path)) <= 4000
