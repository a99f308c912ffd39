"""The Files API for `/Volumes/<catalog>/<schema>/<volume>/…`; they lie in DBFS (`dbfs:/Volumes` is the same).

There is no Unity Catalog to make volumes in, so a volume is there as soon as something is written to it. Presigned
addresses are answered as on a workspace that has them switched off: the client then falls back to plain requests.
"""

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from emulators.databricks.arguments import Arguments, arguments
from emulators.databricks.dbfs.area import Entry
from emulators.databricks.dbfs.dbfs import Dbfs, normal
from emulators.databricks.errors import (
    AlreadyExists,
    DirectoryNotEmpty,
    InvalidParameterValue,
    NotFound,
    NotSupported,
    PermissionDenied,
    ResourceAlreadyExists,
    ResourceDoesNotExist,
)
from emulators.kernel.http import Route, empty_response, json_response

_ROOT = "/Volumes/"
_PAGE = 1000
_PARTS_OF_VOLUME = 3


class _Handlers:
    """Requests about files and directories of volumes to answers."""

    def __init__(self, dbfs: Dbfs) -> None:
        self._dbfs = dbfs

    async def upload(self, request: Request) -> Response:
        path = _volume_path(request)
        overwrite = Arguments(request.query_params).flag("overwrite")
        with self._dbfs.staged() as staged:
            with staged.open("wb") as file:
                async for piece in request.stream():
                    file.write(piece)
            try:
                await self._dbfs.write(path, staged, overwrite=overwrite)
            except ResourceAlreadyExists as error:
                raise AlreadyExists(f"The file being created already exists: {path}") from error
        return empty_response(204)

    async def download(self, request: Request) -> Response:
        path = _volume_path(request)
        if (await self._status(path)).is_dir:
            raise NotFound(f"The path is a directory, not a file: {path}")
        return FileResponse(self._dbfs.local.place(path.lstrip("/")), media_type="application/octet-stream")

    async def delete(self, request: Request) -> Response:
        path = _volume_path(request)
        if (await self._status(path)).is_dir:
            raise InvalidParameterValue(f"The path is a directory, not a file: {path}")
        await self._dbfs.delete(path, recursive=False)
        return empty_response(204)

    async def make_directory(self, request: Request) -> Response:
        await self._dbfs.make_directories(_volume_path(request))
        return empty_response(204)

    async def check_directory(self, request: Request) -> Response:
        path = _volume_path(request)
        if not (await self._status(path)).is_dir:
            raise NotFound(f"The path is a file, not a directory: {path}")
        return empty_response(200)

    async def list_directory(self, request: Request) -> Response:
        path, given = _volume_path(request), await arguments(request)
        await self._status(path)
        found = await self._dbfs.children(path)
        size, after = given.integer("page_size") or _PAGE, given.text("page_token")
        rest = [entry for entry in found if entry.path > after]
        page: dict[str, Any] = {"contents": [_description(entry) for entry in rest[:size]]}
        if len(rest) > size:
            page["next_page_token"] = rest[size - 1].path
        return json_response(page)

    async def delete_directory(self, request: Request) -> Response:
        path = _volume_path(request)
        if not (await self._status(path)).is_dir:
            raise InvalidParameterValue(f"The path is a file, not a directory: {path}")
        if await self._dbfs.children(path):
            raise DirectoryNotEmpty(f"The directory is not empty: {path}")
        await self._dbfs.delete(path, recursive=False)
        return empty_response(204)

    async def begin_upload(self, request: Request) -> Response:
        path = _volume_path(request)
        if request.query_params.get("action") != "initiate-upload":
            raise NotSupported("The databricks emulator takes a file in one PUT; uploads in parts are not supported.")
        # the client asks for addresses of parts next, is told that there are none, and sends the file in one PUT
        return json_response({"multipart_upload": {"session_token": path}})

    async def no_presigned_addresses(self, _: Request) -> Response:
        raise PermissionDenied(
            "Presigned addresses are not enabled: files are read and written with plain requests.",
            details=[
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": "FILES_API_API_IS_NOT_ENABLED",
                    "domain": "filesystem.databricks.com",
                }
            ],
        )

    async def _status(self, path: str) -> Entry:
        try:
            return await self._dbfs.status(path)
        except ResourceDoesNotExist as error:
            raise NotFound(f"The file or directory does not exist: {path}") from error


def routes(dbfs: Dbfs) -> Sequence[Route]:
    on = _Handlers(dbfs)
    files, directories = "/api/2.0/fs/files/{path:path}", "/api/2.0/fs/directories/{path:path}"
    return (
        Route("PUT", files, on.upload),
        Route("GET", files, on.download),
        Route("HEAD", files, on.download),
        Route("DELETE", files, on.delete),
        Route("POST", files, on.begin_upload),
        Route("PUT", directories, on.make_directory),
        Route("GET", directories, on.list_directory),
        Route("HEAD", directories, on.check_directory),
        Route("DELETE", directories, on.delete_directory),
        Route("POST", "/api/2.0/fs/create-download-url", on.no_presigned_addresses),
        Route("POST", "/api/2.0/fs/create-upload-part-urls", on.no_presigned_addresses),
        Route("POST", "/api/2.0/fs/create-resumable-upload-url", on.no_presigned_addresses),
        Route("POST", "/api/2.0/fs/create-abort-upload-url", on.no_presigned_addresses),
    )


def _volume_path(request: Request) -> str:
    path = normal("/" + request.path_params["path"].lstrip("/"))
    if not path.startswith(_ROOT):
        raise NotSupported(f"The Files API of the databricks emulator serves /Volumes only, not {path}.")
    if len(path.removeprefix(_ROOT).split("/")) < _PARTS_OF_VOLUME:
        raise InvalidParameterValue(f"The path must name a volume, /Volumes/<catalog>/<schema>/<volume>: {path}")
    return path


def _description(entry: Entry) -> dict[str, Any]:
    return {
        "path": entry.path,
        "name": entry.path.rpartition("/")[2],
        "is_directory": entry.is_dir,
        "file_size": entry.size,
        "last_modified": entry.modified,
    }
