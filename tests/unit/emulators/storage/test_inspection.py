"""The front door's own signature, against a request that azure-storage-blob signs."""

from datetime import UTC, datetime

from azure.core.pipeline import PipelineContext, PipelineRequest
from azure.core.pipeline.transport import HttpRequest
from azure.storage.blob._shared.authentication import SharedKeyCredentialPolicy

from emulators.storage.addresses import Address
from emulators.storage.inspection import signed_head_request


def test_the_signature_is_the_clients_own() -> None:
    address = Address("acct", "con", "a b/ü+.csv")
    headers = signed_head_request(address, "a2V5", datetime(2026, 1, 2, tzinfo=UTC))
    unsigned = {name: value for name, value in headers.items() if name.startswith("x-ms-")}
    request = HttpRequest("HEAD", address.url, headers=unsigned)
    SharedKeyCredentialPolicy("acct", "a2V5").on_request(PipelineRequest(request, PipelineContext(None)))
    assert headers["Authorization"] == request.headers["Authorization"]
