"""The tokens that open the workspace.

Four kinds are accepted: the personal access token of the settings, further ones made through the Token API (durable,
kept as hashes), one per running notebook (valid exactly while it runs), and Entra tokens for Azure Databricks.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from emulators.databricks.errors import CredentialMissing, InvalidAccessToken, ResourceDoesNotExist
from emulators.databricks.moments import milliseconds
from emulators.databricks.settings import DatabricksSettings
from emulators.kernel.errors import Unauthenticated
from emulators.kernel.masking import masker
from emulators.kernel.tokens import DATABRICKS_AUDIENCE, bearer_token

_KIND = "databricks.token"
_NEVER = -1


@dataclass(frozen=True)
class Principal:
    """Who calls. `run_id` is the task run whose notebook calls, None for everybody else."""

    user_name: str
    run_id: int | None = None


class Tokens:
    """Knows every token that is good now."""

    def __init__(self, settings: DatabricksSettings) -> None:
        self._settings = settings
        self._store = settings.store
        self._runs: dict[str, Principal] = {}
        masker.add(settings.token)

    def principal(self, request: Request) -> Principal:
        """Who sent the request. Raises CredentialMissing (401) or InvalidAccessToken (403)."""
        try:
            token = _basic_token(request) or bearer_token(request)
        except Unauthenticated as error:
            raise CredentialMissing(
                "Credential was not sent or was of an unsupported type for this API: "
                "send 'Authorization: Bearer <token>'."
            ) from error
        return self._known(token) or self._from_entra(token)

    def _known(self, token: str) -> Principal | None:
        if hmac.compare_digest(token.encode(), self._settings.token.encode()):
            return Principal(self._settings.user_name)
        if (running := self._runs.get(_digest(token))) is not None:
            return running
        info = self._store.get(_KIND, _digest(token))
        if info is None:
            return None
        if info["expiry_time"] != _NEVER and info["expiry_time"] <= self._now():
            raise InvalidAccessToken("Invalid access token. It has expired.")
        return Principal(info["user_name"])

    def _from_entra(self, token: str) -> Principal:
        if token.count(".") != 2:  # not a JSON Web Token, so not Entra's
            raise InvalidAccessToken("Invalid access token.")
        try:
            claims = self._settings.verifier.verify_token(token, [DATABRICKS_AUDIENCE])
        except Unauthenticated as error:
            raise InvalidAccessToken(f"Invalid access token. {error.message}") from error
        return Principal(claims.client_id)

    def open_for_run(self, run_id: int, user_name: str) -> str:
        """A token for the notebook of one task run; it opens nothing any more once the run has ended."""
        token = _new_token()
        self._runs[_digest(token)] = Principal(user_name, run_id)
        return token

    def close_for_run(self, token: str) -> None:
        """The run has ended."""
        self._runs.pop(_digest(token), None)

    def create(self, principal: Principal, comment: str, lifetime_seconds: int | None) -> dict[str, Any]:
        """A new personal access token: its only readable appearance, and its description."""
        token, now = _new_token(), self._now()
        masker.add(token)
        info = {
            "token_id": hashlib.sha256(secrets.token_bytes(16)).hexdigest(),
            "creation_time": now,
            "expiry_time": now + lifetime_seconds * 1000 if lifetime_seconds else _NEVER,
            "comment": comment,
            "user_name": principal.user_name,
        }
        self._store.put(_KIND, _digest(token), info)
        return {"token_value": token, "token_info": _public(info)}

    def list(self) -> list[dict[str, Any]]:
        return [_public(info) for _, info in self._store.list(_KIND)]

    def delete(self, token_id: str) -> None:
        """Revoke a token. Raises ResourceDoesNotExist."""
        for key, info in self._store.list(_KIND):
            if info["token_id"] == token_id:
                self._store.delete(_KIND, key)
                return
        raise ResourceDoesNotExist(f"Token with ID {token_id} does not exist.")

    def _now(self) -> int:
        return milliseconds(self._settings.clock.now())


def _basic_token(request: Request) -> str | None:
    """The token of `Authorization: Basic`, whose user name is the word "token" (documented, for older clients)."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        return None
    return password if user == "token" else None


def _new_token() -> str:
    return f"dapi{secrets.token_hex(16)}-2"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _public(info: dict[str, Any]) -> dict[str, Any]:
    return {name: info[name] for name in ("token_id", "creation_time", "expiry_time", "comment")}
