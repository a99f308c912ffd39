"""Tracebacks as a notebook's author wants them: his cells with path, cell number and source line.

None of the runtime's own frames.
"""

import linecache
import traceback
from types import TracebackType

_OWN = "emulators.databricks.runtime"


def cell_name(path: str, number: int) -> str:
    """The file name under which a cell is compiled."""
    return f"{path}, cell {number}"


def register_source(name: str, source: str) -> None:
    """Let tracebacks quote a cell's lines."""
    linecache.cache[name] = (len(source), None, [line + "\n" for line in source.splitlines()], name)


def describe(error: BaseException) -> tuple[str, str]:
    """The error in one text (`NameError: name 'x' is not defined`) and its traceback from the first cell on."""
    summary = "".join(traceback.format_exception_only(error)).strip()
    shown = error.with_traceback(_from_notebook(error.__traceback__))
    return summary, "".join(traceback.format_exception(shown))


def _from_notebook(trace: TracebackType | None) -> TracebackType | None:
    """Drop the frames of the runtime at the outer end."""
    while trace is not None and trace.tb_frame.f_globals.get("__name__", "").startswith(_OWN):
        trace = trace.tb_next
    return trace
