"""`dbutils.widgets`: the notebook's parameters.

A value given to the run wins over every default, also when the notebook declares the widget later or never
(documented behaviour).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass


class InputWidgetNotDefined(Exception):
    """No value and no declaration for that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"com.databricks.dbutils_v1.InputWidgetNotDefined: No input widget named {name} is defined")


@dataclass(frozen=True)
class _Widget:
    kind: str
    default: str
    choices: tuple[str, ...] = ()


class Widgets:
    """The widgets of one run. Values are strings, always; a multiselect's value is its choices joined by commas."""

    def __init__(self, parameters: Mapping[str, str]) -> None:
        self._parameters = dict(parameters)
        self._declared: dict[str, _Widget] = {}

    def text(self, name: str, defaultValue: str, label: str | None = None) -> None:  # noqa: N803
        self._declare(name, _Widget("text", defaultValue), label)

    def dropdown(self, name: str, defaultValue: str, choices: Sequence[str], label: str | None = None) -> None:  # noqa: N803
        self._declare(name, _Widget("dropdown", defaultValue, tuple(choices)), label)

    def combobox(self, name: str, defaultValue: str, choices: Sequence[str], label: str | None = None) -> None:  # noqa: N803
        self._declare(name, _Widget("combobox", defaultValue, tuple(choices)), label)

    def multiselect(self, name: str, defaultValue: str, choices: Sequence[str], label: str | None = None) -> None:  # noqa: N803
        self._declare(name, _Widget("multiselect", defaultValue, tuple(choices)), label)

    def get(self, name: str) -> str:
        """The widget's value. Raises InputWidgetNotDefined."""
        values = self.getAll()
        if name not in values:
            raise InputWidgetNotDefined(name)
        return values[name]

    def getAll(self) -> dict[str, str]:  # noqa: N802
        return {name: widget.default for name, widget in self._declared.items()} | self._parameters

    def getArgument(self, name: str, defaultValue: str | None = None) -> str:  # noqa: N802, N803
        """The widget's value, else the default given here; without either raises InputWidgetNotDefined."""
        if defaultValue is None:
            return self.get(name)
        return self.getAll().get(name, defaultValue)

    def remove(self, name: str) -> None:
        self._declared.pop(name, None)

    def removeAll(self) -> None:  # noqa: N802
        self._declared.clear()

    @contextmanager
    def overlaid(self, arguments: Mapping[str, str]) -> Iterator[None]:
        """Give these values while an included notebook runs (`%run path $name="value"`)."""
        outer = self._parameters
        self._parameters = outer | dict(arguments)
        try:
            yield
        finally:
            self._parameters = outer

    def _declare(self, name: str, widget: _Widget, label: str | None) -> None:
        for what, value in (("name", name), ("defaultValue", widget.default), ("label", label or "")):
            if not isinstance(value, str):
                raise TypeError(
                    f"dbutils.widgets.{widget.kind}: {what} must be a string, not {type(value).__name__} {value!r}."
                )
        if not all(isinstance(choice, str) for choice in widget.choices):
            raise TypeError(f"dbutils.widgets.{widget.kind}: choices must be strings.")
        chosen = widget.default.split(",") if widget.kind == "multiselect" and widget.default else [widget.default]
        if widget.kind in {"dropdown", "multiselect"} and not set(chosen) <= {*widget.choices, ""}:
            choices = list(widget.choices)
            raise ValueError(
                f"The default value {widget.default!r} of widget {name} is not among its choices {choices}."
            )
        self._declared[name] = widget
