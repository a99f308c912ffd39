"""The page of a run for people: state, parameters, result, error and logs, plain HTML without scripts.

`run_page_url` has the form of Databricks's own (`/?o=<workspace>…#job/<job>/run/<run>`), so that what takes it apart
still can. A browser sends no bearer token, so the address carries a signature good for this one run's page only.
Everything shown is escaped; the page may load nothing.
"""

import hashlib
import hmac
import json
import re
import secrets
from datetime import UTC, datetime
from html import escape

from emulators.databricks.jobs.records import Attempt, Output, Run
from emulators.databricks.jobs.states import State
from emulators.databricks.jobs.task_kinds import PYTHON
from emulators.databricks.settings import DatabricksSettings
from emulators.kernel.store import DocumentStore

_KIND, _KEY = "databricks.page-key", "key"
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881 }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.3rem; margin: 0 } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem }
h3 { font-size: .95rem; margin: 1rem 0 .3rem }
table { border-collapse: collapse; width: 100% }
td, th { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top }
th { font-weight: 600; width: 12rem }
pre { background: var(--soft); padding: .8rem; overflow: auto; max-height: 32rem; white-space: pre-wrap }
.state { display: inline-block; padding: 0 .6rem; border-radius: 1rem; border: 1px solid; font-weight: 600 }
.good { color: #18794e } .bad { color: #cd2b31 } .busy { color: #0b68cb } .quiet { opacity: .7 }
"""


class PageSignatures:
    """Makes and checks the addresses of run pages. The key lasts as long as the store, so old links stay good."""

    def __init__(self, settings: DatabricksSettings) -> None:
        self._settings = settings
        self._key = _durable_key(settings.store)

    def address(self, run: Run) -> str:
        """The run_page_url of a run."""
        base, workspace = self._settings.address, self._settings.workspace_id
        query = f"o={workspace}&run={run.run_id}&signature={self._signature(run.run_id)}"
        return f"{base}/?{query}#job/{run.job_id}/run/{run.run_id}"

    def good(self, run_id: int, signature: str) -> bool:
        return hmac.compare_digest(self._signature(run_id).encode(), signature.encode())

    def _signature(self, run_id: int) -> str:
        return hmac.new(self._key, f"run page {run_id}".encode(), hashlib.sha256).hexdigest()[:40]


def run_page(run: Run, outputs: dict[int, Output | None]) -> str:
    """The whole page. `outputs` are by run id of the attempt."""
    refresh = "" if run.ended else '<meta http-equiv="refresh" content="3">'
    attempts = "".join(_attempt(attempt, outputs.get(attempt.run_id)) for attempt in run.attempts)
    facts = {
        "State": _badge(run.state),
        "Message": escape(run.state.message),
        "Run": f"{run.run_id} of job {run.job_id}",
        "Type": escape(run.run_type),
        "Started by": escape(run.creator),
        "Started": _moment(run.start_time),
        "Ended": _moment(run.end_time),
    }
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width">{refresh}'
        f"<title>{escape(run.name)}</title><style>{_STYLE}</style></head><body>"
        f'<p class="quiet">Databricks, local</p><h1>{escape(run.name)}</h1>{_table(facts)}{attempts}</body></html>'
    )


def _attempt(attempt: Attempt, output: Output | None) -> str:
    title = attempt.task_key + (f", attempt {attempt.number + 1}" if attempt.number else "")
    facts = {
        "State": _badge(attempt.state),
        "Message": escape(attempt.state.message),
        **_code(attempt),
        "Run": str(attempt.run_id),
        "Duration": _duration(attempt),
    }
    if output and output.peak_memory_bytes:
        facts["Peak memory"] = f"{output.peak_memory_bytes / 2**20:.0f} MB"
    parts = [f"<h2>{escape(title)}</h2>", _table(facts)]
    if attempt.resolved:
        parts += ["<h3>Parameters</h3>", _parameters(attempt.resolved)]
    if output:
        parts += [
            _block("Result", _readable(output.result)),
            _block("Error", output.error),
            _block("Trace", output.error_trace),
            _block("Logs, their end" if output.logs_truncated else "Logs", output.logs),
        ]
    return "".join(parts)


def _code(attempt: Attempt) -> dict[str, str]:
    """What ran, under the name people have for it."""
    if attempt.kind == PYTHON:
        return {"Python file": escape(attempt.definition["python_file"])}
    return {"Notebook": escape(attempt.definition["notebook_path"])}


def _parameters(resolved: dict[str, str] | list[str]) -> str:
    """A notebook's by name; a Python file's as its code asks for them."""
    if isinstance(resolved, dict):
        return _table({name: escape(value) for name, value in resolved.items()})
    return _table({f"sys.argv[{number}]": f"<code>{escape(value)}</code>" for number, value in enumerate(resolved, 1)})


def _block(title: str, text: str | None) -> str:
    if not text:
        return ""
    return f"<h3>{escape(title)}</h3><pre>{escape(_ANSI.sub('', text))}</pre>"


def _table(facts: dict[str, str]) -> str:
    """Rows of name and value; values are HTML already."""
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{value}</td></tr>" for name, value in facts.items() if value)
    return f"<table>{rows}</table>"


def _badge(state: State) -> str:
    if state.ending is None:
        return f'<span class="state busy">{state.life_cycle}</span>'
    kind = "good" if state.ending.result in ("SUCCESS", "SUCCESS_WITH_FAILURES") else "bad"
    return (
        f'<span class="state {kind}">{escape(state.ending.result)}</span> <span class="quiet">{state.life_cycle}</span>'
    )


def _readable(result: str | None) -> str | None:
    """A JSON result is shown indented."""
    if result is None:
        return None
    try:
        return json.dumps(json.loads(result), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return result


def _moment(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC" if milliseconds else ""


def _duration(attempt: Attempt) -> str:
    if not attempt.work_time or not attempt.end_time:
        return ""
    return f"{(attempt.end_time - attempt.work_time) / 1000:.1f} s"


def _durable_key(store: DocumentStore) -> bytes:
    document = store.get(_KIND, _KEY)
    if document is None:
        document = {"key": secrets.token_hex(32)}
        store.put(_KIND, _KEY, document)
    return bytes.fromhex(document["key"])
