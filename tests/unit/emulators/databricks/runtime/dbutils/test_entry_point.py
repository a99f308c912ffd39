"""The context that notebooks ask for, and refusals by name."""

import json

import pytest

from emulators.databricks.runtime.dbutils.entry_point import EntryPoint, NotebookContext, Option
from emulators.databricks.runtime.dbutils.unavailable import Unavailable
from emulators.databricks.runtime.runs import RunContext
from emulators.databricks.runtime.unsupported import UnsupportedError


def context() -> NotebookContext:
    run = RunContext("http://127.0.0.1:9", "token", "42", "cluster", user="me", job_id=7)
    notebook = EntryPoint(NotebookContext(run, "/Shared/nb", 11)).getDbutils().notebook()
    return notebook.getContext()


def test_the_context_answers_as_scala_options() -> None:
    asked = context()
    assert asked.notebookPath().get() == "/Shared/nb"
    assert asked.apiUrl().getOrElse("none") == "http://127.0.0.1:9"
    assert asked.tags().apply("jobId") == "7"
    assert not asked.tags().get("taskKey").isDefined()
    assert json.loads(asked.toJson())["tags"]["orgId"] == "42"
    assert "token" not in json.loads(asked.safeToJson())["attributes"].values()


def test_an_empty_option_refuses_its_value() -> None:
    with pytest.raises(ValueError, match=r"None\.get"):
        Option(None).get()
    assert Option(None).getOrElse(lambda: "x") == "x"


def test_what_is_missing_is_named() -> None:
    with pytest.raises(UnsupportedError, match=r"context's aclPathOfAclRoot\(\)"):
        context().aclPathOfAclRoot()
    with pytest.raises(UnsupportedError, match=r"dbutils\.data\.summarize"):
        Unavailable("data").summarize(None)
