"""Blobs with a token of Entra instead of a key, through unmodified azure-identity and azure-storage-blob."""

import io
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.storage.blob import BlobServiceClient, ContainerClient, StandardBlobTier

ACCOUNT = "drydockone"
STORAGE = "https://storage.azure.com"


class Fixed:
    """A credential that gives one token, whatever it is asked for."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        return AccessToken(self._token, int(time.time()) + 3600)


@pytest.fixture(params=["straight", "proxied"])
def account(request: pytest.FixtureRequest, place: Any) -> BlobServiceClient:
    """The account with a token, reached in both ways."""
    client: BlobServiceClient = place.token_client(proxied=request.param == "proxied")
    return client


@pytest.fixture
def container(account: BlobServiceClient) -> Iterator[ContainerClient]:
    client = account.create_container(f"c{uuid.uuid4().hex}")
    yield client
    client.delete_container()


@pytest.fixture
def ask(place: Any) -> Iterator[Callable[..., httpx.Response]]:
    """Bare requests, for what the client would not send."""
    with httpx.Client(verify=place.authority.client_context(), trust_env=False) as http:

        def asked(
            token: str, query: str = "comp=list", *, secure: bool = True, version: str = "2021-12-02"
        ) -> httpx.Response:
            storage = place.storage
            address = storage.secure_blob_endpoint(ACCOUNT) if secure else storage.blob_endpoint(ACCOUNT)
            headers = {"Authorization": f"Bearer {token}", "x-ms-version": version}
            method = "POST" if "userdelegationkey" in query else "GET"
            return http.request(method, f"{address}/?{query}", headers=headers)

        yield asked


def test_every_usual_operation_works(container: ContainerClient, account: BlobServiceClient) -> None:
    name = "Ordner 1/größe+100% 'x'&y=z~.csv"
    blob = container.get_blob_client(name)
    blob.upload_blob(b"content", metadata={"a_b": "1", "a1": "2", "ab": "3", "Camel": "4"}, tags={"t": "v/1"})
    assert container.download_blob(name).readall() == b"content"
    assert container.download_blob(name, offset=2, length=3).readall() == b"nte"
    properties = blob.get_blob_properties()
    assert properties.metadata == {"a_b": "1", "a1": "2", "ab": "3", "Camel": "4"}
    blob.set_blob_metadata({"x": "1"}, if_unmodified_since=datetime.now(UTC) + timedelta(hours=1))
    assert blob.get_blob_tags() == {"t": "v/1"}
    assert [one.name for one in container.list_blobs("Ordner 1/", include=["metadata"], results_per_page=1)] == [name]
    lease = blob.acquire_lease()
    blob.upload_blob(b"more", overwrite=True, lease=lease)
    lease.release()
    snapshot = blob.create_snapshot()["snapshot"]
    assert container.get_blob_client(name, snapshot=snapshot).download_blob().readall() == b"more"
    container.get_blob_client("copy").start_copy_from_url(blob.url)
    assert container.download_blob("copy").readall() == b"more"
    blob.delete_blob(delete_snapshots="include")
    with pytest.raises(ResourceNotFoundError):
        blob.get_blob_properties()
    assert container.container_name in [one["name"] for one in account.list_containers(name_starts_with="c")]
    assert account.get_service_properties()["analytics_logging"] is not None


def test_a_long_listing_goes_on_where_it_stopped(container: ContainerClient) -> None:
    names = [f"{number} =&?" for number in range(5)]
    for name in names:
        container.upload_blob(name, b"")
    assert [one.name for one in container.list_blobs(results_per_page=2)] == names


def test_long_and_endless_bodies_stream(container: ContainerClient) -> None:
    content = b"0123456789abcdef" * (1 << 16) * 9
    container.upload_blob("in blocks", io.BytesIO(content), max_concurrency=2)
    assert container.download_blob("in blocks").readall() == content
    container.upload_blob("at once", (piece for piece in [b"a" * 1000, b"", b"b"]), length=1001)
    assert container.download_blob("at once").readall() == b"a" * 1000 + b"b"


def test_a_batch_deletes_and_changes_tiers(container: ContainerClient) -> None:
    names = ["a", "b c", "ü+%"]
    for name in names:
        container.upload_blob(name, b"x")
    container.set_standard_blob_tier_blobs(StandardBlobTier.COOL, *names)
    assert {one.blob_tier for one in container.list_blobs()} == {"Cool"}
    answers = list(container.delete_blobs(*names, "missing", raise_on_any_failure=False))
    assert sorted(answer.status_code for answer in answers) == [202, 202, 202, 404]
    assert list(container.list_blobs()) == []


def test_an_account_without_events_takes_batches_too(place: Any) -> None:
    with place.token_client("drydocktwo") as account:
        container = account.create_container(f"c{uuid.uuid4().hex}")
        container.upload_blob("a", b"x")
        assert [answer.status_code for answer in container.delete_blobs("a")] == [202]
        container.delete_container()


def test_writes_with_tokens_raise_the_same_events(place: Any, plain_box: Any) -> None:
    account = place.token_client(max_single_put_size=10, max_block_size=10)
    container = account.get_container_client(plain_box.name)
    container.upload_blob("one", b"1")
    container.upload_blob("two", b"2" * 100)
    container.delete_blob("one")
    container.delete_blobs("two")
    assert plain_box.summary() == [
        ("PutBlob", "one"),
        ("PutBlockList", "two"),
        ("DeleteBlob", "one"),
        ("DeleteBlob", "two"),
    ]


def test_the_account_key_works_over_https_too(place: Any, plain_box: Any) -> None:
    with place.token_client(credential=place.keys[ACCOUNT]) as account:
        account.get_blob_client(plain_box.name, "b").upload_blob(b"x")
    assert plain_box.client.download_blob("b").readall() == b"x"


def test_a_token_for_this_account_alone_opens_it_and_no_other(place: Any) -> None:
    token = Fixed(place.token(f"https://{ACCOUNT}.blob.core.windows.net"))
    assert list(place.token_client(credential=token).list_containers(name_starts_with="none")) == []
    with pytest.raises(ClientAuthenticationError) as refused:
        list(place.token_client("drydocktwo", credential=token).list_containers())
    assert refused.value.error_code == "InvalidAuthenticationInfo"


def test_a_client_learns_from_the_challenge_which_token_is_wanted(place: Any) -> None:
    with place.token_client(audience="https://management.azure.com") as account:
        assert list(account.list_containers(name_starts_with="none")) == []


@pytest.mark.parametrize("kind", ["spent", "foreign", "of another audience"])
def test_a_wrong_token_is_told_where_to_get_a_right_one(
    place: Any, ask: Callable[..., httpx.Response], kind: str
) -> None:
    token = {
        "spent": place.token(STORAGE, lifetime=timedelta(seconds=-1)),
        "foreign": "abc",
        "of another audience": place.token("https://vault.azure.net"),
    }[kind]
    answer = ask(token)
    assert (answer.status_code, answer.headers["x-ms-error-code"]) == (401, "InvalidAuthenticationInfo")
    authority = f"{place.token_address}/{place.tenant}/oauth2/authorize"
    assert answer.headers["www-authenticate"] == f"Bearer authorization_uri={authority} resource_id={STORAGE}"


def test_a_refused_upload_leaves_nothing_and_the_connection_goes_on(place: Any, plain_box: Any) -> None:
    client = place.token_client(credential=Fixed(place.token("https://vault.azure.net")))
    with pytest.raises(ClientAuthenticationError):
        client.get_blob_client(plain_box.name, "b").upload_blob(b"x" * 300_000)
    with pytest.raises(ResourceNotFoundError):
        plain_box.client.get_blob_client("b").get_blob_properties()
    assert plain_box.events() == []


def test_a_token_in_the_clear_is_refused(place: Any, ask: Callable[..., httpx.Response]) -> None:
    answer = ask(place.token(STORAGE), secure=False)
    assert (answer.status_code, answer.headers["x-ms-error-code"]) == (403, "AuthenticationFailed")
    assert "HTTPS" in answer.text


@pytest.mark.parametrize("version", ["", "2017-07-29"])
def test_an_old_version_of_the_protocol_knows_no_tokens(
    place: Any, ask: Callable[..., httpx.Response], version: str
) -> None:
    answer = ask(place.token(STORAGE), version=version)
    assert (answer.status_code, answer.headers["x-ms-error-code"]) == (403, "AuthenticationFailed")
    assert "x-ms-version" in answer.text


def test_user_delegation_is_named_as_missing(place: Any, account: BlobServiceClient) -> None:
    now = datetime.now(UTC)
    with pytest.raises(HttpResponseError, match="Get User Delegation Key is not supported") as refused:
        account.get_user_delegation_key(now, now + timedelta(hours=1))
    assert refused.value.status_code == 501


def test_a_part_of_a_batch_must_prove_itself(place: Any, plain_box: Any) -> None:
    plain_box.client.upload_blob("b", b"x")
    body = (
        "--batch\r\nContent-Type: application/http\r\nContent-ID: 0\r\n\r\n"
        f"DELETE /{ACCOUNT}/{plain_box.name}/b HTTP/1.1\r\n{{proof}}Content-Length: 0\r\n\r\n\r\n--batch--\r\n"
    )
    address = f"{place.storage.secure_blob_endpoint(ACCOUNT)}/{plain_box.name}?restype=container&comp=batch"
    headers = {
        "Authorization": f"Bearer {place.token(STORAGE)}",
        "x-ms-version": "2021-12-02",
        "Content-Type": "multipart/mixed; boundary=batch",
    }
    for proof in ("", "Authorization: Bearer abc\r\n"):
        with httpx.Client(verify=place.authority.client_context(), trust_env=False) as http:
            answer = http.post(address, content=body.format(proof=proof), headers=headers)
        assert answer.status_code == 202
        assert "HTTP/1.1 403" in answer.text or "HTTP/1.1 404" in answer.text, answer.text
    assert plain_box.client.get_blob_client("b").exists()
    assert plain_box.summary() == [("PutBlob", "b")]
