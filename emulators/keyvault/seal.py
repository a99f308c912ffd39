"""How secrets rest on disk: sealed, so that the store's file alone tells nobody their values.

The key lies with the instance's other secrets, in a file that only its owner can read. Whoever has both files has
the secrets, as with every vault whose key is at hand: this guards a store that is copied, backed up or attached to
a report, not a stolen home folder.
"""

import base64
import secrets

from cryptography.fernet import Fernet, InvalidToken


class Broken(Exception):
    """What was to be opened is damaged, or was sealed with another key."""


class Seal:
    """Seals texts (AES in CBC mode with HMAC-SHA256, that is Fernet); `key` as `generate_key` makes it."""

    def __init__(self, key: str) -> None:
        self._fernet = Fernet(key)

    def close(self, text: str) -> str:
        """The text, sealed; ASCII."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str | bytes) -> str:
        """The text that was sealed. Raises Broken."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as error:
            raise Broken from error


def generate_key() -> str:
    """A new key: 32 random bytes in URL-safe base64."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
