"""Compiles a tree to a short list of instructions for a stack, and runs it: each text once compiled, any number of
times run, at no depth of nesting a recursion.
"""

from functools import lru_cache
from typing import Any, NamedTuple

from emulators.datafactory.expressions.errors import ExpressionError
from emulators.datafactory.expressions.functions import function_named, undefined
from emulators.datafactory.expressions.functions.signature import Bound, Function
from emulators.datafactory.expressions.nodes import Call, Constant, Node, Selection
from emulators.datafactory.expressions.scope import Scope
from emulators.datafactory.expressions.selection import select
from emulators.datafactory.expressions.text import check_length
from emulators.datafactory.expressions.values import BeyondInt64

PUSH = 0  # operand: a value
CALL = 1  # operand: (bound function, number of arguments, name)
SELECT_NAME = 2  # operand: (name, optional)
SELECT = 3  # operand: optional; the key is on the stack
JUMP = 4  # operand: where to
BRANCH = 5  # operand: where to unless the condition of `if` on the stack is true
SHORTCUT = 6  # operand: (function, value that decides, where to then)
FIRST = 7  # operand: where to when the value on the stack is not null; else it is dropped
UNDEFINED = 8  # operand: name

Instruction = tuple[int, Any, int]
"""What to do, with what, and the position in the text it came from."""


class Program(NamedTuple):
    """The instructions of one expression and the text they came from, for messages."""

    text: str
    code: list[Instruction]


_LAZY = frozenset(("if", "and", "or", "coalesce"))


def compile_node(node: Node, text: str) -> Program:
    """The program of a tree."""
    return Program(text, _Compiler().compile(node))


class _Compiler:
    """Walks the tree with a list of what is left to do, so that depth costs no stack."""

    def __init__(self) -> None:
        self.code: list[Instruction] = []
        self.pending: list[Any] = []

    def compile(self, node: Node) -> list[Instruction]:
        self.pending.append(node)
        while self.pending:
            task = self.pending.pop()
            kind = type(task)
            if kind is tuple:
                self.code.append(task)
            elif kind is Constant:
                self.code.append((PUSH, task.value, task.position))
            elif kind is Call:
                self._call(task)
            else:
                task()
        return self.code

    def _call(self, call: Call) -> None:
        if call.selections:
            self._selections(call.selections)
        function = function_named(call.name)
        if function is None:
            self._eager(call, (UNDEFINED, call.name, call.position))
            return
        count = len(call.arguments)
        instruction = (CALL, (_bound(function, count), count, function.name), call.position)
        if function.name not in _LAZY or not count:
            self._eager(call, instruction)
        elif function.name == "coalesce":
            self._first(call)
        elif function.name != "if":
            self._chain(call, function)
        elif count == 3:
            self._choice(call)
        else:  # a wrong number of branches is an error before any of them is evaluated
            self.code += [(PUSH, None, call.position)] * count
            self.code.append(instruction)

    def _eager(self, call: Call, instruction: Instruction) -> None:
        """All arguments, then the call."""
        if call.arguments:
            self.pending.append(instruction)
            self.pending.extend(reversed(call.arguments))
        else:
            self.code.append(instruction)

    def _selections(self, selections: list[Selection]) -> None:
        for selection in reversed(selections):
            key = selection.key
            if isinstance(key, Constant) and type(key.value) is str:
                self.pending.append((SELECT_NAME, (key.value, selection.optional), selection.position))
            else:
                self.pending.append((SELECT, selection.optional, selection.position))
                self.pending.append(key)

    def _choice(self, call: Call) -> None:
        condition, positive, negative = call.arguments
        places: list[int] = []

        def branch() -> None:
            places.append(len(self.code))
            self.code.append((BRANCH, 0, call.position))

        def otherwise() -> None:
            places.append(len(self.code))
            self.code.append((JUMP, 0, call.position))
            self.code[places[0]] = (BRANCH, len(self.code), call.position)

        def end() -> None:
            self.code[places[1]] = (JUMP, len(self.code), call.position)

        self.pending.extend((end, negative, otherwise, positive, branch, condition))

    def _chain(self, call: Call, function: Function) -> None:
        places: list[int] = []
        decides = function.name == "or"

        def shortcut() -> None:
            places.append(len(self.code))
            self.code.append((SHORTCUT, (function, decides, 0), call.position))

        def end() -> None:
            for place in places:
                self.code[place] = (SHORTCUT, (function, decides, len(self.code)), call.position)
            self.code.append((PUSH, not decides, call.position))

        self.pending.append(end)
        for argument in reversed(call.arguments):
            self.pending.extend((shortcut, argument))

    def _first(self, call: Call) -> None:
        places: list[int] = []

        def found() -> None:
            places.append(len(self.code))
            self.code.append((FIRST, 0, call.position))

        def end() -> None:
            for place in places:
                self.code[place] = (FIRST, len(self.code), call.position)

        self.pending.extend((end, call.arguments[-1]))
        for argument in reversed(call.arguments[:-1]):
            self.pending.extend((found, argument))


