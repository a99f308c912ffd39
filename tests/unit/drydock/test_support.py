"""The support table as people see it."""

import io
import json

import pytest
from rich.console import Console

from drydock.support import show_support
from release.errors import ReleaseError


def test_an_area_is_told_row_by_row() -> None:
    console = Console(file=io.StringIO(), width=200, highlight=False)
    show_support("trigger", console, as_json=False)
    told = console.file.getvalue()  # type: ignore[attr-defined]
    assert "  TumblingWindowTrigger  time\n" in told
    assert "      tests/unit/emulators/datafactory/triggers/test_tumbling_window.py\n" in told
    assert "Copy" not in told


def test_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    show_support(None, Console(), as_json=True)
    rows = json.loads(capsys.readouterr().out)
    assert {"area", "name", "how", "idea", "witness"} == set(rows[0])
    assert [row["how"] for row in rows if row["name"] == "ExecuteDataFlow"] == ["refused"]


def test_an_unknown_area_is_told_with_those_that_there_are() -> None:
    with pytest.raises(ReleaseError, match=r"'colour' is no area .* activity, trigger, linked service"):
        show_support("colour", Console(), as_json=False)
