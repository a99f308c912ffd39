"""Reads JSON as leniently as Data Factory's `json()` does: single quotes, bare names, comments, octal and hexadecimal
numbers, NaN, trailing commas, unclosed containers, and anything behind the first value (observed; it is Json.NET's
reader).
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from emulators.datafactory.expressions.utf16 import WHITE_SPACE

_SPECIAL_IN_PATH = frozenset(" .'/\"[]()\t\n\r\f\b\\\x85\u2028\u2029")
_NUMBER_RUN = re.compile(r"[-+a-fA-FxX.0-9]*")
_END_OF_NUMBER = frozenset(WHITE_SPACE) | frozenset(",}])/\0")
_UNLIKE_STRICT = re.compile(r"\\u[dD]|[0-9]{381}")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_DOUBLE = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_MAXIMUM_DIGITS = 380
_MAXIMUM_DEPTH = 512
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "\\": "\\", "/": "/", '"': '"', "'": "'"}
_WORDS: dict[str, tuple[str, Any]] = {
    "true": ("boolean", True),
    "false": ("boolean", False),
    "null": ("null", None),
    "undefined": ("undefined", None),
    "NaN": ("NaN", float("nan")),
    "Infinity": ("Infinity", float("inf")),
    "-Infinity": ("-Infinity", float("-inf")),
}


class JsonError(ValueError):
    """Text that is no JSON even for a lenient reader; the message is Json.NET's."""


def read_json(text: str) -> Any:
    """The first value in `text`, or None when there is none. Integers become int, other numbers float.

    Raises JsonError with Json.NET's sentence, its path, line and position.
    """
    if not _UNLIKE_STRICT.search(text) and not _too_deep(text):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            pass  # not strict JSON: the lenient reader has the last word
    return _Reader(text).read()


_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


def _too_deep(text: str) -> bool:
    if text.count("[") + text.count("{") <= _MAXIMUM_DEPTH:
        return False
    depth = 0
    for match in _BRACKETS.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(match[0], 0)
        if depth > _MAXIMUM_DEPTH:
            return True
    return False


