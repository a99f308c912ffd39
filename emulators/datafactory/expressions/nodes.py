"""The tree of a parsed expression: constants, and calls followed by selections, because the language has nothing
else.
"""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(slots=True)
class Constant:
    """A literal: string, Int64, double, boolean or null."""

    value: str | int | float | bool | None
    position: int


@dataclass(slots=True)
class Selection:
    """One step from a value to a part of it: `.name` (a Constant key, `dotted`) or `[key]`; `?` makes it optional."""

    key: "Node"
    optional: bool
    dotted: bool
    position: int


@dataclass(slots=True)
class Call:
    """A function call and the selections made on its result; the name is kept as it was written."""

    name: str
    arguments: list["Node"]
    selections: list[Selection]
    position: int


Node = Constant | Call


def children(node: Node) -> list[Node]:
    """The nodes directly below, in the order in which they are evaluated."""
    if isinstance(node, Constant):
        return []
    return [*node.arguments, *(selection.key for selection in node.selections)]


def walk(node: Node) -> Iterator[Node]:
    """Every node of the tree, parents first; iterative, so that no depth of nesting exhausts the stack."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(reversed(children(current)))
