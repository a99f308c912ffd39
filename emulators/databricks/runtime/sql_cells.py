"""The text of a `%sql` cell: several statements, widget values in three spellings.

A pure module. Strings, quoted names and comments are recognised, so a semicolon or a dollar sign inside them is
left alone.
"""

import re
from collections.abc import Mapping

_TOKEN = re.compile(
    r"""(?P<comment>--[^\n]*|/\*.*?\*/)|(?P<text>'(?:\\.|''|[^'\\])*'|"(?:\\.|[^"\\])*"|`[^`]*`)|(?P<end>;)|(?P<other>.)""",
    re.DOTALL,
)
_MARKER = re.compile(r"(?<![:\w]):([A-Za-z_]\w*)")
_DOLLAR = re.compile(r"\$\{(\w[\w.]*)\}")
_GET_ARGUMENT = re.compile(r"""getArgument\(\s*(?:'([^']+)'|"([^"]+)")\s*\)""")


def split_statements(text: str) -> list[str]:
    """The statements of a cell, without their semicolons, without those that are only blank or comment."""
    statements, current, meaningful = [], "", False
    for token in _TOKEN.finditer(text):
        if token["end"]:
            if meaningful:
                statements.append(current.strip())
            current, meaningful = "", False
            continue
        current += token[0]
        meaningful = meaningful or bool(token["text"] or (token["other"] or "").strip())
    return [*statements, current.strip()] if meaningful else statements


def substitute_widgets(statement: str, widgets: Mapping[str, str]) -> str:
    """Replace `${name}` by a widget's value and `getArgument('name')` by it as a string.

    Names that are no widget stay (Spark's settings).
    """
    statement = _DOLLAR.sub(lambda match: widgets.get(match[1], match[0]), statement)
    return _GET_ARGUMENT.sub(lambda match: _literal(match, widgets), statement)


def named_markers(statement: str) -> set[str]:
    """The names of the `:name` parameter markers in a statement."""
    return set(_MARKER.findall(_without_texts(statement)))


def _without_texts(statement: str) -> str:
    return "".join(" " if token["comment"] or token["text"] else token[0] for token in _TOKEN.finditer(statement))


def _literal(match: re.Match[str], widgets: Mapping[str, str]) -> str:
    value = widgets.get(match[1] or match[2])
    return match[0] if value is None else "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
