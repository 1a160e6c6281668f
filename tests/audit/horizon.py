"""
Sealing, when it can take all that has been recorded. Transactions of every database of the server hold it up, those of
other tests too.
"""

import time

from django.db import connection

from audit.services import sealing

WITHIN_S = 60.0


def seal_all() -> int:
    """Seal everything that has been recorded by now. Returns how many entries."""
    wait_for_horizon()
    return sealing.seal()


def wait_for_horizon() -> None:
    """Until no transaction runs any more that is older than an entry that is visible now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(transaction_number), 0) FROM public.audit_auditentry")
        [(last,)] = cursor.fetchall()
        until = time.monotonic() + WITHIN_S
        while time.monotonic() < until:
            cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
            if cursor.fetchall()[0][0] > last:
                return
            time.sleep(0.01)
    raise AssertionError(f"a transaction older than {last} has been running for {WITHIN_S:g} s")
