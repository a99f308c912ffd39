"""From a linked service to an account, without a connection: addresses, keys, tokens."""

import base64

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.storage.blob import BlobClient, ContainerClient

from emulators.datafactory.data.blob_connection import open_blob_storage
from emulators.datafactory.data.connection import connect
from emulators.datafactory.data.errors import DataError, InvalidSettings, Unsupported
from emulators.datafactory.data.store import File, WriteOptions

KEY = base64.b64encode(b"k" * 32).decode()


class Tokens:
    def __init__(self) -> None:
        self.asked: list[tuple] = []
        self.ca_bundle = None

    def token(self, resource, principal):
        self.asked.append((resource, principal))
        return "token"


def place(kind: str = "AzureBlobStorage", **settings) -> str:
    return open_blob_storage(kind, settings, Tokens(), "Source").place("c")


def test_each_way_to_connect():
    whole = f"DefaultEndpointsProtocol=https;AccountName=lake;AccountKey={KEY};EndpointSuffix=core.windows.net"
    assert place(connectionString=whole) == "https://lake.blob.core.windows.net/c"
    apart = "DefaultEndpointsProtocol=https;AccountName=lake;EndpointSuffix=core.windows.net;"
    assert place(connectionString=apart, accountKey=KEY) == "https://lake.blob.core.windows.net/c"
    assert place(sasUri="https://lake.blob.core.windows.net/?sv=1&sig=x").startswith(
        "https://lake.blob.core.windows.net"
    )
    assert "sig" not in place(sasUri="https://lake.blob.core.windows.net/", sasToken="?sv=1&sig=x")
    assert place(serviceEndpoint="https://lake.blob.core.windows.net/") == "https://lake.blob.core.windows.net/c"
    lake = place("AzureBlobFS", url="https://lake.dfs.core.windows.net", accountKey=KEY)
    assert lake == "https://lake.blob.core.windows.net/c"
    assert place("AzureBlobFS", url="http://127.0.0.1:10000/lake", accountKey=KEY) == "http://127.0.0.1:10000/lake/c"


@pytest.mark.parametrize(
    ("settings", "principal"),
    [
        ({}, None),
        ({"credential": {"referenceName": "x", "type": "CredentialReference"}}, None),
        ({"servicePrincipalId": "id", "servicePrincipalKey": "key", "tenant": "t"}, ("t", "id", "key")),
        ({"servicePrincipalId": "id", "servicePrincipalCredential": "key", "tenant": "t"}, ("t", "id", "key")),
    ],
)
def test_a_token_is_asked_for_the_identity_that_is_named(settings, principal):
    tokens = Tokens()
    address = {"serviceEndpoint": "https://lake.blob.core.windows.net/"}
    storage = open_blob_storage("AzureBlobStorage", {**address, **settings}, tokens, "Source")
    assert storage._client.credential.get_token("https://storage.azure.com/.default").token == "token"
    assert tokens.asked == [("https://storage.azure.com", principal)]


def test_the_type_of_an_earlier_time_is_the_same_place():
    connection = "DefaultEndpointsProtocol=https;AccountName=lake;AccountKey=aw==;EndpointSuffix=core.windows.net"
    found = connect("AzureStorage", {"connectionString": connection}, Tokens(), "Source")
    assert found.place("c") == "https://lake.blob.core.windows.net/c"


def test_what_is_incomplete_or_not_built_is_told():
    with pytest.raises(InvalidSettings, match="needs 'connectionString'"):
        place()
    with pytest.raises(DataError, match="cannot be read") as failure:
        place(connectionString="AccountKey=secret")
    assert "secret" not in str(failure.value)
    with pytest.raises(Unsupported, match="'FtpServer'"):
        connect("FtpServer", {}, Tokens(), "Source")


def test_a_container_that_is_open_to_everybody():
    assert place(containerUri="https://lake.blob.core.windows.net/c/") == "https://lake.blob.core.windows.net/c"
    storage = open_blob_storage("AzureBlobStorage", {"containerUri": "http://127.0.0.1:1/lake/c"}, Tokens(), "Source")
    assert storage.place("c") == "http://127.0.0.1:1/lake/c"
    with pytest.raises(InvalidSettings, match="opens the container 'c' only, not 'other'"):
        storage.find("other", "a")
    with pytest.raises(InvalidSettings, match="nothing can be deleted there"):
        storage.delete(File("c", "a"))
    with pytest.raises(InvalidSettings, match="nothing can be written there"):
        storage.writer("c", "a", WriteOptions())
    for wrong in ("lake/c", "https://lake.blob.core.windows.net", "https://lake.blob.core.windows.net/c?sig=x"):
        with pytest.raises(InvalidSettings, match="'containerUri' must be the address of a container") as failure:
            place(containerUri=wrong)
        assert "sig=" not in str(failure.value)
    with pytest.raises(InvalidSettings, match="it can be no sink"):
        open_blob_storage("AzureBlobStorage", {"containerUri": "http://127.0.0.1:1/lake/c"}, Tokens(), "Sink")


@pytest.mark.parametrize(
    ("status", "code"),
    [(404, "ResourceNotFound"), (409, "PublicAccessNotPermitted"), (401, "NoAuthenticationInformation"), (403, None)],
)
def test_a_container_that_hides_itself_is_told_as_closed(monkeypatch, status, code):
    def refused(*arguments, **options):
        error = (ResourceNotFoundError if status == 404 else HttpResponseError)("hidden")
        error.status_code, error.error_code = status, code
        raise error

    storage = open_blob_storage("AzureBlobStorage", {"containerUri": "http://127.0.0.1:1/lake/c"}, Tokens(), "Source")
    monkeypatch.setattr(BlobClient, "get_blob_properties", refused)
    monkeypatch.setattr(ContainerClient, "list_blobs", refused)
    for look in (lambda: storage.find("c", "a"), lambda: list(storage.list("c", ""))):
        with pytest.raises(DataError, match=r"not open to everybody.*access level to 'Container'"):
            look()
