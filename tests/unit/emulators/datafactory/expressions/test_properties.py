"""Whatever is thrown at the language, it answers with a JSON value or its own error, soon and without recursion."""

import json
import string
import time
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from emulators.datafactory.expressions import ExpressionError, Scope, analyse, evaluate
from emulators.datafactory.expressions.functions import FUNCTIONS
from emulators.datafactory.expressions.nodes import Call, Constant, Node, Selection, walk
from emulators.datafactory.expressions.parser import parse
from emulators.datafactory.expressions.printing import print_expression
from emulators.datafactory.expressions.text import json_text
from emulators.datafactory.expressions.values import TYPE_NAMES

SCOPE = Scope(
    pipeline={"parameters": {"s": "text", "n": 3, "o": {"a": [1, None]}}, "globalParameters": {}},
    variables={"v": [1.5, "x"]},
    activities={"A": {"output": {"x": 1}, "error": None}},
    item={"k": "v"},
    now=lambda: datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC),
    guid=lambda: uuid.UUID(int=7),
    random=lambda low, _high: low,
)
NAMES = sorted(function.name for function in FUNCTIONS.values())
SOON = 5.0

literals = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    st.sampled_from(
        ["2024-05-06T07:08:09Z", "UTC", "Day", "o", "aGk=", "<a>1</a>", "/a", '{"a":[1]}', "1,5", "%41", "a,b"]
    ),
)
constants = literals.map(lambda value: Constant(value, 0))
identifiers = st.one_of(st.sampled_from(NAMES), st.text(string.ascii_letters + "_$", min_size=1, max_size=8))


def calls(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    dotted = st.builds(
        Selection,
        st.text(string.ascii_letters + "_", min_size=1, max_size=5).map(lambda name: Constant(name, 0)),
        st.booleans(),
        st.just(True),
        st.just(0),
    )
    keyed = st.builds(Selection, inner, st.booleans(), st.just(False), st.just(0))
    names = identifiers.filter(lambda name: name.lower() not in ("true", "false", "null"))
    return st.builds(
        Call, names, st.lists(inner, max_size=4), st.lists(st.one_of(dotted, keyed), max_size=2), st.just(0)
    )


trees: st.SearchStrategy[Node] = st.recursive(constants, calls, max_leaves=12)
punctuated = st.text("()[]{}.,?'@\"\\ \n01eE+-_$aé\u0661\u00b2\U0001f600", max_size=60)
relaxed = settings(suppress_health_check=[HealthCheck.too_slow])


def outcome(text: str) -> Any:
    """The value, or the error, which must have something to say."""
    try:
        return evaluate(text, SCOPE)
    except ExpressionError as error:
        failure = error
    assert failure.message
    assert failure.explain()
    return failure


@given(st.one_of(st.text(max_size=60), punctuated))
@example("@'\ud83d'")
@example("@json('" + "[" * 5000 + "')")
@example("@xml('" + "<a>" * 2000 + "')")
@relaxed
def test_any_text_gives_a_value_or_the_documented_error(text: str) -> None:
    for candidate in (text, f"@{text}", f"x @{{{text}}} y"):
        result = outcome(candidate)
        assert isinstance(result, ExpressionError) or type(result) in TYPE_NAMES
        analyse(candidate)


@given(trees)
@relaxed
def test_any_tree_of_calls_gives_a_value_or_the_documented_error(tree: Node) -> None:
    result = outcome(f"@{print_expression(tree)}")
    if not isinstance(result, ExpressionError):
        json.loads(json_text(result))


@given(trees)
@relaxed
def test_printing_and_parsing_are_each_other_s_reverse(tree: Node) -> None:
    printed = print_expression(tree)
    parsed = parse(printed)
    assert without_positions(parsed) == without_positions(tree)
    assert print_expression(parsed) == printed


def without_positions(tree: Node) -> list[Any]:
    return [
        (type(node.value), repr(node.value))
        if isinstance(node, Constant)
        else (node.name, len(node.arguments), [(step.optional, step.dotted) for step in node.selections])
        for node in walk(tree)
    ]


@given(
    st.recursive(
        literals, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    )
)
@relaxed
def test_text_of_a_value_reads_back_as_the_value(value: Any) -> None:
    scope = Scope(variables={"v": [value]})
    text = evaluate("@string(variables('v'))", scope)
    assert evaluate(
        "@equals(json(variables('t')), variables('v'))", Scope(variables={"t": text, "v": [value]})
    ) or holds_infinity(value)


def holds_infinity(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(holds_infinity, value))
    if isinstance(value, dict):
        return any(map(holds_infinity, value.values())) or is_envelope_like(value)
    return (isinstance(value, float) and abs(value) == float("inf")) or (
        isinstance(value, str) and has_surrogate(value)
    )


def is_envelope_like(value: dict[str, Any]) -> bool:
    return any(name.startswith("$content") for name in value) or any(map(has_surrogate, value))


def has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


@given(st.text(max_size=40))
@relaxed
def test_encodings_lead_back(text: str) -> None:
    scope = Scope(variables={"t": text})
    expected = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    for path in (
        "@base64ToString(base64(variables('t')))",
        "@uriComponentToString(uriComponent(variables('t')))",
        "@dataUriToString(dataUri(variables('t')))",
        "@string(binary(variables('t')))",
    ):
        assert evaluate(path, scope).lstrip("\ufeff") == expected.lstrip("\ufeff")


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)))
@relaxed
def test_times_lead_back(moment: datetime) -> None:
    text = moment.isoformat()
    scope = Scope(variables={"t": text})
    written = evaluate("@formatDateTime(variables('t'))", scope)
    assert evaluate("@formatDateTime(variables('t'))", Scope(variables={"t": written})) == written
    assert datetime.fromisoformat(written[:26]) == moment
    assert evaluate("@addDays(addDays(variables('t'), 1), -1)", scope) == written


