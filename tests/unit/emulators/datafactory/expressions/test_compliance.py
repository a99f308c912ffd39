"""Every compliance case: a value with its type, or Data Factory's sentence. Cases are data, by function family, with
their
source: `docs` (Microsoft's documentation), `observed` (the engine's answer), `assumed` (neither, but reasoned)."""

import json
from pathlib import Path
from typing import Any

import pytest

from emulators.datafactory.expressions import ExpressionError, Scope, evaluate
from emulators.datafactory.expressions.functions import FAMILIES
from emulators.datafactory.expressions.text import json_text

FILES = {path.stem: path for path in sorted((Path(__file__).parent / "compliance").glob("*.json"))}
CASES = {
    (family, group): cases
    for family, path in FILES.items()
    for group, cases in json.loads(path.read_text(encoding="utf-8")).items()
}
LOOKING_AT_THE_RUN = "reference"


def outcome(expression: str, scope: Scope) -> str:
    """The value as JSON, types and all, or the sentence."""
    try:
        return f"value {json_text(evaluate(expression, scope))}"
    except ExpressionError as error:
        return f"{error.code} {error.message}"


def expected(case: dict[str, Any]) -> str:
    """What the case says, in the same form."""
    if "error" in case:
        return f"{case.get('code', 'InvalidTemplate')} {case['error']}"
    return f"value {json_text(case['result'])}"


@pytest.mark.parametrize(("family", "group"), CASES, ids=lambda name: name.replace(" ", "-"))
def test_cases(family: str, group: str, scope: Scope) -> None:
    differences = [
        f"{case['expression']}\n  expected {expected(case)}\n  got      {outcome(case['expression'], scope)}"
        for case in CASES[family, group]
        if outcome(case["expression"], scope) != expected(case)
    ]
    assert not differences, "\n".join(differences)


@pytest.mark.parametrize(
    "family", [family for family in FAMILIES if family.name != LOOKING_AT_THE_RUN], ids=lambda f: f.name
)
def test_every_function_has_values_and_errors(family: Any) -> None:
    for function in family.functions:
        cases = CASES.get((family.name, function.name), [])
        assert len(cases) >= 5, f"{function.name} needs more cases"
        assert any("result" in case for case in cases), f"{function.name} needs cases with results"
        assert any("error" in case for case in cases), f"{function.name} needs cases with errors"


def test_every_case_tells_its_source() -> None:
    sources = {case.get("source") for cases in CASES.values() for case in cases}
    assert sources == {"docs", "observed", "assumed"}


def test_the_documented_functions_are_all_there() -> None:
    documented = sum(len(family.functions) for family in FAMILIES if family.name != LOOKING_AT_THE_RUN)
    assert documented == 84
