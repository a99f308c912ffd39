"""Prints a tree as the shortest text that parses to the same tree: the other half of the parser, and its proof."""

from emulators.datafactory.expressions.nodes import Call, Constant, Node


def print_expression(node: Node) -> str:
    """The text of `node`, without `@`; parsing it gives the same tree, positions aside."""
    pieces: list[str] = []
    pending: list[Node | str] = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, str):
            pieces.append(current)
        elif isinstance(current, Constant):
            pieces.append(print_constant(current.value))
        else:
            pending.extend(reversed(_parts(current)))
    return "".join(pieces)


def print_constant(value: str | int | float | bool | None) -> str:
    """The literal that stands for `value`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, float):
        return repr(value) if value not in (float("inf"), float("-inf")) else ("1e999" if value > 0 else "-1e999")
    return str(value)


def _parts(call: Call) -> list[Node | str]:
    parts: list[Node | str] = [call.name, "("]
    for index, argument in enumerate(call.arguments):
        parts += [", ", argument] if index else [argument]
    parts.append(")")
    for selection in call.selections:
        mark = "?" if selection.optional else ""
        if selection.dotted and isinstance(selection.key, Constant):
            parts.append(f"{mark}.{selection.key.value}")
        else:
            parts += [f"{mark}[", selection.key, "]"]
    return parts
