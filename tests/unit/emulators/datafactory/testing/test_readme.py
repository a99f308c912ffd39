"""The unit-test API's README is true: its factory is written to a folder, its tests are run there by pytest."""

import re
from pathlib import Path

import pytest

from emulators.datafactory import testing

pytest_plugins = ["pytester"]

README = (Path(testing.__file__).parent / "README.md").read_text("utf-8")
FILES = re.findall(r"^`(adf/[^`]+)`\n\n```json\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
TESTS = [
    (section.partition("\n")[0], source)
    for section in README.split("\n## ")[1:]
    for source in re.findall(r"^```python\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
]
PARAMETRIZED = 2
"""Tests that run once more than they are written."""

CONFTEST = 'pytest_plugins = ["emulators.datafactory.testing.pytest_plugin"]\n'


def test_the_readme_has_a_test_of_each_kind() -> None:
    assert [heading for heading, _ in TESTS] == [
        "One activity's expressions",
        "One activity's expressions",
        "Datasets and linked services",
        "A whole pipeline with stubs",
        "A failure's road",
        "Order, and what did not run",
        "Child pipelines",
        "What a trigger passes on",
        "Virtual time",
    ]
    assert CONFTEST in README
    assert README.count("```json") == len(FILES)
    assert README.count("```python") == len(TESTS)


def test_its_tests_pass(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    for name, content in FILES:
        path = pytester.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    for number, (_, source) in enumerate(TESTS):
        (pytester.path / f"test_{number}.py").write_text(source, "utf-8")
    result = pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider")
    written = sum(len(re.findall(r"^def test_", source, re.MULTILINE)) for _, source in TESTS)
    result.assert_outcomes(passed=written + PARAMETRIZED)
