"""Questions about runs: which of them were updated in a window, pass the filters, in which order, page by page.

The request is that of `queryPipelineRuns`, `queryActivityruns` and `queryTriggerRuns` (documented); the runs are the
JSON documents that the service answers with. Nothing here knows where they are kept. A page ends with a token that
remembers the last run's place in the order, so that runs which come in between two pages neither repeat nor hide one.
"""

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cmp_to_key
from typing import Any

from emulators.datafactory.errors import BadRequest

PAGE_SIZE = 100
"""Runs of one page (assumed; the documentation names no number)."""

RunDocument = Mapping[str, Any]
Predicate = Callable[[RunDocument], bool]


@dataclass(frozen=True)
class RunKind:
    """What can be asked about one kind of run.

    `updated` and `identity` name the document's properties for the window and for telling runs apart; `operands` and
    `orders` map the words of the query to properties; `default_order` is assumed (oldest first).
    """

    updated: tuple[str, ...]
    identity: str
    operands: Mapping[str, str]
    orders: Mapping[str, str]
    default_order: str


PIPELINE_RUNS = RunKind(
    updated=("lastUpdated",),
    identity="runId",
    operands={
        "pipelinename": "pipelineName",
        "runstart": "runStart",
        "runend": "runEnd",
        "status": "status",
        "rungroupid": "runGroupId",
        "latestonly": "isLatest",
    },
    orders={"runstart": "runStart", "runend": "runEnd", "pipelinename": "pipelineName", "status": "status"},
    default_order="runStart",
)

ACTIVITY_RUNS = RunKind(
    updated=("activityRunEnd", "activityRunStart"),
    identity="activityRunId",
    operands={
        "activityname": "activityName",
        "activityrunstart": "activityRunStart",
        "activityrunend": "activityRunEnd",
        "activitytype": "activityType",
        "status": "status",
    },
    orders={
        "activityname": "activityName",
        "activityrunstart": "activityRunStart",
        "activityrunend": "activityRunEnd",
        "status": "status",
    },
    default_order="activityRunStart",
)

TRIGGER_RUNS = RunKind(
    updated=("triggerRunTimestamp",),
    identity="triggerRunId",
    operands={"triggername": "triggerName", "triggerruntimestamp": "triggerRunTimestamp", "status": "status"},
    orders={"triggername": "triggerName", "triggerruntimestamp": "triggerRunTimestamp", "status": "status"},
    default_order="triggerRunTimestamp",
)


def answer(kind: RunKind, query: Mapping[str, Any], runs: Iterable[RunDocument]) -> dict[str, Any]:
    """The answer `{"value": [...], "continuationToken"?}` to a query; raises BadRequest naming what is wrong."""
    after, before = _window(query)
    predicates = [_predicate(kind, written) for written in _list(query, "filters")]
    compare = _comparison(kind, _list(query, "orderBy"))
    found = sorted(
        (run for run in runs if _updated_within(kind, run, after, before) and all(test(run) for test in predicates)),
        key=cmp_to_key(compare),
    )
    token = query.get("continuationToken")
    if token:
        last = _read_token(token)
        found = [run for run in found if compare(run, last) > 0]
    page: dict[str, Any] = {"value": found[:PAGE_SIZE]}
    if len(found) > PAGE_SIZE:
        page["continuationToken"] = _token(kind, found[PAGE_SIZE - 1])
    return page


def parse_moment(text: Any) -> datetime | None:
    """Read an ISO 8601 moment with up to seven decimals as an aware UTC moment; None when it is not one.

    A moment without an offset counts as UTC (assumed).
    """
    if not isinstance(text, str):
        return None
    head, dot, tail = text.strip().partition(".")
    if dot:
        digits = len(tail) - len(tail.lstrip("0123456789"))
        head, tail = f"{head}.{tail[: min(digits, 6)]}", tail[digits:]
    try:
        moment = datetime.fromisoformat(head + tail)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _window(query: Mapping[str, Any]) -> tuple[datetime, datetime]:
    moments = []
    for name in ("lastUpdatedAfter", "lastUpdatedBefore"):
        moment = parse_moment(query.get(name))
        if moment is None:
            raise BadRequest(f"The query property '{name}' is required and must be a moment in ISO 8601.", target=name)
        moments.append(moment)
    return moments[0], moments[1]


