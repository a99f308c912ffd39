"""Script: blocks of SQL against a database, their results merged; locally the database is a SQLite stand-in.

The output's fields are documented. What is too large is cut off, as documented: the rows here, for SQLite prints no
log and has no output parameters. At most 5,000 rows of a result set (assumed, the limit of Lookup).
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulators.datafactory.activities.databases import database_of, failures_of_properties
from emulators.datafactory.activities.failure import ActivityFailed, NotBuiltYet
from emulators.datafactory.activities.places import ended, in_thread
from emulators.datafactory.activities.services import ActivityServices
from emulators.datafactory.data.sql.parameters import Bound, bound, plain_name
from emulators.datafactory.data.sql.session import BlockTimedOut, Result, ResultSet, SqlFailed, session
from emulators.datafactory.data.sql.stand_in import StandIn
from emulators.datafactory.engine.activity import Activity
from emulators.datafactory.engine.timestamps import parse_timespan

FAILED = "2011"
"""Code of a script that the database refuses (seen in public reports, not documented)."""

MAX_ROWS = 5000
MAX_OUTPUT = 4 * 1024 * 1024 - 4096
"""Bytes of all rows as JSON: what an output may have, less what comes around them."""

DEFAULT_TIMEOUT = "02:00:00"


@dataclass(frozen=True)
class Block:
    """One of the activity's scripts; `place` names it in messages."""

    place: str
    text: str
    returns_rows: bool
    parameters: Bound


async def run(activity: Activity, services: ActivityServices) -> dict[str, Any]:
    """Output: `resultSetCount`, `resultSets`, `recordsAffected`, `outputParameters`, `outputLogs`, the tail."""
    began = time.monotonic()
    with failures_of_properties():
        blocks, seconds = _blocks(activity.type_properties), _timeout(activity.type_properties)
    _check_logs(activity.type_properties)
    stand_in = await database_of(activity, services)
    results = await in_thread(lambda check: _run(blocks, stand_in, seconds, check))
    return ended(_output(results), services, time.monotonic() - began)


def _run(blocks: list[Block], stand_in: StandIn, seconds: float, check: Any) -> list[Result]:
    results, place = [], f"The database of linked service '{stand_in.linked_service}'"
    try:
        with session(stand_in, check) as opened:
            for block in blocks:
                place = block.place
                result = opened.run(block.text, block.parameters, seconds=seconds, max_rows=MAX_ROWS)
                if not block.returns_rows:
                    result.result_sets.clear()
                results.append(result)
    except SqlFailed as error:
        raise ActivityFailed(FAILED, f"{place}: {error}") from error
    except BlockTimedOut:
        raise ActivityFailed(FAILED, f"{place} did not end within {seconds:g} seconds.") from None
    return results


def _output(results: list[Result]) -> dict[str, Any]:
    """All blocks' results in one, without the rows that there is no room for."""
    found = [result_set for result in results for result_set in result.result_sets]
    shown, cut = _within(found, MAX_OUTPUT)
    output: dict[str, Any] = {
        "resultSetCount": len(shown),
        "resultSets": [result_set.to_json() for result_set in shown],
        "recordsAffected": sum(result.records_affected for result in results),
        "outputParameters": {},
        "outputLogs": "",
    }
    if cut:
        output["outputTruncated"] = True
    return output


def _within(result_sets: list[ResultSet], room: int) -> tuple[list[ResultSet], bool]:
    """The result sets with as many rows, from the first on, as there is room for; and whether any are missing."""
    shown, full = [], False
    for result_set in result_sets:
        rows: list[dict[str, Any]] = []
        for row in result_set.rows:
            room -= len(json.dumps(row, ensure_ascii=False).encode()) + 2
            full = full or room < 0
            if full:
                break
            rows.append(row)
        shown.append(ResultSet(result_set.row_count, rows))
    return shown, any(len(result_set.rows) < result_set.row_count for result_set in shown)


def _blocks(properties: Mapping[str, Any]) -> list[Block]:
    scripts = properties.get("scripts")
    if not isinstance(scripts, list) or not scripts:
        raise ActivityFailed("2103", "Please provide value for the required property 'scripts'.")
    return [_block(script, f"Script {number} of {len(scripts)}") for number, script in enumerate(scripts, start=1)]


def _block(script: Any, place: str) -> Block:
    if not isinstance(script, Mapping):
        raise ActivityFailed("2104", f"{place} is not an object.")
    kind, text = str(script.get("type")).lower(), script.get("text")
    if kind not in ("query", "nonquery"):
        raise ActivityFailed("2104", f"{place} is of type '{script.get('type')}'; it must be Query or NonQuery.")
    if not isinstance(text, str) or not text.strip():
        raise ActivityFailed("2103", f"{place} has no text.")
    return Block(place, text, kind == "query", _parameters(script.get("parameters") or [], place))


def _parameters(written: Any, place: str) -> Bound:
    if not isinstance(written, list) or not all(isinstance(item, Mapping) and item.get("name") for item in written):
        raise ActivityFailed("2104", f"The parameters of {place} must be a list of objects with a name.")
    for item in written:
        if str(item.get("direction") or "Input").lower() != "input":
            raise NotBuiltYet(
                f"The parameter '{item['name']}' of {place} with the direction {item['direction']} (SQLite gives "
                "nothing back through parameters)",
                "select the value in a script of type Query and read it from 'resultSets'.",
            )
    return {
        plain_name(item["name"]): bound(str(item["name"]), item.get("type"), item.get("value"), place)
        for item in written
    }


def _timeout(properties: Mapping[str, Any]) -> float:
    try:
        return parse_timespan(str(properties.get("scriptBlockExecutionTimeout") or DEFAULT_TIMEOUT)).total_seconds()
    except ValueError as error:
        raise ActivityFailed("2104", f"'scriptBlockExecutionTimeout': {error}") from error


def _check_logs(properties: Mapping[str, Any]) -> None:
    settings = properties.get("logSettings") or {}
    if isinstance(settings, Mapping) and str(settings.get("logDestination")).lower() == "externalstore":
        raise NotBuiltYet(
            "A Script activity that logs to an external store (SQLite prints nothing)",
            "the writing of an empty log at 'logLocationSettings' in script.py.",
        )
