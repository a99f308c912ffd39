"""The Workspace API and the workspace-files API that the command line uses."""

from collections.abc import Sequence
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from emulators.databricks.arguments import Arguments, arguments, encoded
from emulators.databricks.errors import InvalidParameterValue
from emulators.databricks.workspace.exports import exported
from emulators.databricks.workspace.imports import MAX_CONTENT, imported, sniffed
from emulators.databricks.workspace.paths import normal
from emulators.databricks.workspace.tree import WorkspaceObject, WorkspaceTree
from emulators.kernel.http import Route, json_response


class _Handlers:
    """Requests about the workspace tree to answers."""

    def __init__(self, tree: WorkspaceTree) -> None:
        self._tree = tree

    async def import_object(self, request: Request) -> Response:
        given, content = await _import_request(request)
        item = imported(
            normal(given.required_text("path")), content, given.text("format").upper(), given.text("language").upper()
        )
        self._tree.write(item, overwrite=given.flag("overwrite"))
        return json_response({})

    async def export_object(self, request: Request) -> Response:
        given = await arguments(request)
        result = exported(self._tree, given.required_text("path"), given.text("format").upper())
        if given.flag("direct_download"):
            return Response(result.content, media_type="application/octet-stream")
        return json_response({"content": encoded(result.content), "file_type": result.file_type})

    async def list_objects(self, request: Request) -> Response:
        given = await arguments(request)
        after = given.integer("notebooks_modified_after")
        found = [
            _description(item)
            for item in self._tree.children(given.required_text("path"))
            if item.object_type != "NOTEBOOK" or item.modified_at >= after
        ]
        return json_response({"objects": found} if found else {})

    async def get_status(self, request: Request) -> Response:
        return json_response(_description(self._tree.get((await arguments(request)).required_text("path"))))

    async def make_directories(self, request: Request) -> Response:
        self._tree.make_directories((await arguments(request)).required_text("path"))
        return json_response({})

    async def delete(self, request: Request) -> Response:
        given = await arguments(request)
        self._tree.delete(given.required_text("path"), recursive=given.flag("recursive"))
        return json_response({})

    async def import_file(self, request: Request) -> Response:
        path = normal("/" + request.path_params["path"].lstrip("/"))
        overwrite = Arguments(request.query_params).flag("overwrite")
        self._tree.write(sniffed(path, await request.body()), overwrite=overwrite)
        return json_response({})

    async def read_file(self, request: Request) -> Response:
        path = "/" + request.path_params["path"].lstrip("/")
        return Response(self._tree.content(path), media_type="application/octet-stream")


def routes(tree: WorkspaceTree) -> Sequence[Route]:
    on = _Handlers(tree)
    return (
        Route("POST", "/api/2.0/workspace/import", on.import_object),
        Route("GET", "/api/2.0/workspace/export", on.export_object),
        Route("GET", "/api/2.0/workspace/list", on.list_objects),
        Route("GET", "/api/2.0/workspace/get-status", on.get_status),
        Route("POST", "/api/2.0/workspace/mkdirs", on.make_directories),
        Route("POST", "/api/2.0/workspace/delete", on.delete),
        Route("POST", "/api/2.0/workspace-files/import-file/{path:path}", on.import_file),
        Route("GET", "/api/2.0/workspace-files/{path:path}", on.read_file),
    )


async def _import_request(request: Request) -> tuple[Arguments, bytes]:
    """Arguments and content of an import, sent as JSON (content in base64) or as a form (content as a file)."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        given = await arguments(request)
        return given, given.decoded("content")
    async with request.form(max_part_size=2 * MAX_CONTENT) as form:
        part = form.get("content")
        if part is None:
            raise InvalidParameterValue("The form has no part named 'content'.")
        content = await part.read() if isinstance(part, UploadFile) else part.encode()
        return Arguments({name: value for name, value in form.items() if isinstance(value, str)}), content


def _description(item: WorkspaceObject) -> dict[str, Any]:
    """An ObjectInfo."""
    description: dict[str, Any] = {
        "object_type": item.object_type,
        "path": item.path,
        "object_id": item.object_id,
        "resource_id": str(item.object_id),
        "created_at": item.created_at,
        "modified_at": item.modified_at,
    }
    if item.language:
        description["language"] = item.language
    if item.object_type == "FILE":
        description["size"] = item.size
    return description
