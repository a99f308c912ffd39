"""Signatures, against those that azure-storage-blob makes."""

import pytest
from azure.core.pipeline import PipelineContext, PipelineRequest
from azure.core.pipeline.transport import HttpRequest
from azure.storage.blob._shared.authentication import SharedKeyCredentialPolicy

from emulators.storage.shared_key import authorization


@pytest.mark.parametrize(
    ("path", "query", "headers"),
    [
        ("/con/a%20b/%C3%BC%2B.csv", "", {}),
        ("/acct/con", "restype=container&comp=list&prefix=a%2Fb%20c&marker=x%3D%3D", {}),
        ("/con/b", "comp=block&blockid=YWJj%3D", {"Content-Length": "5", "Content-Type": "text/plain"}),
        ("/con/b", "", {"Content-Length": "0", "Content-MD5": "abc=", "If-Match": '"1"', "If-None-Match": "*"}),
        ("/con/b", "", {"x-ms-meta-a_b": "1", "x-ms-meta-a1": "2", "x-ms-meta-ab": "3", "x-ms-meta": "4"}),
        ("/con/b", "", {"x-ms-range": "bytes=0-1", "If-Modified-Since": "then", "Content-Language": "de"}),
    ],
)
def test_the_signature_is_the_clients_own(path: str, query: str, headers: dict[str, str]) -> None:
    headers = {"x-ms-date": "today", "x-ms-version": "2021-12-02", **headers}
    request = HttpRequest("PUT", f"https://acct.blob.core.windows.net{path}?{query}".rstrip("?"), headers=headers)
    SharedKeyCredentialPolicy("acct", "a2V5").on_request(PipelineRequest(request, PipelineContext(None)))
    signed = authorization("PUT", path, query, headers.items(), account="acct", key="a2V5")
    assert signed == request.headers["Authorization"]
