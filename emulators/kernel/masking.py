"""Secrets never reach a log: a register of secret values and a logging filter that blanks them.

Masking is by exact substring, as the real services do it: a secret that is taken apart cannot be recognised.
"""

import logging
import threading

MASK = "**********"
_SHORTEST = 6  # shorter values are words of the language: masking them would hide the log, not the secret


class Masker:
    """Knows the secret values of this process and blanks them in texts. Safe to use from several threads."""

    def __init__(self, mask: str = MASK) -> None:
        self._mask = mask
        self._secrets: set[str] = set()
        self._lock = threading.Lock()

    def add(self, *secrets: str) -> None:
        """Remember values to blank; empty and very short ones are ignored."""
        with self._lock:
            self._secrets.update(secret for secret in secrets if len(secret) >= _SHORTEST)

    def mask(self, text: str) -> str:
        """The text with every known secret blanked, longest first so that no tail of one remains."""
        with self._lock:
            secrets = sorted(self._secrets, key=len, reverse=True)
        for secret in secrets:
            text = text.replace(secret, self._mask)
        return text


masker = Masker()
"""The process-wide register."""


class MaskingFilter(logging.Filter):
    """A logging filter that renders each record once and blanks the secrets in it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = masker.mask(record.getMessage())
        record.args = None
        if record.exc_info and not record.exc_text:
            record.exc_text = masker.mask(logging.Formatter().formatException(record.exc_info))
        return True
