"""Arguments of calls: right types pass, wrong ones are named."""

from typing import Any

import pytest

from emulators.databricks.arguments import Arguments
from emulators.databricks.errors import DatabricksError


@pytest.mark.parametrize(("value", "expected"), [(5, 5), ("5", 5), (5.0, 5)])
def test_integers_come_as_numbers_or_text(value: Any, expected: int) -> None:
    assert Arguments({"n": value}).integer("n") == expected


@pytest.mark.parametrize(("value", "expected"), [("true", True), ("True", True), ("false", False), (True, True)])
def test_flags_come_as_words_too(value: Any, expected: bool) -> None:
    assert Arguments({"f": value}).flag("f") is expected


@pytest.mark.parametrize(
    ("read", "value"),
    [
        ("text", 1),
        ("integer", "x"),
        ("integer", True),
        ("integer", 1.5),
        ("integer", float("inf")),
        ("integer", 2**63),
        ("flag", "maybe"),
        ("mapping", []),
        ("texts", {"a": None}),
        ("items", {}),
        ("decoded", "*"),
        ("required_text", ""),
    ],
)
def test_a_wrong_value_names_its_field(read: str, value: Any) -> None:
    with pytest.raises(DatabricksError, match="the_field"):
        getattr(Arguments({"the_field": value}), read)("the_field")


def test_null_is_absent() -> None:
    given = Arguments({"a": None})
    assert "a" not in given
    assert given.text("a", "default") == "default"
    with pytest.raises(DatabricksError, match="Missing required field: a"):
        given.required_integer("a")
