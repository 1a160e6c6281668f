"""
Reading settings. Each process remembers all of them for a second, so that a setting can be asked for at any time: one
statement a second, whatever is asked.
"""

import json
import time
from dataclasses import dataclass
from typing import Any

from django.db import connection

from configuration.models import Change
from configuration.registry import Setting, T

KEPT_S = 1.0


@dataclass(slots=True)
class _Memory:
    """What the database said last, and when by this process's own clock."""

    values: dict[str, Any]
    read_at: float

    def is_old(self) -> bool:
        return time.monotonic() - self.read_at >= KEPT_S


_memory = _Memory(values={}, read_at=float("-inf"))


def value(setting: Setting[T]) -> T:
    """
    What a setting is now, at most a second old. A stored value that it may no longer be does not count: its default
    does. Not for the event loop: call it in a thread there.
    """
    stored = _stored().get(setting.key)
    if stored is None:
        return setting.default
    try:
        return setting.check(stored)
    except ValueError:
        return setting.default


def forget() -> None:
    """Ask the database the next time."""
    _memory.read_at = float("-inf")


def newest_changes() -> dict[str, Change]:
    """The change that counts, by key."""
    return {one.key: one for one in Change.objects.order_by("key", "-version").distinct("key")}


def newest_change(key: str) -> Change | None:
    """The change of one key that counts; None where it was never set."""
    return Change.objects.filter(key=key).order_by("-version").first()


def history(key: str) -> list[Change]:
    """Every change of one key, newest first."""
    return list(Change.objects.filter(key=key).order_by("-version"))


def _stored() -> dict[str, Any]:
    if _memory.is_old():
        began = time.monotonic()  # before the question: what is changed meanwhile is asked for again in time
        with connection.cursor() as cursor:
            cursor.execute(_NEWEST)
            _memory.values = {key: json.loads(text) for key, text in cursor.fetchall() if text is not None}
        _memory.read_at = began
    return _memory.values


_NEWEST = "SELECT DISTINCT ON (key) key, value::text FROM public.configuration_change ORDER BY key, version DESC"
