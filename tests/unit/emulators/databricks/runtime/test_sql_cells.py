"""Statements, widgets and markers in the text of a SQL cell."""

import pytest

from emulators.databricks.runtime.sql_cells import named_markers, split_statements, substitute_widgets


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT ';' AS a; SELECT 2;", ["SELECT ';' AS a", "SELECT 2"]),
        ("-- only; comment\n;;", []),
        ("SELECT 1 -- no; end\n FROM t; /* ; */", ["SELECT 1 -- no; end\n FROM t"]),
        ("SELECT `a;b`, \"x;\", 'it''s;'", ["SELECT `a;b`, \"x;\", 'it''s;'"]),
        ("", []),
    ],
)
def test_statements_end_at_semicolons_outside_of_texts(text: str, statements: list[str]) -> None:
    assert split_statements(text) == statements


def test_widgets_are_put_in_and_other_names_left_to_spark() -> None:
    statement = "SELECT ${a}, '${spark.x}', getArgument('b'), getArgument(\"none\")"
    assert substitute_widgets(statement, {"a": "1", "b": "it's"}) == (
        "SELECT 1, '${spark.x}', 'it\\'s', getArgument(\"none\")"
    )


def test_markers_are_found_outside_of_texts_casts_and_times() -> None:
    assert named_markers("SELECT :a, ':b', x::int, '10:30', m[:c] -- :d") == {"a", "c"}
