"""Expressions for people and scripts: one text, a batch or a prompt, evaluated in a context that is a JSON document."""

import math
import random
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

from emulators.datafactory.expressions.errors import ExpressionError
from emulators.datafactory.expressions.evaluation import evaluate
from emulators.datafactory.expressions.functions import FUNCTIONS
from emulators.datafactory.expressions.scope import UNSET, Scope
from emulators.datafactory.expressions.text import float_text, json_text

try:
    import readline
except ImportError:  # not on every platform: then the prompt has no history
    readline = None  # type: ignore[assignment]

_PROMPT = "@ "
_HELP = "Type an expression, with or without @; Tab completes functions and names; Ctrl-D ends."
_KNOWN = ("pipeline", "variables", "activities", "item", "dataset", "linkedService", "trigger", "triggerBody", "now")


def scope_from_context(context: Mapping[str, Any]) -> Scope:
    """The scope of a context document: `pipeline` is what `pipeline()` answers, `variables` and `activities` by name;
    where wanted `item`, `dataset`, `linkedService`, `trigger`, `triggerBody`, and `now` as an ISO time. Names may be
    written with `()`.

    Without `now` the clock is the machine's, as are GUIDs and random numbers. Raises ExpressionError for other names.
    """
    named = {name.removesuffix("()"): value for name, value in context.items()}
    for name in named:
        if name not in _KNOWN:
            raise ExpressionError(f"The context has the unknown name '{name}'. It may have: {', '.join(_KNOWN)}.")
    return Scope(
        pipeline=named.get("pipeline"),
        variables=named.get("variables", {}),
        activities=named.get("activities", {}),
        item=named.get("item", UNSET),
        dataset=named.get("dataset"),
        linked_service=named.get("linkedService"),
        trigger=named.get("trigger"),
        trigger_body=named.get("triggerBody", UNSET),
        now=_clock(named.get("now")),
        guid=uuid.uuid4,
        random=random.SystemRandom().randrange,
    )


def evaluate_text(expression: str, context: Mapping[str, Any]) -> Any:
    """The JSON value of a JSON string in a context; raises ExpressionError."""
    return _evaluated(expression, scope_from_context(context))


def evaluate_batch(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """For each `{"expr": …}` of `vectors`, in order: `{"result": value}`, or `{"error": {"code": …, "message": …}}`."""
    scope = scope_from_context(document.get("context", {}))
    for vector in document["vectors"]:
        try:
            yield {"result": _evaluated(vector["expr"], scope)}
        except ExpressionError as error:
            yield {"error": {"code": error.code, "message": error.message}}


def render(value: Any) -> str:
    """A result as JSON text, numbers as Data Factory writes them."""
    return json_text(value)


def interactive(context: Mapping[str, Any], source: TextIO, sink: TextIO) -> None:
    """Reads lines from `source` until it ends and writes each one's value, or what is wrong with it, to `sink`.

    On a terminal there is a prompt with history and completion of functions and of the context's names.
    """
    scope = scope_from_context(context)
    at_terminal = source.isatty()
    if at_terminal:
        _prepare_readline(context)
        print(_HELP, file=sink)
    for line in _typed_lines() if at_terminal else source:
        text = line.strip()
        if text:
            print(_answer(text, scope), file=sink, flush=True)


def completions(typed: str, context: Mapping[str, Any]) -> list[str]:
    """What a line that ends in `typed` may be completed to: functions, and paths to what the context has, in any case.

    Inside of a call that is still open, what is typed there is completed.
    """
    for start in (0, *reversed(_open_brackets(typed))):
        found = _candidates(typed[start:], context)
        if found:
            return [f"{typed[:start]}{candidate}" for candidate in found]
    return []


def _open_brackets(typed: str) -> list[int]:
    """Where the texts inside of the brackets start that are still open, outermost first."""
    opened: list[int] = []
    for index, character in enumerate(typed):
        if character in "([":
            opened.append(index + 1)
        elif character in ")]" and opened:
            opened.pop()
    return opened


def _candidates(typed: str, context: Mapping[str, Any]) -> list[str]:
    candidates = [f"{function.name}(" for function in FUNCTIONS.values()]
    candidates += [f"variables('{name}')" for name in context.get("variables", {})]
    candidates += [f"activity('{name}')" for name in context.get("activities", {})]
    pipeline = context.get("pipeline()") or context.get("pipeline") or {}
    for name, value in pipeline.items():
        candidates.append(f"pipeline(){_selection(name)}")
        if isinstance(value, Mapping):
            candidates += [f"pipeline(){_selection(name)}{_selection(inner)}" for inner in value]
    return sorted(candidate for candidate in candidates if candidate.lower().startswith(typed.lower()))


_NAME = re.compile(r"[^\W\d][\w$]*")


def _selection(name: str) -> str:
    return f".{name}" if _NAME.fullmatch(name) else "['{}']".format(name.replace("'", "''"))


def _answer(text: str, scope: Scope) -> str:
    expression = text if text.startswith("@") or "@{" in text else f"@{text}"
    try:
        return render(_evaluated(expression, scope))
    except ExpressionError as error:
        return error.explain()


def _clock(now: str | None) -> Callable[[], datetime]:
    if now is None:
        return lambda: datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(now)
    except ValueError:
        raise ExpressionError(f"The context's 'now' is '{now}', which is no ISO time.") from None
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return lambda: aware


def _typed_lines() -> Iterator[str]:
    while True:
        try:
            yield input(_PROMPT)
        except EOFError:
            return
        except KeyboardInterrupt:  # as in a shell: the line is dropped, the prompt stays
            print()


def _prepare_readline(context: Mapping[str, Any]) -> None:
    if readline is None:
        return
    found: list[str] = []

    def complete(typed: str, state: int) -> str | None:
        if state == 0:
            found[:] = completions(typed, context)
        return found[state] if state < len(found) else None

    readline.set_completer(complete)
    readline.set_completer_delims(" ,@{")
    readline.parse_and_bind("bind ^I rl_complete" if "libedit" in (readline.__doc__ or "") else "tab: complete")


def _evaluated(expression: str, scope: Scope) -> Any:
    value = evaluate(expression, scope)
    try:
        return _json_value(value)
    except RecursionError:
        raise ExpressionError(
            "The value is nested too deeply to be shown.", expression=expression, position=0
        ) from None


def _json_value(value: Any) -> Any:
    """The value with the numbers that JSON lacks as text, which is how Data Factory writes them."""
    if isinstance(value, float) and not math.isfinite(value):
        return float_text(value)
    if isinstance(value, list):
        return [_json_value(item) for item in value]
    if isinstance(value, dict):
        return {name: _json_value(item) for name, item in value.items()}
    return value
