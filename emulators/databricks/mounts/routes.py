"""`/__emulator/mounts`: outside the emulated API, because Databricks has no public one. `dbutils.fs.mount` uses it."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from emulators.databricks.arguments import Arguments, require_text
from emulators.databricks.errors import MalformedRequest
from emulators.databricks.mounts.mounts import Mount, MountTable
from emulators.kernel.http import Route, json_response


class _Handlers:
    """Requests about mounts to answers; every answer is the whole list."""

    def __init__(self, mounts: MountTable) -> None:
        self._mounts = mounts

    async def list_mounts(self, _: Request) -> Response:
        return self._all()

    async def put(self, request: Request) -> Response:
        for entry in await _entries(request):
            self._mounts.put(
                Mount(entry.required_text("mount_point"), entry.required_text("source"), entry.texts("extra_configs"))
            )
        return self._all()

    async def delete(self, request: Request) -> Response:
        for entry in await _entries(request):
            self._mounts.delete(entry.required_text("mount_point"))
        return self._all()

    def _all(self) -> Response:
        return json_response([asdict(mount) for mount in self._mounts.all()])


def routes(mounts: MountTable) -> Sequence[Route]:
    on = _Handlers(mounts)
    return (
        Route("GET", "/__emulator/mounts", on.list_mounts),
        Route("PUT", "/__emulator/mounts", on.put),
        Route("DELETE", "/__emulator/mounts", on.delete),
    )


async def _entries(request: Request) -> list[Arguments]:
    """The body: an array of mounts."""
    try:
        document: Any = json.loads(await request.body())
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise MalformedRequest(f"The request body is not valid JSON: {error}.") from error
    if not isinstance(document, list) or not all(isinstance(entry, dict) for entry in document):
        raise MalformedRequest("The request body must be an array of mounts.")
    require_text(document)
    return [Arguments(entry) for entry in document]
