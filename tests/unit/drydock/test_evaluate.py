"""`drydock evaluate` as a person and as a script use it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from drydock.main import app
from release.errors import ReleaseError

RUN = CliRunner()


def written(folder: Path, document: object) -> str:
    path = folder / "document.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)


def test_a_value_is_printed_as_json(tmp_path: Path) -> None:
    context = written(tmp_path, {"pipeline()": {"parameters": {"p": "ü"}}})
    answer = RUN.invoke(
        app, ["evaluate", "@createArray(concat('a', pipeline().parameters.p), 1.0)", "--context", context]
    )
    assert (answer.exit_code, answer.stdout) == (0, '["aü",1.0]\n')


def test_an_error_goes_to_standard_error_with_the_place_and_a_guess() -> None:
    answer = RUN.invoke(app, ["evaluate", "@concat(toUper('a'))"])
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert "'toUper' is not defined" in answer.stderr
    assert "toUpper" in answer.stderr


def test_a_batch_gives_one_line_per_vector_in_order(tmp_path: Path) -> None:
    document = {
        "context": {"variables": {"v": 7}},
        "vectors": [{"expr": "@variables('v')"}, {"expr": "@nothing()"}, {"expr": "x"}],
    }
    answer = RUN.invoke(app, ["evaluate", "--batch", written(tmp_path, document)])
    first, second, third = (json.loads(line) for line in answer.stdout.splitlines())
    assert first == {"result": 7}
    assert second["error"]["code"] == "InvalidTemplate"
    assert third == {"result": "x"}


@pytest.mark.parametrize(
    ("document", "fragment"),
    [
        ({}, "at 'vectors': a list is expected"),
        ({"vectors": [{"expr": "a"}, {}]}, r"at 'vectors\[1\].expr'"),
        ({"vectors": [], "context": {"nonsense": 1}}, "at 'context': .*nonsense"),
    ],
)
def test_a_batch_of_another_shape_is_refused_with_the_place(tmp_path: Path, document: object, fragment: str) -> None:
    with pytest.raises(ReleaseError, match=fragment):
        RUN.invoke(app, ["evaluate", "--batch", written(tmp_path, document)], catch_exceptions=False)


def test_without_an_expression_lines_are_read() -> None:
    answer = RUN.invoke(app, ["evaluate"], input="@add(1, 2)\n\nconcat('a')\n")
    assert answer.stdout.splitlines() == ["3", '"a"']