def _list(query: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    written = query.get(name) or []
    if not isinstance(written, list) or not all(isinstance(item, Mapping) for item in written):
        raise BadRequest(f"The query property '{name}' must be a list of objects.", target=name)
    return written


def _updated_within(kind: RunKind, run: RunDocument, after: datetime, before: datetime) -> bool:
    moment = next((found for name in kind.updated if (found := parse_moment(run.get(name))) is not None), None)
    return moment is not None and after <= moment <= before


def _predicate(kind: RunKind, written: Mapping[str, Any]) -> Predicate:
    operand = kind.operands.get(str(written.get("operand")).lower())
    if operand is None:
        raise BadRequest(f"The filter operand '{written.get('operand')}' is not one of this query.", target="filters")
    values = written.get("values")
    if not isinstance(values, list) or not values:
        raise BadRequest(f"The filter on '{written['operand']}' needs a list of values.", target="filters")
    wanted = {_comparable(value) for value in values}
    operator = str(written.get("operator")).lower()
    if operator in ("equals", "notequals") and len(wanted) > 1:
        raise BadRequest(f"The filter operator '{written['operator']}' takes one value; use In.", target="filters")
    if str(written.get("operand")).lower() == "latestonly":
        # asked for as text; `false` means: do not restrict
        return (lambda run: bool(run.get("isLatest"))) if wanted == {"true"} else (lambda run: True)
    if operator in ("equals", "in"):
        return lambda run: _comparable(run.get(operand)) in wanted
    if operator in ("notequals", "notin"):
        return lambda run: _comparable(run.get(operand)) not in wanted
    raise BadRequest(f"The filter operator '{written.get('operator')}' is unknown.", target="filters")


def _comparable(value: Any) -> Any:
    """Moments compare as moments, everything else as text whatever its case (assumed, as names do)."""
    return parse_moment(value) or ("" if value is None else str(value).lower())


def _comparison(kind: RunKind, written: list[Mapping[str, Any]]) -> Callable[[RunDocument, RunDocument], int]:
    orders = [_order(kind, item) for item in written] or [(kind.default_order, 1)]
    orders.append((kind.identity, 1))

    def compare(left: RunDocument, right: RunDocument) -> int:
        for name, sign in orders:
            one, other = _sortable(left.get(name)), _sortable(right.get(name))
            if one != other:
                return sign if one > other else -sign
        return 0

    return compare


def _order(kind: RunKind, written: Mapping[str, Any]) -> tuple[str, int]:
    name = kind.orders.get(str(written.get("orderBy")).lower())
    direction = {"asc": 1, "desc": -1}.get(str(written.get("order")).lower())
    if name is None:
        raise BadRequest(f"Runs of this query cannot be ordered by '{written.get('orderBy')}'.", target="orderBy")
    if direction is None:
        raise BadRequest(f"The order '{written.get('order')}' is neither ASC nor DESC.", target="orderBy")
    return name, direction


def _sortable(value: Any) -> str:
    """Timestamps of the records have one fixed form, so that their texts sort as the moments do; null comes first."""
    return "" if value is None else str(value)


def _token(kind: RunKind, run: RunDocument) -> str:
    names = {kind.identity, kind.default_order, *kind.orders.values()}
    text = json.dumps({name: run.get(name) for name in sorted(names)})
    return base64.urlsafe_b64encode(text.encode()).decode()


def _read_token(token: Any) -> RunDocument:
    try:
        last = json.loads(base64.urlsafe_b64decode(str(token)))
    except ValueError as error:
        raise BadRequest("The continuation token is invalid.", target="continuationToken") from error
    if not isinstance(last, dict):
        raise BadRequest("The continuation token is invalid.", target="continuationToken")
    return last
