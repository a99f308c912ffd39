"""The DBFS API."""

from collections.abc import Sequence
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from emulators.databricks.arguments import Arguments, arguments, encoded
from emulators.databricks.dbfs.area import Entry
from emulators.databricks.dbfs.dbfs import Dbfs
from emulators.databricks.dbfs.uploads import MAX_BLOCK, Uploads
from emulators.databricks.errors import InvalidParameterValue, MaxBlockSizeExceeded, MaxReadSizeExceeded
from emulators.kernel.http import Route, json_response

_MAX_READ = 1024 * 1024
_DEFAULT_READ = 512 * 1024
_COPY_CHUNK = 1024 * 1024


class _Handlers:
    """Requests about DBFS to answers."""

    def __init__(self, dbfs: Dbfs, uploads: Uploads) -> None:
        self._dbfs = dbfs
        self._uploads = uploads

    async def create(self, request: Request) -> Response:
        given = await arguments(request)
        handle = await self._uploads.create(given.required_text("path"), overwrite=given.flag("overwrite"))
        return json_response({"handle": handle})

    async def add_block(self, request: Request) -> Response:
        given = await arguments(request)
        self._uploads.add_block(given.required_integer("handle"), given.decoded("data"))
        return json_response({})

    async def close(self, request: Request) -> Response:
        await self._uploads.close((await arguments(request)).required_integer("handle"))
        return json_response({})

    async def put(self, request: Request) -> Response:
        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            return await self._put_form(request)
        given = await arguments(request)
        content = given.decoded("contents")
        if len(content) > MAX_BLOCK:
            raise MaxBlockSizeExceeded(
                f"The contents have {len(content)} bytes; at most {MAX_BLOCK} are taken this way: "
                "use create and add-block."
            )
        with self._dbfs.staged() as staged:
            staged.write_bytes(content)
            await self._dbfs.write(given.required_text("path"), staged, overwrite=given.flag("overwrite"))
        return json_response({})

    async def _put_form(self, request: Request) -> Response:
        async with request.form() as form:
            given = Arguments({name: value for name, value in form.items() if isinstance(value, str)})
            # documented as "contents"; older clients call the part otherwise, and there is only one file
            part = next((value for value in form.values() if isinstance(value, UploadFile)), None)
            if part is None:
                raise InvalidParameterValue("The form has no file: send it as the part 'contents'.")
            with self._dbfs.staged() as staged:
                with staged.open("wb") as file:
                    while piece := await part.read(_COPY_CHUNK):
                        file.write(piece)
                await self._dbfs.write(given.required_text("path"), staged, overwrite=given.flag("overwrite"))
        return json_response({})

    async def read(self, request: Request) -> Response:
        given = await arguments(request)
        offset, length = given.integer("offset"), given.integer("length", _DEFAULT_READ)
        if offset < 0 or length < 0:
            raise InvalidParameterValue("offset and length must not be negative.")
        if length > _MAX_READ:
            raise MaxReadSizeExceeded(f"length is {length}; at most {_MAX_READ} bytes are read at once.")
        data = await self._dbfs.read(given.required_text("path"), offset, length)
        return json_response({"bytes_read": len(data), "data": encoded(data)})

    async def get_status(self, request: Request) -> Response:
        return json_response(_description(await self._dbfs.status((await arguments(request)).required_text("path"))))

    async def list_entries(self, request: Request) -> Response:
        found = await self._dbfs.children((await arguments(request)).required_text("path"))
        return json_response({"files": [_description(entry) for entry in found]} if found else {})

    async def make_directories(self, request: Request) -> Response:
        await self._dbfs.make_directories((await arguments(request)).required_text("path"))
        return json_response({})

    async def move(self, request: Request) -> Response:
        given = await arguments(request)
        await self._dbfs.move(given.required_text("source_path"), given.required_text("destination_path"))
        return json_response({})

    async def delete(self, request: Request) -> Response:
        given = await arguments(request)
        await self._dbfs.delete(given.required_text("path"), recursive=given.flag("recursive"))
        return json_response({})


def routes(dbfs: Dbfs, uploads: Uploads) -> Sequence[Route]:
    on = _Handlers(dbfs, uploads)
    return (
        Route("POST", "/api/2.0/dbfs/create", on.create),
        Route("POST", "/api/2.0/dbfs/add-block", on.add_block),
        Route("POST", "/api/2.0/dbfs/close", on.close),
        Route("POST", "/api/2.0/dbfs/put", on.put),
        Route("GET", "/api/2.0/dbfs/read", on.read),
        Route("GET", "/api/2.0/dbfs/get-status", on.get_status),
        Route("GET", "/api/2.0/dbfs/list", on.list_entries),
        Route("POST", "/api/2.0/dbfs/mkdirs", on.make_directories),
        Route("POST", "/api/2.0/dbfs/move", on.move),
        Route("POST", "/api/2.0/dbfs/delete", on.delete),
    )


def _description(entry: Entry) -> dict[str, Any]:
    """A FileInfo."""
    return {
        "path": entry.path,
        "is_dir": entry.is_dir,
        "file_size": entry.size,
        "modification_time": entry.modified,
    }
