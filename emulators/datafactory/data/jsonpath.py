"""The paths of mappings: `$['orders'][0].price` from the document's root, `['price']` from the current element."""

import re
from typing import Any

from emulators.datafactory.data.errors import DataError

Path = tuple[str | int, ...]

_STEP = re.compile(r"\.?\['((?:[^'\\]|\\.)*)'\]|\[(\d+)\]|\.?([^.\[\]'$\s][^.\[\]']*)")


def parse_path(written: str) -> tuple[bool, Path]:
    """Whether the path begins at the root, and its steps; raises DataError (code documented) for one that is wrong."""
    rooted = written.startswith("$")
    position = 1 if rooted else 0
    steps: list[str | int] = []
    while position < len(written):
        found = _STEP.match(written, position)
        if found is None:
            raise DataError(
                "JsonInvalidArrayPathDefinition",
                "Error occurred when deserializing source JSON data. Check whether the JsonPath in JsonNodeReference "
                f"and JsonPathDefintion is valid. '{written}' is not.",
            )
        name, index, plain = found.groups()
        steps.append(int(index) if index is not None else name.replace("\\'", "'") if name is not None else plain)
        position = found.end()
    return rooted, tuple(steps)


def at(document: Any, path: Path) -> Any:
    """What is at the path, None where there is nothing."""
    for step in path:
        if isinstance(step, int):
            document = document[step] if isinstance(document, list) and step < len(document) else None
        else:
            document = document.get(step) if isinstance(document, dict) else None
    return document


def put(document: dict[str, Any], path: Path, value: Any) -> None:
    """Set a value at a path of names, making the objects on the way; raises DataError for a path through an array."""
    for step in path[:-1]:
        document = document.setdefault(_name(step), {})
    document[_name(path[-1])] = value


def _name(step: str | int) -> str:
    if isinstance(step, int):
        raise DataError("JsonInvalidArrayPathDefinition", "A mapping cannot write the elements of an array.", "Sink")
    return step