def run(program: Program, scope: Scope) -> Any:
    """The value of an expression; raises ExpressionError with the place in the text where it came to nothing."""
    code = program.code
    stack: list[Any] = []
    counter = 0
    end = len(code)
    try:
        while counter < end:
            op, operand, _ = code[counter]
            counter += 1
            if op == PUSH:
                stack.append(operand)
            elif op == CALL:
                function, count, _ = operand
                value = function(scope, _popped(stack, count) if count else ())
                stack.append(_short_enough(value) if type(value) is str else value)
            elif op == SELECT_NAME:
                stack[-1] = _by_name(stack[-1], operand, program.text)
            elif op == SELECT:
                key = stack.pop()
                stack[-1] = select(stack[-1], key, operand, program.text)
            else:
                counter = _control(op, operand, counter, stack)
    except ExpressionError as error:
        raise error.located(program.text, code[counter - 1][2]) from None
    except BeyondInt64 as error:
        raise ExpressionError(str(error)).located(program.text, code[counter - 1][2]) from None
    except (ArithmeticError, ValueError, RecursionError, MemoryError):
        raise _unexpected(code[counter - 1], program.text) from None
    return stack[-1]


def _popped(stack: list[Any], count: int) -> list[Any]:
    arguments = stack[-count:]
    del stack[-count:]
    return arguments


def _by_name(target: Any, operand: tuple[str, bool], text: str) -> Any:
    name, optional = operand
    if type(target) is dict and name in target:
        return target[name]
    return select(target, name, optional, text)


def _short_enough(text: str) -> str:
    check_length(len(text))
    return text


@lru_cache(maxsize=1024)
def _bound(function: Function, count: int) -> Bound:
    return function.bind(count)


def _control(op: int, operand: Any, counter: int, stack: list[Any]) -> int:
    """Instructions that choose what comes next; gives its place."""
    if op == JUMP:
        return int(operand)
    if op == FIRST:
        if stack[-1] is not None:
            return int(operand)
        stack.pop()
        return counter
    if op == BRANCH:
        condition = stack.pop()
        if type(condition) is not bool:
            _IF.signature.check_type(0, condition)
        return counter if condition else int(operand)
    if op == SHORTCUT:
        function, decides, target = operand
        value = stack.pop()
        if type(value) is not bool:
            function.signature.check_type(0, value)
        if value is not decides:
            # the next argument follows, or, behind the last one, the value that nothing decided against
            return counter
        stack.append(value)
        return int(target) + 1
    raise undefined(operand)


def _function(name: str) -> Function:
    function = function_named(name)
    if function is None:
        raise AssertionError(name)
    return function


_IF = _function("if")


def _unexpected(instruction: Instruction, text: str) -> ExpressionError:
    """What the engine says of values that a function cannot cope with, such as ones nested too deeply to be written."""
    operand = instruction[1]
    name = operand[2] if instruction[0] == CALL else "value"
    return ExpressionError(
        f"The provided parameters for template language function '{name}' are not valid.",
        expression=text,
        position=instruction[2],
    )
