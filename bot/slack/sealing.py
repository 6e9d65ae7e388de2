"""Encrypts tokens at rest. Keys rotate: what was sealed with an older one can still be opened."""

from __future__ import annotations

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from retrieval.errors import ConfigurationError


class Seal:
    """Seals with the first key, opens with any.

    Args:
        keys: newest first, separated by commas.

    Raises:
        ConfigurationError: there is none, or one is no key.
    """

    def __init__(self, keys: str) -> None:
        found = [key.strip() for key in keys.split(",") if key.strip()]
        if not found:
            raise ConfigurationError(
                "slack.encryption_keys: installations need a key; `polydesk slack new-key` makes one."
            )
        try:
            self._keys = MultiFernet([Fernet(key) for key in found])
        except ValueError as error:
            raise ConfigurationError(
                "slack.encryption_keys: one of them is no key; `polydesk slack new-key` makes one."
            ) from error

    def close(self, content: bytes) -> bytes:
        """The content, encrypted."""
        return self._keys.encrypt(content)

    def open(self, sealed: bytes) -> bytes:
        """The content.

        Raises:
            ConfigurationError: none of the keys fits.
        """
        try:
            return self._keys.decrypt(sealed)
        except InvalidToken as error:
            raise ConfigurationError(
                "slack.encryption_keys: an installation was encrypted with a key that is not there any more."
            ) from error

    def renew(self, sealed: bytes) -> bytes:
        """The same, sealed with the first key. Raises as `open` does."""
        return self.close(self.open(sealed))


def new_key() -> str:
    """A key."""
    return Fernet.generate_key().decode()
