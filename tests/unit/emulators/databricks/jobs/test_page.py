"""The page of a run: signed, escaped, readable."""

import re
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.databricks.jobs.page import PageSignatures, run_page
from emulators.databricks.jobs.records import Attempt, Output, Run
from emulators.databricks.jobs.states import WORKLOAD_FAILED, LifeCycle, State, ended

TASK = {"task_key": "t", "notebook_task": {"notebook_path": "/Shared/n"}}


async def test_a_signature_opens_one_run_only(bench: Any) -> None:
    first, second = bench.submit(TASK), bench.submit(TASK)
    signatures = bench.service.signatures
    signature = signatures.address(first).partition("signature=")[2].partition("#")[0]
    assert signatures.good(first.run_id, signature)
    assert not signatures.good(second.run_id, signature)
    assert not signatures.good(first.run_id, "")
    assert not signatures.good(first.run_id, "ä")


async def test_old_addresses_stay_good_after_a_restart(bench: Any) -> None:
    run = bench.submit(TASK)
    again = PageSignatures(bench.service.settings)
    assert again.address(run) == bench.service.signatures.address(run)


async def test_a_page_shows_a_json_result_indented_and_reloads_until_the_end(bench: Any) -> None:
    run = bench.submit(TASK)
    assert 'http-equiv="refresh"' in run_page(run, {})
    await bench.end(run)
    output = Output('{"rows": 3}', False, None, None, "", peak_memory_bytes=3 * 2**20)
    page = run_page(run, {run.attempts[0].run_id: output})
    assert 'http-equiv="refresh"' not in page
    assert "{\n  &quot;rows&quot;: 3\n}" in page
    assert "3 MB" in page


@given(text=st.text(min_size=1) | st.sampled_from(["<script>", "</pre><b>", "'\"><img>", "&lt;"]))
@settings(max_examples=60, deadline=None)
def test_nothing_that_a_notebook_says_becomes_markup(text: str) -> None:
    """The page of any text has exactly the tags of the page of a harmless one."""
    tags = [re.findall("<[^>]*>", _page_of(each)) for each in ("harmless", f"x{text}")]
    assert tags[0] == tags[1]


def _page_of(text: str) -> str:
    task = {**TASK, "depends_on": [], "run_if": "ALL_SUCCESS"}
    attempt = Attempt(2, task, ended(replace(WORKLOAD_FAILED, message=text)), resolved={text: text})
    definition = {"format": "MULTI_TASK", "run_name": text}
    run = Run(1, 3, "SUBMIT_RUN", text, definition, State(LifeCycle.PENDING, text), 5, attempts=[attempt])
    return run_page(run, {2: Output(text, False, text, text, text)})
