"""The public keys under which the platform signs its wallet calls, fetched and kept."""

import asyncio
import base64
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FRESH_S = 3600.0
"""So long is a fetched list used before it is fetched again."""

PAUSE_S = 60.0
"""At most once in so long, so that calls under invented keys cannot make us ask the platform for each."""

PAUSE_AFTER_FAILURE_S = 5.0


class _Key(msgspec.Struct, frozen=True, kw_only=True):
    key_id: str
    algorithm: str
    public_key: str
    valid_from: datetime | None = None
    valid_until: datetime | None = None


class _Document(msgspec.Struct, frozen=True):
    keys: list[_Key]


class CallKeys:
    """
    The keys of `/.well-known/keno-call-keys.json`, by their ids. `url` may be a file's path, for tests.

    A key id that is not known fetches the list again: this is how a rotation is noticed at once. While the platform
    cannot be reached, the keys that are known stay in use. Safe to share between threads and tasks.
    """

    def __init__(self, url: str, *, timeout_s: float = 5.0, transport: httpx.BaseTransport | None = None) -> None:
        self.url = url
        self._timeout_s = timeout_s
        self._transport = transport
        self._keys: dict[str, _Key] = {}
        self._public: dict[str, Ed25519PublicKey] = {}
        self._fetched_at = self._tried_at = -FRESH_S
        self._lock = threading.Lock()
        self.clock: Callable[[], float] = time.monotonic

    def find(self, key_id: str) -> Ed25519PublicKey | None:
        """The key that is valid now under this id. May fetch, and so take time."""
        if self._must_wait(key_id):
            with self._lock:
                if self._due(key_id):
                    self._fetch()
        return self._valid(key_id)

    async def find_async(self, key_id: str) -> Ed25519PublicKey | None:
        """The same for tasks: other tasks go on while a list is fetched."""
        if self._must_wait(key_id):
            return await asyncio.to_thread(self.find, key_id)
        return self._valid(key_id)

    def _must_wait(self, key_id: str) -> bool:
        """Whether a list has to be fetched for this key, or is just being fetched by somebody else."""
        return self._due(key_id) or (key_id not in self._keys and self._lock.locked())

    def _due(self, key_id: str) -> bool:
        now = self.clock()
        stale = key_id not in self._keys or now - self._fetched_at >= FRESH_S
        pause_s = PAUSE_S if self._fetched_at == self._tried_at else PAUSE_AFTER_FAILURE_S
        return stale and now - self._tried_at >= pause_s

    def _valid(self, key_id: str) -> Ed25519PublicKey | None:
        key = self._keys.get(key_id)
        if key is None:
            return None
        now = datetime.now(UTC)
        if (key.valid_from and now < key.valid_from) or (key.valid_until and now >= key.valid_until):
            return None
        return self._public[key_id]

    def _fetch(self) -> None:
        self._tried_at = self.clock()
        try:
            found = msgspec.json.decode(self._read(), type=_Document).keys
            keys = {key.key_id: key for key in found if key.algorithm == "ed25519"}
            public = {name: _public_key(key) for name, key in keys.items()}
        except (httpx.HTTPError, OSError, msgspec.MsgspecError, ValueError):
            return  # what is known stays in use
        self._public, self._keys, self._fetched_at = public, keys, self._tried_at

    def _read(self) -> bytes:
        if not self.url.startswith(("http://", "https://")):
            return Path(self.url).read_bytes()
        with httpx.Client(timeout=self._timeout_s, transport=self._transport) as client:
            return client.get(self.url).raise_for_status().content


def _public_key(key: _Key) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(key.public_key, validate=True))
