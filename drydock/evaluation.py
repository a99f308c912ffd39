"""`drydock evaluate`: files in, lines out; the language itself is Data Factory's room."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from emulators.datafactory.expressions import ExpressionError
from emulators.datafactory.expressions.console import evaluate_batch, evaluate_text, interactive, render
from release.errors import ReleaseError
from release.source import read_json


def evaluate_one(expression: str, context: Path | None, output: TextIO, complaints: TextIO) -> bool:
    """Print the value as JSON, or what is wrong with the expression; True when there is a value."""
    try:
        print(render(evaluate_text(expression, _context(context))), file=output)
    except ExpressionError as error:
        print(error.explain(), file=complaints)
        return False
    return True


def evaluate_file(batch: Path, output: TextIO) -> None:
    """Print one JSON line per vector, in order. Raises ReleaseError when the file is not of the expected shape."""
    document = read_json(batch)
    vectors = document.get("vectors")
    if not isinstance(vectors, list):
        raise ReleaseError(f"{batch}: at 'vectors': a list is expected")
    for number, vector in enumerate(vectors):
        if not isinstance(vector, Mapping) or not isinstance(vector.get("expr"), str):
            raise ReleaseError(f"{batch}: at 'vectors[{number}].expr': a string is expected")
    try:
        for answer in evaluate_batch(document):
            print(json.dumps(answer, ensure_ascii=False), file=output)
    except ExpressionError as error:
        raise ReleaseError(f"{batch}: at 'context': {error.message}") from error


def prompt(context: Path | None, source: TextIO, output: TextIO) -> None:
    """Ask for expressions until the input ends."""
    interactive(_context(context), source, output)


def _context(path: Path | None) -> dict[str, Any]:
    return {} if path is None else read_json(path)
