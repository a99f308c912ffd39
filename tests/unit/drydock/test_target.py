"""Variables of a local cloud are set while they are needed and not a moment longer."""

import os

import pytest

from drydock.target import exported


def test_variables_are_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRYDOCK_TEST_KNOWN", "before")
    monkeypatch.delenv("DRYDOCK_TEST_NEW", raising=False)
    with exported({"DRYDOCK_TEST_KNOWN": "during", "DRYDOCK_TEST_NEW": "during"}):
        assert os.environ["DRYDOCK_TEST_KNOWN"] == "during"
        assert os.environ["DRYDOCK_TEST_NEW"] == "during"
    assert os.environ["DRYDOCK_TEST_KNOWN"] == "before"
    assert "DRYDOCK_TEST_NEW" not in os.environ


def test_variables_are_put_back_after_a_failure() -> None:
    with pytest.raises(ZeroDivisionError), exported({"DRYDOCK_TEST_NEW": "during"}):
        raise ZeroDivisionError
    assert "DRYDOCK_TEST_NEW" not in os.environ