@pytest.mark.parametrize(
    "text",
    [
        "@" + "(" * 100_000,
        "@" + "(" * 100_000 + ")" * 100_000,
        "@" + "a(" * 100_000,
        "@" + "toLower(" * 100_000 + "'x'" + ")" * 100_000,
        "@{" * 100_000,
        "@{" + "{" * 100_000 + "}" * 100_000,
        "@" + "[" * 8000,
        "@f()" + "[f()" * 2000,
        "@f()" + ".a" * 4000,
        "@f()" + "?" * 8000,
        "@'" + "'" * 8001,
        "@" + "-" * 8000,
        "@" + "9" * 8000,
        "@" + "1e" * 4000,
        "@json('" + '{"a":' * 1500 + "')",
        "@string(json('" + "[" * 4000 + "]" * 4000 + "'))",
        "@xpath(xml('<a/>'), '" + "/" * 4000 + "')",
        "@formatDateTime('" + "1/" * 4000 + "')",
        "@formatDateTime('2020-01-01', '" + "y" * 8000 + "')",
        "x" * 200_000 + "@",
    ],
    ids=lambda text: f"{text[:12]}-{len(text)}",
)
def test_malformed_and_endless_input_ends_soon(text: str) -> None:
    started = time.process_time()
    outcome(text)
    analyse(text)
    assert time.process_time() - started < SOON


@pytest.mark.parametrize("depth", [10, 100, 1000])
def test_depth_is_no_matter(depth: int) -> None:
    assert evaluate("@" + "not(" * depth + "true" + ")" * depth, SCOPE) is (depth % 2 == 0)
    assert evaluate("@" + "if(true," * (depth // 2) + "7" + ",8)" * (depth // 2), SCOPE) == 7


def test_hundred_thousand_parentheses_are_an_error() -> None:
    assert isinstance(outcome("@concat" + "(" * 100_000), ExpressionError)
