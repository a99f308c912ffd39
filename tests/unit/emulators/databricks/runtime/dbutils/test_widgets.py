"""Widgets: the run's value, the default, neither."""

import pytest

from emulators.databricks.runtime.dbutils.widgets import InputWidgetNotDefined, Widgets


def test_a_runs_value_wins_declared_or_not() -> None:
    widgets = Widgets({"given": "run"})
    assert widgets.get("given") == "run"
    widgets.text("given", "default")
    widgets.text("other", "default", "Label")
    assert widgets.getAll() == {"given": "run", "other": "default"}


def test_what_nobody_defined_is_an_error_that_names_it() -> None:
    with pytest.raises(InputWidgetNotDefined, match="No input widget named x is defined"):
        Widgets({}).get("x")
    assert Widgets({}).getArgument("x", "fallback") == "fallback"


def test_removed_widgets_are_gone() -> None:
    widgets = Widgets({})
    widgets.dropdown("d", "a", ["a", "b"])
    widgets.combobox("c", "free", ["a"])
    widgets.multiselect("m", "a,b", ["a", "b", "c"])
    assert widgets.getAll() == {"d": "a", "c": "free", "m": "a,b"}
    widgets.remove("d")
    widgets.removeAll()
    assert widgets.getAll() == {}


@pytest.mark.parametrize("declare", ["dropdown", "multiselect"])
def test_a_default_must_be_a_choice(declare: str) -> None:
    with pytest.raises(ValueError, match="not among its choices"):
        getattr(Widgets({}), declare)("w", "z", ["a"])


def test_values_are_strings() -> None:
    with pytest.raises(TypeError, match="defaultValue must be a string"):
        Widgets({}).text("n", 1)  # type: ignore[arg-type]


def test_values_of_an_included_notebook_end_with_it() -> None:
    widgets = Widgets({"a": "outer"})
    with widgets.overlaid({"a": "inner", "b": "1"}):
        assert widgets.getAll() == {"a": "inner", "b": "1"}
    assert widgets.getAll() == {"a": "outer"}
