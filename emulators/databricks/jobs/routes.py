"""The Jobs API (2.0, 2.1 and 2.2) and the run page."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from emulators.databricks.arguments import Arguments, arguments
from emulators.databricks.errors import InvalidParameterValue, PermissionDenied
from emulators.databricks.identity.routes import caller
from emulators.databricks.jobs.catalogue import JobDocument
from emulators.databricks.jobs.definitions import SINGLE_TASK, flattened
from emulators.databricks.jobs.jobs import Jobs
from emulators.databricks.jobs.page import HEADERS, PageSignatures, run_page
from emulators.databricks.jobs.records import Run
from emulators.databricks.jobs.views import RunView, first_page
from emulators.kernel.http import Route, json_response
from emulators.kernel.masking import masker

_VERSIONS = ("2.0", "2.1", "2.2")
_MAX_JOBS, _MAX_RUNS, _DEFAULT_PAGE = 100, 25, 20


class _Handlers:
    """Requests about jobs and runs to answers."""

    def __init__(self, jobs: Jobs, view: RunView, signatures: PageSignatures) -> None:
        self._jobs = jobs
        self._view = view
        self._signatures = signatures

    async def create(self, request: Request) -> Response:
        given = await arguments(request)
        return json_response({"job_id": self._jobs.catalogue.create(given.values, caller(request).user_name)})

    async def get(self, request: Request) -> Response:
        job = self._jobs.catalogue.get((await arguments(request)).required_integer("job_id"))
        if "/api/2.0/" in request.url.path and job["settings"]["format"] == SINGLE_TASK:
            job = {**job, "settings": flattened(job["settings"])}
        return json_response(job)

    async def list_jobs(self, request: Request) -> Response:
        given = await arguments(request)
        limit = _limit(given, _MAX_JOBS)
        wanted, before = given.text("name").lower(), given.text("page_token")
        found = (
            job
            for job in self._jobs.catalogue.newest_first()
            if (not wanted or job["settings"]["name"].lower() == wanted) and _older(job["job_id"], before)
        )
        page = list(islice(found, limit + 1))
        shown = [_short(job, expand=given.flag("expand_tasks")) for job in page[:limit]]
        return json_response(_paged("jobs", shown, "job_id", more=len(page) > limit))

    async def reset(self, request: Request) -> Response:
        given = await arguments(request)
        self._jobs.catalogue.reset(given.required_integer("job_id"), given.mapping("new_settings"))
        return json_response({})

    async def update(self, request: Request) -> Response:
        given = await arguments(request)
        self._jobs.catalogue.update(
            given.required_integer("job_id"),
            given.mapping("new_settings"),
            [str(name) for name in given.items("fields_to_remove")],
        )
        return json_response({})

    async def delete(self, request: Request) -> Response:
        self._jobs.catalogue.delete((await arguments(request)).required_integer("job_id"))
        return json_response({})

    async def run_now(self, request: Request) -> Response:
        run = self._jobs.run_now((await arguments(request)).values, caller(request))
        return json_response({"run_id": run.run_id, "number_in_job": run.number_in_job})

    async def submit(self, request: Request) -> Response:
        return json_response({"run_id": self._jobs.submit((await arguments(request)).values, caller(request)).run_id})

    async def get_run(self, request: Request) -> Response:
        given = await arguments(request)
        run, attempt = self._jobs.get(given.required_integer("run_id"))
        if attempt is not None:
            return json_response({**self._view.run(run, tasks=False), **self._view.task(run, attempt)})
        if "/api/2.2/" in request.url.path:
            return json_response(first_page(self._view.run(run), given.text("page_token")))
        return json_response(self._view.run(run))

    async def list_runs(self, request: Request) -> Response:
        given = await arguments(request)
        limit = _limit(given, _MAX_RUNS)
        found = _matching(self._jobs.registry.newest_first(), given)
        page = list(islice(found, limit + 1))
        shown = [self._view.run(run, tasks=given.flag("expand_tasks")) for run in page[:limit]]
        return json_response(_paged("runs", shown, "run_id", more=len(page) > limit))

    async def get_output(self, request: Request) -> Response:
        run_id = (await arguments(request)).required_integer("run_id")
        return json_response(self._view.output(*self._jobs.output(run_id)))

    async def cancel(self, request: Request) -> Response:
        self._jobs.cancel((await arguments(request)).required_integer("run_id"))
        return json_response({})

    async def cancel_all(self, request: Request) -> Response:
        given = await arguments(request)
        job_id = given.integer("job_id") if "job_id" in given else None
        self._jobs.cancel_all(job_id, queued=given.flag("all_queued_runs"))
        return json_response({})

    async def delete_run(self, request: Request) -> Response:
        self._jobs.delete((await arguments(request)).required_integer("run_id"))
        return json_response({})

    async def page(self, request: Request) -> Response:
        given = Arguments(request.query_params)
        run_id = given.integer("run")
        if not self._signatures.good(run_id, given.text("signature")):
            raise PermissionDenied("This address opens no run page: take run_page_url from jobs/runs/get.")
        run, _ = self._jobs.get(run_id)
        outputs = {attempt.run_id: self._jobs.registry.output(attempt) for attempt in run.attempts}
        return HTMLResponse(masker.mask(run_page(run, outputs)), headers=HEADERS)


def routes(jobs: Jobs, view: RunView, signatures: PageSignatures) -> Sequence[Route]:
    on = _Handlers(jobs, view, signatures)
    versioned = (
        ("POST", "create", on.create),
        ("GET", "get", on.get),
        ("GET", "list", on.list_jobs),
        ("POST", "reset", on.reset),
        ("POST", "update", on.update),
        ("POST", "delete", on.delete),
        ("POST", "run-now", on.run_now),
        ("POST", "runs/submit", on.submit),
        ("GET", "runs/get", on.get_run),
        ("GET", "runs/list", on.list_runs),
        ("GET", "runs/get-output", on.get_output),
        ("POST", "runs/cancel", on.cancel),
        ("POST", "runs/cancel-all", on.cancel_all),
        ("POST", "runs/delete", on.delete_run),
    )
    return (
        Route("GET", "/", on.page, public=True),
        *(
            Route(method, f"/api/{version}/jobs/{name}", handler)
            for version in _VERSIONS
            for method, name, handler in versioned
        ),
    )


def _limit(given: Arguments, most: int) -> int:
    limit = given.integer("limit", _DEFAULT_PAGE)
    if limit == 0:
        return most
    if not 0 < limit <= most:
        raise InvalidParameterValue(f"Invalid limit {limit}: it must be between 1 and {most}.")
    return limit


def _older(number: int, token: str) -> bool:
    if token and not token.isdigit():
        raise InvalidParameterValue(f"Invalid page_token '{token}': use the next_page_token of the page before.")
    return not token or number < int(token)


def _paged(name: str, shown: list[dict[str, Any]], key: str, *, more: bool) -> dict[str, Any]:
    """A page of a list; the token is the last id, so that new entries shift nothing. An empty list has no key."""
    page: dict[str, Any] = {"has_more": more}
    if shown:
        page[name] = shown
    if more:
        page["next_page_token"] = str(shown[-1][key])
    return page


def _short(job: JobDocument, *, expand: bool) -> dict[str, Any]:
    hidden = () if expand else ("tasks", "job_clusters")
    settings = {name: value for name, value in job["settings"].items() if name not in hidden}
    return {**job, "settings": settings}


def _matching(runs: Iterator[Run], given: Arguments) -> Iterator[Run]:
    if given.flag("active_only") and given.flag("completed_only"):
        raise InvalidParameterValue("active_only and completed_only cannot both be true.")
    job_id, run_type, before = given.integer("job_id"), given.text("run_type"), given.text("page_token")
    earliest, latest = given.integer("start_time_from"), given.integer("start_time_to")
    for run in runs:
        fits = (
            (not job_id or run.job_id == job_id)
            and (not run_type or run.run_type == run_type)
            and not (given.flag("active_only") and run.ended)
            and not (given.flag("completed_only") and not run.ended)
            and run.start_time >= earliest
            and (not latest or run.start_time <= latest)
            and _older(run.run_id, before)
        )
        if fits:
            yield run
