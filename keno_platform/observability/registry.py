"""Putting the counts of all processes of a machine together, in the format that Prometheus reads."""

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from keno_platform.observability.instruments import REGISTRY

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_LIVE = re.compile(r"gauge_live\w+_(\d+)\.db")


def exposition(extra: Iterable[Collector] = ()) -> bytes:
    """The counts of every process that shares the directory, or of this one alone, and what `extra` collects."""
    registry = CollectorRegistry()
    if settings.METRICS_DIR:
        forget_dead(settings.METRICS_DIR)
        MultiProcessCollector(registry, str(settings.METRICS_DIR))  # type: ignore[no-untyped-call]
    else:
        registry.register(REGISTRY)
    for one in extra:
        registry.register(one)
    return generate_latest(registry)


def forget_dead(directory: Path) -> int:
    """
    Remove what dead processes say of the present, such as open sockets; what they have counted stays. Returns how many
    files went. Processes that share the directory must see each other's ids: one directory for each container.
    """
    removed = 0
    for file in directory.glob("gauge_live*.db"):
        found = _LIVE.fullmatch(file.name)
        if found and not _is_alive(int(found[1])):
            with suppress(FileNotFoundError):  # another scrape was first
                file.unlink()
                removed += 1
    return removed


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
