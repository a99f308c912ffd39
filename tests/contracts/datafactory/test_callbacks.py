"""WebHook activities: the endpoint is told an address, the activity waits until it is called back there."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest


class Endpoint:
    """An endpoint that a WebHook calls; it calls back with what the test wants."""

    def __init__(self, answer: Any, trust: Any) -> None:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()
                address = httpx.Response(200, content=body).json()["callBackUri"]
                with httpx.Client(verify=trust.authority.client_context(), trust_env=False) as http:
                    endpoint.status = http.post(address, json=answer).status_code
                    endpoint.second = http.post(address + "x", json=answer).status_code

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.status = self.second = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/"


@pytest.fixture
def endpoint(trust: Any) -> Iterator[Endpoint]:
    endpoint = Endpoint({"answer": 42}, trust)
    yield endpoint
    endpoint.server.shutdown()


def test_a_webhook_ends_when_it_is_called_back(factory: Any, endpoint: Endpoint) -> None:
    properties = {"url": endpoint.address, "method": "POST", "headers": {}, "body": {"a": 1}, "timeout": "00:01:00"}
    factory.pipeline("calls", {"name": "Call", "type": "WebHook", "typeProperties": properties})
    run_id = factory.client.pipelines.create_run(factory.group, factory.name, "calls").run_id
    assert factory.ended(run_id).status == "Succeeded"
    [activity] = factory.client.activity_runs.query_by_pipeline_run(
        factory.group, factory.name, run_id, factory.window()
    ).value
    assert activity.output == {"answer": 42}
    assert (endpoint.status, endpoint.second) == (200, 404)
