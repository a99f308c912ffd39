"""What a person is told: the place, with a caret under it, and what was probably meant."""

import pytest

from emulators.datafactory.expressions import ExpressionError, Scope, evaluate

SCOPE = Scope(
    pipeline={"parameters": {"folderPath": "in"}, "globalParameters": {"storageAccount": "a"}},
    variables={"outcome": "x"},
    activities={"PrepareData": {"output": {"runOutput": 1}}},
)


def error_of(expression: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        evaluate(expression, SCOPE)
    return caught.value


@pytest.mark.parametrize(
    ("expression", "meant"),
    [
        ("@conct('a')", "concat"),
        ("@formatDatetim('x')", "formatDateTime"),
        ("@pipeline().parameters.folderpth", "folderPath"),
        ("@pipeline().globalParameters.storageAcount", "storageAccount"),
        ("@variables('outcom')", "outcome"),
        ("@activity('PrepareDta').output", "PrepareData"),
        ("@activity('PrepareData').output.runOutputs", "runOutput"),
    ],
)
def test_a_name_that_is_nearly_right_is_suggested(expression: str, meant: str) -> None:
    error = error_of(expression)
    assert error.suggestion == meant
    assert error.explain().endswith(f"Did you mean '{meant}'?")


def test_nothing_is_suggested_where_nothing_is_near() -> None:
    assert error_of("@variables('something else')").suggestion is None


@pytest.mark.parametrize(
    ("expression", "position"),
    [
        ("@concat('a', add(1, 'x'))", 12),
        ("@concat('a' 'b')", 11),
        ("@concat('a#", 7),
        ("@concat('a', # )", 12),
        ("@pipeline().parameters.nothing.more", 22),
        ("@pipeline()['nothing']", 10),
        ("@if(true, div(1, 0), 1)", 9),
        ("@{concat('a')} and @{toLower(1)}", 0),
        ("@and(true, 1)", 0),
    ],
)
def test_the_place_is_told(expression: str, position: int) -> None:
    assert error_of(expression).position == position


def test_a_caret_points_at_the_place() -> None:
    lines = error_of("@concat('a', add(1, 'x'))").explain().splitlines()
    assert lines[2] == "    concat('a', add(1, 'x'))"
    assert lines[3] == "                ^"


def test_only_the_line_in_question_is_shown() -> None:
    lines = error_of("@concat(\n  'a',\n  toLower(1)\n)").explain().splitlines()
    assert lines[2:] == ["      toLower(1)", "      ^"]


def test_a_long_line_is_cut_around_the_place() -> None:
    shown, caret = error_of(f"@concat('{'x' * 300}', toLower(1), '{'y' * 300}')").explain().splitlines()[2:4]
    assert len(shown) <= 104
    assert shown[caret.index("^") :].startswith("toLower(1)")


def test_an_error_without_a_place_is_one_line() -> None:
    assert ExpressionError("A sentence.").explain() == "InvalidTemplate: A sentence."
