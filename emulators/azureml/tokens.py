"""Run tokens: what a step's script shows to run history. Each opens one run and dies with its step."""

import hmac
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from emulators.kernel.masking import masker


class RunTokens:
    """The tokens of the steps that run at present."""

    def __init__(self) -> None:
        self._tokens: dict[str, str] = {}

    @contextmanager
    def issued(self, run_id: str) -> Iterator[str]:
        """A token for a pipeline run's history, valid in the enclosed block; it never shows in a log."""
        token = secrets.token_urlsafe(32)
        masker.add(token)
        self._tokens[token] = run_id
        try:
            yield token
        finally:
            del self._tokens[token]

    def run_of(self, token: str) -> str | None:
        """The pipeline run that a token opens, or None."""
        found = None
        for known, run_id in self._tokens.items():
            if hmac.compare_digest(known.encode(), token.encode()):
                found = run_id
        return found
