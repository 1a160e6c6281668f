"""
The beginning and the end of a web process, as its server tells them.

A server ends a process by a signal, past Python's own end: what waits in memory is written here.
"""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from django.db import DatabaseError, connection

from bets.door import desk
from calls import recorder
from keno_platform import outbound
from keno_platform.core import loops
from keno_platform.database import pooling
from keno_platform.limits import gathering
from keno_platform.observability import port, tracing
from reconciliation import reopening

COLLECT_AFTER = (20_000, 20, 50)
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


async def application(scope: Any, receive: Receive, send: Send) -> None:
    """Answer the two messages of a process's life."""
    loops.adopt(asyncio.get_running_loop())
    _spare_the_collector()
    message = await receive()
    while message["type"] == "lifespan.startup":
        try:
            await asyncio.to_thread(pooling.require_at_start)
        except pooling.TransactionPooling as refusal:
            await send({"type": "lifespan.startup.failed", "message": str(refusal)})
            return
        await asyncio.to_thread(_notice_cluster)
        port.serve_counts()
        await send({"type": "lifespan.startup.complete"})
        message = await receive()
    await desk.close()
    await outbound.close()
    await gathering.close()
    await asyncio.to_thread(recorder.close)
    await asyncio.to_thread(tracing.stop)
    await send({"type": "lifespan.shutdown.complete"})


def _notice_cluster() -> None:
    """Before the first bet is taken. Where the database is away there is none to take, and a worker looks again."""
    with suppress(DatabaseError):
        reopening.notice_cluster()
    connection.close()


def _spare_the_collector() -> None:
    """What stands at the start stands for ever: no collection walks through it again, and fewer are made."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
