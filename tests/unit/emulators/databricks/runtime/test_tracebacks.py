"""Tracebacks show the notebook's cells and nothing before them."""

from emulators.databricks.runtime.tracebacks import cell_name, describe, register_source


def test_a_traceback_begins_in_the_cell_and_quotes_it() -> None:
    name = cell_name("/Shared/nb", 2)
    source = "def f():\n    raise KeyError('k')\nf()"
    register_source(name, source)
    try:
        exec(compile(source, name, "exec"), {})  # noqa: S102 - what the interpreter does
    except KeyError as error:
        error.__traceback__ = error.__traceback__.tb_next if error.__traceback__ else None
        summary, trace = describe(error)
    assert summary == "KeyError: 'k'"
    assert trace.splitlines()[1:3] == ['  File "/Shared/nb, cell 2", line 3, in <module>', "    f()"]
