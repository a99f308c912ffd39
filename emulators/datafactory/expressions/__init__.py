"""Data Factory's expression language: pure, compiled once and cached by text, with Data Factory's own values and
error sentences.
"""

from emulators.datafactory.expressions.analysis import Analysis, Problem, analyse
from emulators.datafactory.expressions.errors import ExpressionError
from emulators.datafactory.expressions.evaluation import evaluate, evaluate_value
from emulators.datafactory.expressions.scope import UNSET, Scope
from emulators.datafactory.expressions.template import Template, compile_template

__all__ = [
    "UNSET",
    "Analysis",
    "ExpressionError",
    "Problem",
    "Scope",
    "Template",
    "analyse",
    "compile_template",
    "evaluate",
    "evaluate_value",
]
