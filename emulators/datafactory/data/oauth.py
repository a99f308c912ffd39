"""Tokens by OAuth's client credentials, from whichever authorization server a linked service names."""

import time
from collections.abc import Callable, Mapping

import httpx

from emulators.datafactory.data.errors import DataError
from emulators.kernel.masking import masker

TIMEOUT = 100.0
_EARLY = 60.0
"""Seconds before its end at which a token is asked for anew."""

_USUAL_LIFETIME = 3600.0
"""Where the answer does not say `expires_in`."""


class ClientCredentials:
    """Asks `POST endpoint` with the form (RFC 6749, 4.4; id and secret in the body), and keeps the token while it is
    good, by the machine's time.
    """

    def __init__(self, endpoint: str, form: Mapping[str, str], client: Callable[[float], httpx.Client]) -> None:
        self._endpoint = endpoint
        self._form = form
        self._client = client
        self._kept = ("", 0.0)

    def token(self) -> str:
        """Raises DataError (code assumed) naming the endpoint."""
        kept, until = self._kept
        if time.monotonic() < until:
            return kept
        try:
            with self._client(TIMEOUT) as client:
                answer = client.post(self._endpoint, data=dict(self._form))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._failed(f"{type(error).__name__}: {error}") from error
        try:
            body = answer.json()
            token, lifetime = str(body["access_token"]), float(body.get("expires_in", _USUAL_LIFETIME))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise self._failed(f"{answer.status_code}: {answer.text[:500]}") from error
        masker.add(token)
        self._kept = (token, time.monotonic() + lifetime - _EARLY)
        return token

    def _failed(self, reason: str) -> DataError:
        return DataError(
            "RestServiceFailToGetToken", f"The token endpoint '{self._endpoint}' gave no access token: {reason}"
        )
