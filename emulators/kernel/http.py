"""HTTP for every emulated service: a table of routes, handlers from request to response, one place for errors.

A route is data. What the table does not hold is answered 501 with the method, the path and what to add, in the
service's own error dialect. Paths are matched segment by segment on the raw, still percent-encoded path, so a
blob name with an encoded slash stays one segment.
"""

import json
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from emulators.kernel.errors import (
    BodyTooLarge,
    CloudError,
    InternalError,
    InvalidBody,
    MethodNotAllowed,
    UnsupportedRoute,
)

Handler = Callable[[Request], Awaitable[Response]]
RenderError = Callable[[CloudError], Response]
Authenticate = Callable[[Request], Awaitable[None]]

_PARAMETER = re.compile(r"\{(\w+)(:path)?\}")


@dataclass(frozen=True)
class Route:
    """One row of a service's table.

    `template` is a path; `{name}` stands for one segment, `{name:path}` for the rest of the path including
    slashes (possibly empty). `public` routes are answered without a token.
    """

    method: str
    template: str
    handler: Handler
    public: bool = False


@dataclass(frozen=True)
class _Matched:
    route: Route
    parameters: dict[str, str]


class _Table:
    def __init__(self, routes: Sequence[Route], ignore_case: bool) -> None:
        flags = re.IGNORECASE if ignore_case else re.NOFLAG
        self._rows = [(_pattern(route.template, flags), route) for route in routes]

    def find(self, method: str, path: str) -> tuple[_Matched | None, set[str]]:
        """The first row that fits, and the methods that the path would allow."""
        allowed: set[str] = set()
        for pattern, route in self._rows:
            match = pattern.fullmatch(path)
            if match is None:
                continue
            if route.method == method:
                parameters = {name: unquote(value) for name, value in match.groupdict().items()}
                return _Matched(route, parameters), allowed
            allowed.add(route.method)
        return None, allowed


def _pattern(template: str, flags: re.RegexFlag) -> re.Pattern[str]:
    pieces: list[str] = []
    position = 0
    for parameter in _PARAMETER.finditer(template):
        pieces.append(re.escape(template[position : parameter.start()]))
        name, rest = parameter.groups()
        pieces.append(f"(?P<{name}>.*)" if rest else f"(?P<{name}>[^/]+)")
        position = parameter.end()
    pieces.append(re.escape(template[position:]))
    return re.compile("".join(pieces), flags)


def build_app(
    *,
    name: str,
    routes: Sequence[Route],
    render_error: RenderError,
    authenticate: Authenticate | None = None,
    ignore_case: bool = False,
    fallback: Handler | None = None,
) -> ASGIApp:
    """The ASGI application of one emulated service.

    `authenticate` raises a CloudError for a request without the right to enter; routes marked public skip it.
    `fallback` answers what no row fits, after authentication; without it that is 501 (or 405 when only the
    method is unknown). `ignore_case` matches paths as Azure Resource Manager does.
    """
    table = _Table(routes, ignore_case)
    logger = logging.getLogger(f"drydock.{name}")

    async def answer(request: Request) -> Response:
        matched, allowed = table.find(request.method, raw_path(request))
        if authenticate is not None and not (matched and matched.route.public):
            await authenticate(request)
        if matched is not None:
            request.scope["path_params"] = matched.parameters
            return await matched.route.handler(request)
        if fallback is not None:
            return await fallback(request)
        raise _unknown(name, request, allowed)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"{name} speaks HTTP only, not {scope['type']!r}")
        request = Request(scope, receive)
        try:
            response = await answer(request)
        except CloudError as error:
            logger.info("%s %s -> %s %s", request.method, request.url.path, error.status, error.code)
            response = _rendered(render_error, error)
        except ClientDisconnect:
            return
        except Exception:
            logger.exception("%s %s failed", request.method, request.url.path)
            response = _rendered(
                render_error,
                InternalError(f"The {name} emulator failed on this request; its log holds the cause."),
            )
        await response(scope, receive, send)

    return app


def _rendered(render_error: RenderError, error: CloudError) -> Response:
    response = render_error(error)
    response.headers.update(error.headers)
    return response


def _unknown(name: str, request: Request, allowed: set[str]) -> CloudError:
    path = request.url.path
    if allowed:
        return MethodNotAllowed(
            f"{request.method} is not allowed on '{path}'; the {name} emulator has {', '.join(sorted(allowed))}.",
            headers={"Allow": ", ".join(sorted(allowed))},
        )
    return UnsupportedRoute(
        f"The {name} emulator has no route for '{request.method} {path}'. "
        f"To support it add a row to the routes table of emulators/{name}/routes.py."
    )


def raw_path(request: Request) -> str:
    """The path as it was sent, percent-encoding kept, without the query."""
    raw: bytes | None = request.scope.get("raw_path")
    if raw is None:
        return str(request.url.path)
    return raw.split(b"?", 1)[0].decode("ascii", "replace")


async def read_object(request: Request, limit: int | None = None) -> dict[str, Any]:
    """The request's body as a JSON object; an empty body is `{}`. Raises InvalidBody with the place of the error.

    With a `limit` in bytes raises BodyTooLarge before more than that is held.
    """
    body = await request.body() if limit is None else await limited_body(request, limit)
    if not body.strip():
        return {}
    try:
        document = json.loads(body, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise InvalidBody(f"The request body is not UTF-8: {error.reason} at byte {error.start}.") from error
    except json.JSONDecodeError as error:
        raise InvalidBody(
            f"The request body is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from error
    except RecursionError as error:
        raise InvalidBody("The request body is nested too deeply.") from error
    if not isinstance(document, dict):
        raise InvalidBody(f"The request body must be a JSON object, not {type(document).__name__}.")
    if b"\\ud" in body.lower():
        _refuse_lone_surrogates(document)
    return document


async def limited_body(request: Request, limit: int) -> bytes:
    """The request's body of at most `limit` bytes. Raises BodyTooLarge before more than that is held."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise BodyTooLarge(f"The request body is longer than the {limit:,} bytes that are read here.")
    return bytes(body)


def _refuse_constant(name: str) -> None:
    """Python reads NaN and Infinity, JSON has no such numbers and no answer could repeat them."""
    raise InvalidBody(f"The request body is not valid JSON: {name} is no JSON number.")


def _refuse_lone_surrogates(document: dict[str, Any]) -> None:
    r"""Half of a surrogate pair (`"\ud800"`) is no character: no answer and no file could repeat it."""
    try:
        json.dumps(document, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidBody(
            f"The request body holds half of a surrogate pair, \\u{ord(error.object[error.start]):x}: no character."
        ) from error


def json_response(document: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    return JSONResponse(document, status_code=status, headers=headers)


def empty_response(status: int = 200) -> Response:
    """An answer without a body (Content-Length 0)."""
    return Response(status_code=status)