@dataclass(slots=True)
class _Container:
    """An open object or array and where the reader is in it; `closed_last` when its last member is an object or
    array.
    """

    value: dict[str, Any] | list[Any]
    name: str | None = None
    index: int = -1
    empty: bool = True
    closed_last: bool = False


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.open: list[_Container] = []

    def read(self) -> Any:
        self._skip()
        if self._ended():
            return None
        value = self._value()
        while self.open:
            value = self._next_member()
        return value

    def _next_member(self) -> Any:
        """Reads on in the innermost container; the value of the last one closed."""
        container = self.open[-1]
        self._skip()
        if not container.empty and not self._ended() and self._char() not in "}])":
            if self._char() != ",":
                raise self._error(f"After parsing a value an unexpected character was encountered: {self._char()}.")
            self.at += 1
            self._skip()
            if self._ended() and container.closed_last:
                return self._finish()
            if self._ended():
                raise JsonError(f"Unexpected end when reading token. Path '{self._path(outer=True)}'.")
        if self._ended():
            if container.empty:
                raise JsonError(f"Unexpected end when reading token. Path '{self._path(outer=True)}'.")
            return self._finish()
        if self._closes(container):
            return self._close()
        if isinstance(container.value, dict):
            container.name = self._name()
            self._skip()
            if self._ended():
                raise JsonError(f"Unexpected end when reading token. Path '{self._path(outer=True)}'.")
        return self._value()

    def _closes(self, container: _Container) -> bool:
        closing = self._char()
        if isinstance(container.value, dict):
            return closing in "}])" and (closing == "}" or not container.empty)
        return closing in "])" or (closing == "}" and not container.empty)

    def _close(self) -> Any:
        """Takes a closing bracket, which must be the right one."""
        closing = self._char()
        kind = "None" if not self.open else "Object" if isinstance(self.open[-1].value, dict) else "Array"
        closes = {"}": "Object", "]": "Array", ")": "Constructor"}[closing]
        self.at += 1
        if closes != kind:
            if self.open:
                self.open[-1].index = max(self.open[-1].index, 0) if kind == "Array" else self.open[-1].index
                container = self.open.pop()
                path = self._path()
                self.open.append(container)
            else:
                path = ""
            raise self._error(f"JsonToken End{closes} is not valid for closing JsonType {kind}.", path)
        return self._finish_one()

    def _finish_one(self) -> Any:
        value = self.open.pop().value
        if self.open:
            self.open[-1].closed_last = True
        return value

    def _finish(self) -> Any:
        """The outermost value, once the text has ended inside of it."""
        outermost = self.open[0].value
        self.open.clear()
        return outermost

    def _store(self, value: Any) -> Any:
        """Puts a value into the innermost container."""
        if self.open:
            container = self.open[-1]
            container.empty = container.closed_last = False
            if isinstance(container.value, list):
                container.value.append(value)
            else:
                container.value[str(container.name)] = value
        return value

    def _advance_index(self) -> None:
        if self.open and isinstance(self.open[-1].value, list):
            self.open[-1].index += 1

    def _value(self) -> Any:
        character = self._char()
        if character in "\"'":
            value = self._string()
            self._advance_index()
            return self._store(value)
        if character in "{[":
            self.at += 1
            self._advance_index()
            container = _Container({} if character == "{" else [])
            self._store(container.value)
            if len(self.open) == _MAXIMUM_DEPTH:
                raise self._error(f"The reader's MaxDepth of {_MAXIMUM_DEPTH} has been exceeded.")
            self.open.append(container)
            return container.value
        if character in "])":
            return self._close()
        if character == ",":  # nothing between two commas stands for an undefined value
            self._advance_index()
            return self._store(None)
        if character in "tfnuNI" or self.text.startswith("-I", self.at):
            return self._store(self._word(character))
        if character in "-." or character.isnumeric():
            return self._store(self._number())
        raise self._error(f"Unexpected character encountered while parsing value: {character}.")

    def _word(self, character: str) -> Any:
        if character == "n" and self.text[self.at + 1 : self.at + 2] not in ("u", ""):
            raise self._error(f"Unexpected character encountered while parsing value: {character}.")
        word = next(known for known in _WORDS if known[0] == character)
        kind, value = _WORDS[word]
        if len(self.text) - self.at < len(word):
            self.at = len(self.text)
            raise self._error("Unexpected end when reading JSON.")
        for offset, expected in enumerate(word):
            if self.text[self.at + offset] != expected:
                self.at += offset
                raise self._error(f"Error parsing {kind} value.")
        self.at += len(word)
        if not self._ended() and self._char() not in "}],/" and self._char() not in WHITE_SPACE:
            raise self._error(f"Error parsing {kind} value.")
        self._advance_index()
        return value

    def _number(self) -> int | float:
        match = _NUMBER_RUN.match(self.text, self.at)
        digits = match.group() if match else ""
        self.at += len(digits)
        if not self._ended() and self._char() not in _END_OF_NUMBER:
            raise self._error(f"Unexpected character encountered while parsing number: {self._char()}.")
        self._advance_index()
        if len(digits) > _MAXIMUM_DIGITS and _INTEGER.fullmatch(digits):
            raise self._error(f"JSON integer {digits} is too large to parse.")
        try:
            return _number(digits)
        except ValueError:
            raise self._error(f"Input string '{digits}' is not a valid number.") from None

    def _name(self) -> str:
        character = self._char()
        if character in "\"'":
            name = self._string()
        elif character.isalnum() or character in "_$":
            name = self._bare_name()
        else:
            raise self._error(f"Invalid property identifier character: {character}.", self._path(named=True))
        self._skip()
        if self._ended() or self._char() != ":":
            got = "\0" if self._ended() else self._char()
            raise self._error(f"Invalid character after parsing property name. Expected ':' but got: {got}.")
        self.at += 1
        return name

    def _bare_name(self) -> str:
        start = self.at
        while not self._ended():
            character = self._char()
            if character == ":" or character in WHITE_SPACE:
                return self.text[start : self.at]
            if not (character.isalnum() or character in "_$"):
                raise self._error(f"Invalid JavaScript property identifier character: {character}.")
            self.at += 1
        raise self._error("Unexpected end while parsing unquoted property name.")

    def _string(self) -> str:
        quote = self._char()
        self.at += 1
        pieces: list[str] = []
        while not self._ended():
            character = self._char()
            self.at += 1
            if character == quote:
                return "".join(pieces).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
            pieces.append(self._escape(quote) if character == "\\" else character)
        raise self._error(f"Unterminated string. Expected delimiter: {quote}.")

    def _escape(self, quote: str) -> str:
        if self._ended():
            raise self._error(f"Unterminated string. Expected delimiter: {quote}.")
        character = self._char()
        self.at += 1
        if character != "u":
            if character not in _ESCAPES:
                raise self._error(f"Bad JSON escape sequence: \\{character}.")
            return _ESCAPES[character]
        digits = self.text[self.at : self.at + 4]
        if len(digits) < 4:
            raise self._error("Unexpected end while parsing Unicode escape sequence.")
        if not re.fullmatch(r"[0-9a-fA-F]{4}", digits):
            raise self._error(f"Invalid Unicode escape sequence: \\u{digits}.")
        self.at += 4
        return chr(int(digits, 16))

    def _skip(self) -> None:
        """White space and comments."""
        while not self._ended():
            if self._char() in WHITE_SPACE or self._char() == "\0":
                self.at += 1
            elif self._char() == "/":
                self._comment()
            else:
                return

    def _comment(self) -> None:
        self.at += 1
        mark = self.text[self.at : self.at + 1]
        if mark == "*":
            end = self.text.find("*/", self.at + 1)
            if end < 0:
                self.at = len(self.text)
                raise self._error("Unexpected end while parsing comment.")
            self.at = end + 2
        elif mark == "/":
            while not self._ended() and self._char() not in "\r\n":
                self.at += 1
        else:
            raise self._error(f"Error parsing comment. Expected: *, got {mark}.")

    def _ended(self) -> bool:
        return self.at >= len(self.text)

    def _char(self) -> str:
        return self.text[self.at]

    def _error(self, message: str, path: str | None = None) -> JsonError:
        before = self.text[: self.at].replace("\r\n", "\n").replace("\r", "\n")
        position = len(before) - before.rfind("\n") - 1
        line = before.count("\n") + 1 if self.at or self.open else 0
        return JsonError(
            f"{message} Path '{self._path() if path is None else path}', line {line}, position {position}."
        )

    def _path(self, outer: bool = False, named: bool = False) -> str:
        """Json.NET's path of the current value; `outer`, of the container it is in."""
        path = ""
        for container in self.open[:-1] if outer else self.open:
            if isinstance(container.value, list):
                path += f"[{container.index}]" if container.index >= 0 else ""
            elif container.name is not None:
                path += _path_step(container.name, bool(path))
        return path


def _path_step(name: str, follows: bool) -> str:
    if _SPECIAL_IN_PATH.intersection(name):
        escaped = name.replace("\\", "\\\\").replace("'", "\\'")
        return f"['{escaped}']"
    return f".{name}" if follows else name


def _number(digits: str) -> int | float:
    """A number as Json.NET reads it: a leading zero means octal, `0x` hexadecimal. Raises ValueError."""
    if digits[0] == "0" and len(digits) > 1 and digits[1] not in ".eE":
        value = int(digits, 16) if digits[1] in "xX" else int(digits, 8)
        if digits[1] not in "xX" and not digits.isdigit():
            raise ValueError(digits)
        if value >= 2**64:
            raise ValueError(digits)
        return value if value < 2**63 else value - 2**64
    if _INTEGER.fullmatch(digits):
        return int(digits)
    if _DOUBLE.fullmatch(digits):
        return float(digits)
    raise ValueError(digits)
