"""Reading the database for sockets, in a few threads of their own: a storm of them leaves the other threads free."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from channels.db import database_sync_to_async

P = ParamSpec("P")
T = TypeVar("T")
THREADS = 4
"""Each holds one of the process' connections while it reads, and none afterwards."""
_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="sockets")


async def in_thread(read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `read` returns. :raises Exception: whatever it raises."""
    apart = database_sync_to_async(read, thread_sensitive=False, executor=_threads)
    result: T = await apart(*args, **kwargs)
    return result
