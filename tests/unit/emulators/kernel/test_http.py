"""The routes table: what fits, what is unknown, what fails, asked without a socket."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response

from emulators.kernel.dialects import arm_error, databricks_error, storage_error
from emulators.kernel.errors import CloudError, Unauthenticated
from emulators.kernel.http import Route, build_app, json_response, limited_body, read_object


class OutOfStock(CloudError):
    status = 409
    code = "OutOfStock"


async def show(request: Request) -> Response:
    return json_response(dict(request.path_params))


async def echo(request: Request) -> Response:
    return json_response(await read_object(request))


async def fail(_: Request) -> Response:
    raise OutOfStock("Nothing left.", target="shelf", headers={"Retry-After": "3"})


async def crash(_: Request) -> Response:
    raise RuntimeError("secret detail")


async def refuse(_: Request) -> None:
    raise Unauthenticated("Who are you?")


ROUTES = [
    Route("GET", "/shops/{shop}/goods/{good:path}", show),
    Route("POST", "/shops/{shop}", echo),
    Route("GET", "/fail", fail),
    Route("GET", "/crash", crash),
    Route("GET", "/open", show, public=True),
]


def client(**settings: object) -> httpx.AsyncClient:
    options: dict[str, object] = {"name": "shop", "routes": ROUTES, "render_error": arm_error, **settings}
    app = build_app(**options)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://shop")


async def test_parameters_are_decoded_and_the_rest_keeps_its_slashes() -> None:
    answer = await client().get("/shops/a%2Fb%20c/goods/x/y%25.csv")
    assert answer.json() == {"shop": "a/b c", "good": "x/y%.csv"}


async def test_case_counts_only_when_it_shall() -> None:
    assert (await client().get("/SHOPS/a/goods/")).status_code == 501
    assert (await client(ignore_case=True).get("/SHOPS/a/GOODS/")).status_code == 200


async def test_an_unknown_route_says_what_to_add() -> None:
    answer = await client().get("/nowhere")
    assert answer.status_code == 501
    message = answer.json()["error"]["message"]
    assert "GET /nowhere" in message
    assert "emulators/shop/routes.py" in message


async def test_an_unknown_method_names_those_that_are() -> None:
    answer = await client().delete("/shops/a")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


async def test_an_error_speaks_the_dialect_and_keeps_its_headers() -> None:
    answer = await client().get("/fail")
    assert answer.status_code == 409
    assert answer.headers["retry-after"] == "3"
    assert answer.json()["error"] == {
        "code": "OutOfStock",
        "message": "Nothing left.",
        "target": "shelf",
        "details": None,
    }


async def test_other_dialects() -> None:
    databricks = await client(render_error=databricks_error).get("/fail")
    assert databricks.json() == {"error_code": "OutOfStock", "message": "Nothing left."}
    storage = await client(render_error=storage_error).get("/fail")
    assert storage.headers["x-ms-error-code"] == "OutOfStock"
    assert "<Code>OutOfStock</Code>" in storage.text


async def test_an_unexpected_failure_tells_nothing_of_its_cause() -> None:
    answer = await client().get("/crash")
    assert answer.status_code == 500
    assert "secret detail" not in answer.text


async def test_public_routes_need_no_token_and_all_others_do() -> None:
    guarded = client(authenticate=refuse)
    assert (await guarded.get("/open")).status_code == 200
    assert (await guarded.get("/shops/a/goods/b")).status_code == 401
    assert (await guarded.get("/nowhere")).status_code == 401


@pytest.mark.parametrize(
    ("body", "fragment"),
    [
        (b'{"a": }', "line 1, column 7"),
        (b"[1]", "must be a JSON object, not list"),
        (b"\xff", "not UTF-8"),
        (b'{"a":' + b"[" * 100_000, "nested too deeply"),
        (b'{"a": [NaN]}', "NaN is no JSON number"),
        (rb'{"a": {"\uD800": 1}}', r"half of a surrogate pair, \ud800"),
    ],
)
async def test_a_body_that_is_no_object_is_refused_with_the_place(body: bytes, fragment: str) -> None:
    answer = await client().post("/shops/a", content=body)
    assert answer.status_code == 400
    assert fragment in answer.json()["error"]["message"]


async def test_a_whole_surrogate_pair_is_a_character() -> None:
    answer = await client().post("/shops/a", content=rb'{"a": "\ud83d\ude00"}')
    assert answer.json() == {"a": "\N{GRINNING FACE}"}


async def test_a_body_beyond_the_limit_is_refused_unread() -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1000
            yield b"x" * 1000

    async def take(request: Request) -> Response:
        return json_response({"size": len(await limited_body(request, 5000))})

    limited = client(routes=[Route("POST", "/", take)])
    assert (await limited.post("/", content=b"x" * 5000)).json() == {"size": 5000}
    answer = await limited.post("/", content=endless())
    assert answer.status_code == 413
    assert read <= 10_000


async def test_no_body_is_an_empty_object() -> None:
    assert (await client().post("/shops/a")).json() == {}
