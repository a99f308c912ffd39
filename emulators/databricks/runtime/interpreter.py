"""Runs a notebook's cells one after the other in one namespace.

Each kind of cell is one entry of a table; a kind that is not there is refused by name. A cell's last expression is
shown when it has a value, as in a notebook.
"""

import ast
import asyncio
import inspect
import shlex
import subprocess
import sys
from collections.abc import Callable
from typing import Any, Protocol

from pyspark.sql import DataFrame, SparkSession

from emulators.databricks.runtime.dbutils import DBUtils
from emulators.databricks.runtime.dbutils.notebook import NotebookExit
from emulators.databricks.runtime.display import display
from emulators.databricks.runtime.notebook_source import Cell, Notebook, parse_run, resolve_path
from emulators.databricks.runtime.sql_cells import named_markers, split_statements, substitute_widgets
from emulators.databricks.runtime.tracebacks import cell_name, register_source
from emulators.databricks.runtime.unsupported import UnsupportedError

_DEEPEST_INCLUSION = 50


class LoadNotebook(Protocol):
    """Finds a notebook of the workspace by its absolute path."""

    def __call__(self, path: str) -> Notebook: ...


class Interpreter:
    """One run's namespace and the cells executed in it."""

    def __init__(self, spark: SparkSession, dbutils: DBUtils, namespace: dict[str, Any], load: LoadNotebook) -> None:
        self._spark = spark
        self._dbutils = dbutils
        self._namespace = namespace
        self._load = load
        self._depth = 0
        self._kinds: dict[str, Callable[[Notebook, Cell], None]] = {
            "python": self._python,
            "sql": self._sql,
            "run": self._include,
            "sh": self._shell,
            "fs": self._files,
            "pip": self._pip,
            "md": _nothing,
            "md-sandbox": _nothing,
        }

    def run(self, notebook: Notebook) -> None:
        """Run every cell. Raises what a cell raises; NotebookExit when one asked to end.

        However it tried to hold on.
        """
        for cell in notebook.cells:
            self._kind(notebook, cell)(notebook, cell)
            if self._dbutils.notebook.exit_request.requested:
                raise NotebookExit

    def _kind(self, notebook: Notebook, cell: Cell) -> Callable[[Notebook, Cell], None]:
        if cell.kind not in self._kinds:
            where = f"%{cell.kind} ({notebook.path}, cell {cell.number})"
            raise UnsupportedError(where, f"Cells can be {', '.join(sorted(self._kinds))}.")
        return self._kinds[cell.kind]

    def _python(self, notebook: Notebook, cell: Cell) -> None:
        name = cell_name(notebook.path, cell.number)
        register_source(name, cell.text)
        tree = ast.parse(_without_shell_lines(cell), name)
        shown = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        self._execute(compile(tree, name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT))
        if isinstance(shown, ast.Expr):
            expression = ast.Expression(shown.value)
            value = self._execute(compile(expression, name, "eval", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT))
            if value is not None:
                print(repr(value))

    def _execute(self, code: Any) -> Any:
        outcome = eval(code, self._namespace)  # noqa: S307 - running the user's code is what this is for
        return asyncio.run(outcome) if code.co_flags & inspect.CO_COROUTINE else outcome

    def _sql(self, notebook: Notebook, cell: Cell) -> None:
        widgets = self._dbutils.widgets.getAll()
        for statement in split_statements(cell.text):
            text = substitute_widgets(statement, widgets)
            values = {name: widgets[name] for name in named_markers(text) if name in widgets}
            frame: DataFrame = self._spark.sql(text, args=values) if values else self._spark.sql(text)
            self._namespace["_sqldf"] = frame
            if frame.columns:
                display(frame)

    def _include(self, notebook: Notebook, cell: Cell) -> None:
        """`%run`: the other notebook's cells, here and now, in this namespace."""
        directive = parse_run(cell.text)
        path = resolve_path(notebook.path, directive.path)
        if self._depth == _DEEPEST_INCLUSION:
            raise RecursionError(
                f"{notebook.path} includes notebooks more than {_DEEPEST_INCLUSION} deep; the last is {path}."
            )
        included = self._load(path)
        outer, self._dbutils.notebook.current_path = self._dbutils.notebook.current_path, path
        self._depth += 1
        try:
            with self._dbutils.widgets.overlaid(directive.arguments):
                self.run(included)
        finally:
            self._depth -= 1
            self._dbutils.notebook.current_path = outer

    def _shell(self, notebook: Notebook, cell: Cell) -> None:
        """`%sh`: bash on the driver; only `%sh -e` fails the notebook when a command does."""
        if "/dbfs/" in cell.text or "/Workspace/" in cell.text:
            raise UnsupportedError(
                "%sh with /dbfs or /Workspace paths", "Use Python: open, os and shutil know these paths."
            )
        first, _, rest = cell.text.partition("\n")
        strict = first.strip() == "-e"
        script = rest if strict else cell.text
        command = ["bash", "-e", "-c", script] if strict else ["bash", "-c", script]
        shell = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False
        )
        sys.stdout.write(shell.stdout.decode("utf-8", "replace"))
        if strict and shell.returncode != 0:
            raise subprocess.CalledProcessError(shell.returncode, command)

    def _files(self, notebook: Notebook, cell: Cell) -> None:
        """`%fs ls /mnt/x`: a call of dbutils.fs."""
        name, *arguments = shlex.split(cell.text)
        call = getattr(self._dbutils.fs, name, None)
        if call is None or name.startswith("_"):
            raise UnsupportedError(f"%fs {name}", "Use the calls of dbutils.fs.")
        value = call(*arguments)
        for entry in value if isinstance(value, list) else [value]:
            print(entry)

    def _pip(self, notebook: Notebook, cell: Cell) -> None:
        words = shlex.split(cell.text)
        if words[:1] not in (["list"], ["freeze"], ["show"]):
            raise UnsupportedError(
                f"%pip {' '.join(words)}",
                "Runs share the environment that Drydock is installed in: install the package there.",
            )
        subprocess.run([sys.executable, "-m", "pip", *words], check=True)


def _nothing(notebook: Notebook, cell: Cell) -> None:
    """Text for readers."""


def _without_shell_lines(cell: Cell) -> str:
    for line in cell.text.splitlines():
        if line.startswith(("!", "%")):
            raise UnsupportedError(
                f"The line magic {line.split()[0]!r} within a Python cell",
                "Give it a cell of its own (%sh) or write Python.",
            )
    return cell.text
