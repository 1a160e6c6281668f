"""
Secrets at rest: AES-256-GCM under a key that is derived, for one purpose, from each of the installation's seal keys.

What is sealed for one purpose cannot be opened for another, nor about something else.
"""

import secrets
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

NONCE_BYTES = 12


@lru_cache(maxsize=32)
def _derived(seal_key: bytes, purpose: str) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(seal_key))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """Seals for one purpose, such as `keno operators v1`."""

    purpose: str

    def close(self, secret: bytes, *, about: str) -> bytes:
        """Nonce, ciphertext and tag, under the installation's current key. `about` must be given again to open it."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + _derived(settings.SEAL_KEYS[0], self.purpose).encrypt(nonce, secret, about.encode())

    def open(self, sealed: bytes, *, about: str) -> bytes:
        """:raises InvalidTag: none of the keys opens it, or it is about something else."""
        for key in settings.SEAL_KEYS:
            with suppress(InvalidTag):
                return self._open_with(key, sealed, about)
        raise InvalidTag

    def is_current(self, sealed: bytes, *, about: str) -> bool:
        """Whether it is sealed under the installation's current key."""
        try:
            self._open_with(settings.SEAL_KEYS[0], sealed, about)
        except InvalidTag:
            return False
        return True

    def _open_with(self, key: bytes, sealed: bytes, about: str) -> bytes:
        return _derived(key, self.purpose).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about.encode())


SEAL = Seal(purpose="keno operators v1")
"""For the secrets in this room's tables."""
