"""Reads expressions without evaluating them: what they refer to, and what is certain to fail when they run."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from emulators.datafactory.expressions.errors import ExpressionError
from emulators.datafactory.expressions.evaluation import is_expression_object
from emulators.datafactory.expressions.functions import function_named, undefined
from emulators.datafactory.expressions.nodes import Call, Constant, Node, walk
from emulators.datafactory.expressions.template import parse_segments


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with an expression. `path` leads to the string in the analysed value, `$`."""

    path: str
    error: ExpressionError

    @property
    def message(self) -> str:
        """Data Factory's sentence."""
        return self.error.message


@dataclass(slots=True)
class Analysis:
    """What the expressions in a value use, by name, spelt as they spell it; and the problems that are certain.

    Names that are computed (`variables(concat(…))`) cannot be known and are left out. `functions` are named as
    documented.
    """

    activities: set[str] = field(default_factory=set)
    variables: set[str] = field(default_factory=set)
    parameters: set[str] = field(default_factory=set)
    global_parameters: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)


def analyse(value: Any) -> Analysis:
    """The analysis of a JSON string or a whole JSON tree; never raises for what is in it."""
    analysis = Analysis()
    for path, text in _strings(value):
        try:
            segments = parse_segments(text)
        except ExpressionError as error:
            analysis.problems.append(Problem(path, error))
            continue
        for segment, tree in segments:
            for node in walk(tree):
                if isinstance(node, Call):
                    _collect(node, analysis)
                    certain = _certain_error(node)
                    if certain is not None:
                        analysis.problems.append(Problem(path, certain.located(segment.text, node.position)))
    return analysis


def _strings(value: Any) -> Iterator[tuple[str, str]]:
    pending: list[tuple[str, Any]] = [("$", value)]
    while pending:
        path, current = pending.pop()
        if isinstance(current, str):
            yield path, current
        elif isinstance(current, list):
            pending.extend((f"{path}[{index}]", item) for index, item in reversed(list(enumerate(current))))
        elif is_expression_object(current):
            pending.append((path, current["value"]))
        elif isinstance(current, dict):
            pending.extend((f"{path}.{name}", item) for name, item in reversed(current.items()))


def _collect(call: Call, analysis: Analysis) -> None:
    function = function_named(call.name)
    if function is None:
        return
    analysis.functions.add(function.name)
    if function.name in ("activity", "variables") and len(call.arguments) == 1:
        names = analysis.activities if function.name == "activity" else analysis.variables
        names.update(_literal_text(call.arguments[0]))
    elif function.name == "pipeline" and len(call.selections) >= 2:
        kind, name = (selection.key for selection in call.selections[:2])
        for text in _literal_text(kind):
            if text.lower() == "parameters":
                analysis.parameters.update(_literal_text(name))
            elif text.lower() == "globalparameters":
                analysis.global_parameters.update(_literal_text(name))
    elif function.name == "globalParameters" and call.selections:
        analysis.global_parameters.update(_literal_text(call.selections[0].key))


def _literal_text(node: Node) -> list[str]:
    return [node.value] if isinstance(node, Constant) and isinstance(node.value, str) else []


def _certain_error(call: Call) -> ExpressionError | None:
    """The error that this call ends in whatever the scope: an unknown name, a wrong number, a literal of a wrong
    type.
    """
    function = function_named(call.name)
    if function is None:
        return undefined(call.name)
    try:
        function.signature.check_count(len(call.arguments))
        for index, argument in enumerate(call.arguments):
            if isinstance(argument, Constant):
                function.signature.check_type(index, argument.value)
    except ExpressionError as error:
        return error
    return None
