"""Turns the text of one expression into its tree, with a list of open brackets in place of recursion: nesting costs
memory, never stack, and the work grows linearly with the text.
"""

from dataclasses import dataclass

from emulators.datafactory.expressions.errors import ExpressionError
from emulators.datafactory.expressions.lexer import Token, TokenKind, token_at
from emulators.datafactory.expressions.nodes import Call, Constant, Node, Selection

MAXIMUM_LENGTH = 8192
"""Characters in one expression, without its `@` or `@{}` (documented limit; the sentence is observed)."""

_KEYWORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


@dataclass(slots=True)
class _Open:
    """A bracket that is not closed yet: the arguments of `call`, or, with `optional` set, a key selected from it."""

    call: Call
    optional: bool | None
    position: int


def parse(text: str) -> Node:
    """The tree of `text`, an expression without its `@` or `@{}`; raises ExpressionError."""
    if len(text) > MAXIMUM_LENGTH:
        raise ExpressionError(
            f"The expression limit exceeded: maximum '{MAXIMUM_LENGTH}' and actual '{len(text)}'.",
            expression=text,
            position=MAXIMUM_LENGTH,
        )
    return _Parser(text).parse()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.token = token_at(text, 0)
        self.open: list[_Open] = []

    def parse(self) -> Node:
        while True:
            node = self._operand()
            while node is not None:
                if not self.open:
                    if self.token.kind is not TokenKind.END_OF_DATA:
                        raise self._expected(TokenKind.END_OF_DATA)
                    return node
                node = self._place(node)

    def _operand(self) -> Node | None:
        """A finished constant or call, or None when a bracket was opened and its content comes first."""
        token = self.token
        if token.kind in (TokenKind.LITERAL, TokenKind.INTEGER, TokenKind.FLOAT):
            self._advance()
            return Constant(token.value, token.start)
        if token.kind is not TokenKind.IDENTIFIER:
            raise self._expected(TokenKind.IDENTIFIER)
        name = str(token.value)
        self._advance()
        if name.lower() in _KEYWORDS:
            return Constant(_KEYWORDS[name.lower()], token.start)
        self._take(TokenKind.LEFT_PARENTHESIS)
        call = Call(name, [], [], token.start)
        if self.token.kind is TokenKind.RIGHT_PARENTHESIS:
            self._advance()
            return self._selections(call)
        self.open.append(_Open(call, None, token.start))
        return None

    def _place(self, node: Node) -> Node | None:
        """Puts a finished node into the innermost open bracket; gives that bracket's call once it is finished too."""
        bracket = self.open[-1]
        call = bracket.call
        if bracket.optional is not None:
            self._take(TokenKind.RIGHT_SQUARE_BRACKET)
            call.selections.append(Selection(node, bracket.optional, False, bracket.position))
        else:
            call.arguments.append(node)
            if self.token.kind is TokenKind.COMMA:
                self._advance()
                return None
            self._take(TokenKind.RIGHT_PARENTHESIS)
        self.open.pop()
        return self._selections(call)

    def _selections(self, call: Call) -> Node | None:
        """Reads the selections behind a call; None when a `[` was opened and its key comes first."""
        while True:
            position = self.token.start
            optional = self.token.kind is TokenKind.QUESTION_MARK
            if optional:
                self._advance()
            if self.token.kind is TokenKind.DOT:
                self._advance()
                name = self._take(TokenKind.IDENTIFIER)
                key = Constant(name.value, name.start)
                call.selections.append(Selection(key, optional, True, name.start))
            elif self.token.kind is TokenKind.LEFT_SQUARE_BRACKET:
                self._advance()
                self.open.append(_Open(call, optional, position))
                return None
            elif optional:
                raise self._error(
                    f"encountered unexpected token '{self.token.kind.value}'"
                    " after null-safe property dereference operator '?'."
                )
            else:
                return call

    def _advance(self) -> None:
        self.token = token_at(self.text, self.token.end)

    def _take(self, kind: TokenKind) -> Token:
        token = self.token
        if token.kind is not kind:
            raise self._expected(kind)
        self._advance()
        return token

    def _expected(self, kind: TokenKind) -> ExpressionError:
        return self._error(f"expected token '{kind.value}' and actual '{self.token.kind.value}'.")

    def _error(self, complaint: str) -> ExpressionError:
        return ExpressionError(
            f"Unable to parse template language expression '{self.text}': {complaint}",
            expression=self.text,
            position=self.token.start,
        )
