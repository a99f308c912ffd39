"""Turns the text of one expression into its tree, with a list of open brackets in place of recursion: nesting costs
memory, never stack, and the work grows linearly with the text.
"""

from emulators.datafactory.expressions.errors import ExpressionError
from emulators.datafactory.expressions.lexer import Lexer, TokenKind
from emulators.datafactory.expressions.nodes import Call, Constant, Node, Selection

MAXIMUM_LENGTH = 8192
"""Characters in one expression, without its `@` or `@{}` (documented limit; the sentence is observed)."""

_CONSTANTS: frozenset[str] = frozenset(("Literal", "Integer", "Float"))
_KEYWORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


_Open = tuple[Call, bool | None, int]
"""A bracket that is not closed yet, and where: the arguments of a call, or, with a boolean, a key selected from it
(`?`).
"""


def parse(text: str) -> Node:
    """The tree of `text`, an expression without its `@` or `@{}`; raises ExpressionError."""
    if len(text) > MAXIMUM_LENGTH:
        raise ExpressionError(
            f"The expression limit exceeded: maximum '{MAXIMUM_LENGTH}' and actual '{len(text)}'.",
            expression=text,
            position=MAXIMUM_LENGTH,
        )
    return _Parser(text).parse()


class _Parser(Lexer):
    """Reads tokens and grows the tree; `open` holds the brackets it is inside of."""

    __slots__ = ("open",)

    def __init__(self, text: str) -> None:
        self.open: list[_Open] = []
        super().__init__(text)

    def parse(self) -> Node:
        while True:
            node = self._operand()
            while node is not None:
                if not self.open:
                    if self.kind != "EndOfData":
                        raise self._expected("EndOfData")
                    return node
                node = self._place(node)

    def _operand(self) -> Node | None:
        """A finished constant or call, or None when a bracket was opened and its content comes first."""
        kind, value, start = self.kind, self.value, self.start
        if kind in _CONSTANTS:
            self.advance()
            return Constant(value, start)
        if kind != "Identifier":
            raise self._expected("Identifier")
        name = str(value)
        self.advance()
        keyword = name.lower()
        if keyword in _KEYWORDS:
            return Constant(_KEYWORDS[keyword], start)
        if self.kind != "LeftParenthesis":
            raise self._expected("LeftParenthesis")
        self.advance()
        call = Call(name, [], [], start)
        if self.kind == "RightParenthesis":
            self.advance()
            return self._selections(call)
        self.open.append((call, None, start))
        return None

    def _place(self, node: Node) -> Node | None:
        """Puts a finished node into the innermost open bracket; gives that bracket's call once it is finished too."""
        call, optional, position = self.open[-1]
        if optional is not None:
            if self.kind != "RightSquareBracket":
                raise self._expected("RightSquareBracket")
            call.selections.append(Selection(node, optional, False, position))
        else:
            call.arguments.append(node)
            if self.kind == "Comma":
                self.advance()
                return None
            if self.kind != "RightParenthesis":
                raise self._expected("RightParenthesis")
        self.advance()
        self.open.pop()
        return self._selections(call)

    def _selections(self, call: Call) -> Node | None:
        """Reads the selections behind a call; None when a `[` was opened and its key comes first."""
        while True:
            position = self.start
            optional = self.kind == "QuestionMark"
            if optional:
                self.advance()
            if self.kind == "Dot":
                self.advance()
                if self.kind != "Identifier":
                    raise self._expected("Identifier")
                call.selections.append(Selection(Constant(self.value, self.start), optional, True, self.start))
                self.advance()
            elif self.kind == "LeftSquareBracket":
                self.advance()
                self.open.append((call, optional, position))
                return None
            elif optional:
                raise self._error(
                    f"encountered unexpected token '{self.kind}' after null-safe property dereference operator '?'."
                )
            else:
                return call

    def _expected(self, kind: TokenKind) -> ExpressionError:
        return self._error(f"expected token '{kind}' and actual '{self.kind}'.")

    def _error(self, complaint: str) -> ExpressionError:
        return ExpressionError(
            f"Unable to parse template language expression '{self.text}': {complaint}",
            expression=self.text,
            position=self.start,
        )
