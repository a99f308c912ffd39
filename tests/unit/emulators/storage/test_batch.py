"""Reading batches: requests in one body, answers in another."""

from emulators.storage.addresses import Address
from emulators.storage.batch import Part, batch_changes, batch_outcomes, with_authorizations
from emulators.storage.operations import Operation

ACCOUNTS = frozenset({"acct"})
TYPE = "multipart/mixed; boundary=batch_1"


def _part(content_id: str, request: str) -> str:
    return (
        "--batch_1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
        f"Content-ID: {content_id}\r\n\r\n{request}\r\nx-ms-date: now\r\n"
        f"x-ms-client-request-id: c{content_id}\r\n\r\n\r\n"
    )


def test_deletes_are_found_in_path_style() -> None:
    body = (
        _part("0", "DELETE /acct/con/a%20b? HTTP/1.1") + _part("1", "DELETE /acct/con/c HTTP/1.1") + "--batch_1--\r\n"
    )
    changes = batch_changes(TYPE, body.encode(), "127.0.0.1:1", ACCOUNTS)
    assert {part: change.address for part, change in changes.items()} == {
        "0": Address("acct", "con", "a b"),
        "1": Address("acct", "con", "c"),
    }
    assert changes["1"].operation is Operation.DELETE_BLOB
    assert changes["1"].headers["x-ms-client-request-id"] == "c1"


def test_deletes_are_found_under_the_accounts_own_host() -> None:
    body = _part("7", "DELETE /con/c HTTP/1.1") + "--batch_1--"
    changes = batch_changes(
        'multipart/mixed; boundary="batch_1"', body.encode(), "acct.blob.core.windows.net", ACCOUNTS
    )
    assert changes["7"].address == Address("acct", "con", "c")


def test_what_changes_no_blob_or_cannot_be_read_is_left_out() -> None:
    requests = [
        "PUT /acct/con/c?comp=tier HTTP/1.1",
        "DELETE /acct/con/c?snapshot=1 HTTP/1.1",
        "DELETE /nobody/con/c HTTP/1.1",
        "nonsense",
    ]
    body = "".join(_part(str(number), request) for number, request in enumerate(requests)) + "--batch_1--"
    assert batch_changes(TYPE, body.encode(), "127.0.0.1", ACCOUNTS) == {}
    assert batch_changes("text/plain", b"DELETE", "127.0.0.1", ACCOUNTS) == {}


def test_answers_are_found_by_content_id() -> None:
    body = (
        "--batch_1\r\nContent-Type: application/http\r\nContent-ID: 1\r\n\r\n"
        "HTTP/1.1 404 The specified blob does not exist.\r\nx-ms-error-code: BlobNotFound\r\n\r\n<Error/>\r\n"
        "--batch_1\r\nContent-Type: application/http\r\nContent-ID: 0\r\n\r\n"
        "HTTP/1.1 202 Accepted\r\nx-ms-request-id: r\r\n\r\n--batch_1--"
    )
    outcomes = batch_outcomes(TYPE, body.encode())
    assert (outcomes["0"].status, outcomes["0"].headers["x-ms-request-id"]) == (202, "r")
    assert outcomes["1"].status == 404


def test_proofs_are_replaced_and_nothing_else() -> None:
    seen: list[Part] = []

    def authorize(part: Part) -> str | None:
        seen.append(part)
        return "new" if part.authorization == "Bearer one" else None

    body = (
        _part("0", "DELETE /con/a%20b? HTTP/1.1\r\nauthorization: Bearer one")
        + _part("1", "PUT con/c?comp=tier HTTP/1.1\r\nx-ms-access-tier: Cool\r\nAuthorization: Bearer two")
        + _part("2", "DELETE /con/none HTTP/1.1")
        + "--batch_1--\r\nAuthorization: Bearer one\r\n\u00fc"
    )
    changed = with_authorizations(body.encode(), authorize)
    assert changed.decode() == body.replace("authorization: Bearer one", "authorization: new")
    assert [part.authorization for part in seen] == ["Bearer one", "Bearer two"]
    assert seen[1].signed[:3] == ("PUT", "/con/c", "comp=tier")
    assert ("x-ms-access-tier", "Cool") in seen[1].signed[3]
    assert ("x-ms-date", "now") in seen[1].signed[3]
    assert "authorization" not in dict(seen[0].signed[3])
