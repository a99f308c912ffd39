"""Workspace paths. `/Workspace/X` and `/X` name the same object; inside, every path has the short form."""

import posixpath

from emulators.databricks.errors import InvalidParameterValue


def normal(path: str) -> str:
    """The short absolute form, without a trailing slash. Raises InvalidParameterValue for a relative path.

    `..` is resolved within the tree and cannot leave it.
    """
    if not path.startswith("/"):
        raise InvalidParameterValue(f"Path ({path}) doesn't start with '/'")
    if "\x00" in path:
        raise InvalidParameterValue("Path contains a NUL character")
    short = "/" + posixpath.normpath(path).lstrip("/")
    if short == "/Workspace":
        return "/"
    return short.removeprefix("/Workspace") if short.startswith("/Workspace/") else short


def parent(path: str) -> str:
    return posixpath.dirname(path)


def ancestors(path: str) -> list[str]:
    """Every folder above `path`, the root first."""
    above: list[str] = []
    while path != "/":
        path = parent(path)
        above.append(path)
    return above[::-1]
