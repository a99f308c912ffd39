"""What expressions refer to, and what is certain to fail, without evaluating them."""

import pytest

from emulators.datafactory.expressions import analyse


def test_all_references_are_found() -> None:
    analysis = analyse(
        {
            "path": "@concat(pipeline().parameters.folder, '/', variables('Name'))",
            "query": {
                "value": "@{activity('Look Up').output.firstRow} @{pipeline().globalParameters['account']}",
                "type": "Expression",
            },
            "list": ["@activity('Prepare').Status", "@@concat('no')", "plain", 5, None],
            "if": "@if(true, pipeline().PARAMETERS.other, globalParameters().old)",
        }
    )
    assert analysis.activities == {"Look Up", "Prepare"}
    assert analysis.variables == {"Name"}
    assert analysis.parameters == {"folder", "other"}
    assert analysis.global_parameters == {"account", "old"}
    assert analysis.functions == {"concat", "pipeline", "variables", "activity", "if", "globalParameters"}
    assert analysis.problems == []


def test_references_inside_of_selections_and_lazy_branches_count() -> None:
    analysis = analyse("@coalesce(null, json('{}')[variables('key')], activity('A').output)")
    assert (analysis.variables, analysis.activities) == ({"key"}, {"A"})


def test_computed_names_are_left_out() -> None:
    analysis = analyse("@variables(concat('a', 'b'))")
    assert analysis.variables == set()
    assert analysis.problems == []


CERTAIN = {
    "@concat(": (
        "Unable to parse template language expression 'concat(': expected token 'Identifier' and actual 'EndOfData'."
    ),
    "@conct('a')": "The template function 'conct' is not defined or not valid.",
    "@toLower('a', 'b')": (
        "The function 'toLower' expects one parameter: the string to convert to lower casing."
        " The function was invoked with '2' parameters."
    ),
    "@if(true, toUpper(1), 'x')": (
        "The function 'toUpper' expects its parameter to be a string. The provided value is of type 'Integer'."
    ),
    "@and(true, 'x')": (
        "The function 'and' expects all of its parameters to be booleans. Found invalid parameter types: 'String'."
    ),
    "@addDays('2020-01-01', 'one')": (
        "The function 'addDays' expects its second parameter to be an integer. The provided value is of type 'String'."
    ),
    "@substring('abc', 1, 'x')": (
        "The function 'substring' expects its third parameter 'length' to be an integer."
        " The provided value is of type 'String'."
    ),
}


@pytest.mark.parametrize("expression", CERTAIN)
def test_what_must_fail_is_told(expression: str) -> None:
    assert [problem.message for problem in analyse(expression).problems] == [CERTAIN[expression]]


def test_a_problem_tells_where_it_is() -> None:
    (problem,) = analyse({"a": [{"b": "x @{foo()}"}]}).problems
    assert problem.path == "$.a[0].b"
    assert (problem.error.expression, problem.error.position) == ("foo()", 0)


def test_every_problem_is_told() -> None:
    assert len(analyse(["@foo(bar())", "@concat()", "fine"]).problems) == 3


def test_values_that_only_running_can_tell_are_no_problem() -> None:
    assert analyse("@toLower(pipeline().parameters.n)").problems == []
    assert analyse("@div(1, 0)").problems == []
