"""Who may enter with a token instead of a key: the rules of Entra ID for blobs.

Documented: tokens are for the service or for one account of it, come over HTTPS only, and with version 2017-11-09 of
the protocol or later; a refusal carries the challenge that tells a client where to get a right one. Roles are not
looked at: whoever has a token of this tenant for storage may do what the account's key may.
"""

from collections.abc import Mapping

import h11

from emulators.kernel.errors import Unauthenticated
from emulators.kernel.tokens import TokenVerifier
from emulators.storage.addresses import Address, Target, signed_path
from emulators.storage.errors import AuthenticationFailed, InvalidAuthenticationInfo, UserDelegationNotEmulated
from emulators.storage.forward import AccountKey, SignedForward

AUDIENCE = "https://storage.azure.com"
"""What tokens for any storage account are for (documented)."""

_SCHEME = "bearer "
_FIRST_VERSION = "2017-11-09"


def is_bearer(authorization: str) -> bool:
    """Whether an `Authorization` header is a token."""
    return authorization[: len(_SCHEME)].lower() == _SCHEME


class BearerTokens:
    """Checks tokens. `authority` is the token authority's address with the tenant, `keys` are each account's."""

    def __init__(self, verifier: TokenVerifier, authority: str, keys: Mapping[str, str]) -> None:
        self._verifier = verifier
        self._challenge = f"Bearer authorization_uri={authority}/oauth2/authorize resource_id={AUDIENCE}"
        self._keys = keys

    def admit(
        self, request: h11.Request, headers: Mapping[str, str], target: Target, address: Address, *, secure: bool
    ) -> SignedForward:
        """The request as it may go on. `headers` have lower-case names; `secure` tells whether it came over TLS.

        Raises AuthenticationFailed, InvalidAuthenticationInfo, or UserDelegationNotEmulated.
        """
        if not secure:
            raise AuthenticationFailed(
                "Authentication scheme Bearer is taken over HTTPS only: a token must not travel in the clear. "
                "Use the account's HTTPS address, or its key."
            )
        if headers.get("x-ms-version", "") < _FIRST_VERSION:
            raise AuthenticationFailed(
                f"Authentication scheme Bearer is not supported in this version: x-ms-version must be {_FIRST_VERSION} "
                "or later."
            )
        self._verify(headers["authorization"][len(_SCHEME) :].strip(), address.account)
        if target.parameters().get("comp", "").lower() == "userdelegationkey":
            raise UserDelegationNotEmulated
        key = AccountKey(address.account, self._keys[address.account])
        return SignedForward(request, target, signed_path(target, self._keys.keys()), key)

    def _verify(self, token: str, account: str) -> None:
        try:
            self._verifier.verify_token(token, {AUDIENCE, f"https://{account}.blob.core.windows.net"})
        except Unauthenticated as error:
            raise InvalidAuthenticationInfo(error.message, self._challenge) from error
