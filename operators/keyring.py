"""
The keys that calls to operators are signed with, kept in memory: signing one of a thousand calls a second asks no
database.
"""

import asyncio
import logging
import threading
import time
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connections
from django.db.models import Q
from django.db.models.functions import Now

from operators.models import CallSigningKey
from operators.sealing import SEAL
from operators.services.call_keys import call_key_about, ensure_call_key

logger = logging.getLogger(__name__)
KEPT_S = 10.0
"""So old may what is known of the keys be; a rotation reaches every process within this time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenKey:
    """A key that is opened. `signs_from` is in seconds since 1970."""

    key_id: str
    private_key: Ed25519PrivateKey
    signs_from: float


class Keyring:
    """What this process knows of the keys. One instance; any thread, and inside event loops, too."""

    def __init__(self) -> None:
        self._keys: tuple[OpenKey, ...] = ()
        self._good_until = 0.0
        self._loading = threading.Lock()

    async def ready(self) -> None:
        """
        Await this in an event loop before `current`. The first time the keys are read, in a thread: a loop that waited
        itself would hold up everybody, and among them whoever holds the connection that the thread waits for.

        :raises DatabaseError: they could not be read.
        """
        if not self._keys:
            await asyncio.get_running_loop().run_in_executor(None, self._load_first)  # in no operator's context

    def current(self) -> OpenKey:
        """
        The key that signs now: the newest whose time has come.

        :raises RuntimeError: inside an event loop where `ready` was not awaited.
        """
        if time.monotonic() >= self._good_until:
            self._refresh()
        now = time.time()
        return next((key for key in self._keys if key.signs_from <= now), self._keys[-1])

    def forget(self) -> None:
        """Read the keys again before the next signature."""
        self._keys, self._good_until = (), 0.0

    def _refresh(self) -> None:
        if not _in_event_loop():
            self._load()
        elif not self._keys:
            raise RuntimeError("await ready() before the first signature in an event loop")
        elif self._loading.acquire(blocking=False):
            self._good_until = time.monotonic() + KEPT_S
            threading.Thread(target=self._load_behind, daemon=True).start()

    def _load(self) -> None:
        newest = ensure_call_key()
        valid = Q(retired_at__isnull=True) | Q(retired_at__gt=Now())
        rows = CallSigningKey.objects.filter(valid).order_by("-signs_from")
        self._keys = tuple(_open(row) for row in rows) or (_open(newest),)
        self._good_until = time.monotonic() + KEPT_S

    def _load_first(self) -> None:
        try:
            with self._loading:
                if not self._keys:
                    self._load()
        finally:
            connections.close_all()  # this thread's own

    def _load_apart(self) -> None:
        try:
            self._load()
        except Exception:
            logger.exception("the keys for signed calls could not be read")
        finally:
            connections.close_all()  # this thread's own

    def _load_behind(self) -> None:
        try:
            self._load_apart()
        finally:
            self._loading.release()


def _open(row: CallSigningKey) -> OpenKey:
    secret = SEAL.open(bytes(row.sealed), about=call_key_about(row.key_id))
    return OpenKey(
        key_id=row.key_id,
        private_key=Ed25519PrivateKey.from_private_bytes(secret),
        signs_from=row.signs_from.timestamp(),
    )


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


@lru_cache(maxsize=1024)
def opened(sealed: bytes, about: str) -> bytes:
    """A shared secret, opened once."""
    return SEAL.open(sealed, about=about)


keyring = Keyring()
