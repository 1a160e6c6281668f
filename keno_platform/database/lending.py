"""Who holds one of a process' few connections waits for the database alone."""

from django.conf import settings
from django.db import connection


def give_back() -> None:
    """
    Let others have this thread's connection while it waits for something else: an event loop, another thread, a call.

    What it waits for may need one itself. Were all of them held by threads that wait so, none would go on before one
    gives up, after the seconds that a connection is waited for. Inside a transaction nothing can be given back.
    """
    if settings.POOL_SIZE and not connection.in_atomic_block:
        connection.close()
