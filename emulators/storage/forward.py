"""A request as Azurite gets it: as it came, or with the account's signature in place of a token.

Azurite runs without OAuth: the front door checks tokens itself (`bearer.py`) and vouches for the request with the
account's key. What was sent stays as it was sent otherwise, names in their case and bytes untouched.
"""

from dataclasses import dataclass, field

import h11

from emulators.storage.addresses import Target
from emulators.storage.batch import Part, with_authorizations
from emulators.storage.heads import RawHeaders, forwarded_request_headers, header
from emulators.storage.shared_key import authorization

_LENGTH, _CODING, _AUTHORIZATION = b"content-length", b"transfer-encoding", b"authorization"


class Forward:
    """A request that goes on as it came."""

    def __init__(self, request: h11.Request, target: Target) -> None:
        self._request = request
        self._target = target

    def head(self) -> h11.Request:
        """The head to send on."""
        return self._with_headers(forwarded_request_headers(self._request))

    def batch(self, body: bytes) -> tuple[h11.Request, bytes]:
        """Head and body of a batch to send on."""
        return self.head(), body

    def _with_headers(self, headers: RawHeaders) -> h11.Request:
        return h11.Request(method=self._request.method, target=self._target.origin_form, headers=headers)


@dataclass(frozen=True)
class AccountKey:
    """An account's name and its key in base64."""

    account: str
    key: str = field(repr=False)

    def authorization(self, method: str, path: str, query: str, headers: list[tuple[str, str]]) -> str:
        """The `Authorization` header of a request that this account signs."""
        return authorization(method, path, query, headers, account=self.account, key=self.key)


class SignedForward(Forward):
    """A request that goes on signed with the account's key.

    `signed_path` is the path that Azurite looks at when it checks the signature.
    """

    def __init__(self, request: h11.Request, target: Target, signed_path: str, key: AccountKey) -> None:
        super().__init__(request, target)
        self._signed_path = signed_path
        self._key = key

    def head(self) -> h11.Request:
        return self._signed(forwarded_request_headers(self._request))

    def batch(self, body: bytes) -> tuple[h11.Request, bytes]:
        """Head and body, each part of it signed whose token is the batch's own.

        A part with another token, or none, goes on as it is: Azurite answers that it proves nothing.
        """
        token = header(self._request.headers, _AUTHORIZATION)

        def sign(part: Part) -> str | None:
            return self._key.authorization(*part.signed) if part.authorization == token else None

        body = with_authorizations(body, sign)
        headers = _without(forwarded_request_headers(self._request), _LENGTH, _CODING)
        return self._signed([*headers, (b"Content-Length", str(len(body)).encode())]), body

    def _signed(self, headers: RawHeaders) -> h11.Request:
        headers = _without(headers, _AUTHORIZATION)
        text = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
        method = self._request.method.decode()
        value = self._key.authorization(method, self._signed_path, self._target.query, text)
        return self._with_headers([*headers, (b"Authorization", value.encode())])


def _without(headers: RawHeaders, *names: bytes) -> RawHeaders:
    return [(name, value) for name, value in headers if name.lower() not in names]
