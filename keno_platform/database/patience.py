"""
Connections that wait for an answer for so long and no longer: those of the web, where somebody waits.

A line that loses bytes without ending would be read from for ever: see keno_platform/core/watchdog.py, which does the
same for workers, whose statements may take long. What such a line was asked may have been done or not, as with any
line that breaks; and as then, the same key asks again.
"""

from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.pq import TransactionStatus

if TYPE_CHECKING:
    from psycopg.abc import RV, PQGen
    from psycopg.pq.abc import PGconn

ANSWER_MAX_S = 10.0
"""Whoever waits for a page or a call has given up by then; locks are waited for 3 s at most."""
LOOK_EVERY_S = 0.1
"""psycopg's own: how often it looks up while it waits."""


class Patient(psycopg.Connection[Any]):
    """psycopg's connection, closed when it has waited for ANSWER_MAX_S."""

    def wait(self, gen: "PQGen[RV]", interval: float = LOOK_EVERY_S, timeout: float | None = None) -> "RV":
        try:
            return super().wait(gen, interval, ANSWER_MAX_S if timeout is None else timeout)
        except psycopg.OperationalError:
            _close_when_lost(self.pgconn)
            raise


class PatientAsync(psycopg.AsyncConnection[Any]):
    """The same for asyncio."""

    async def wait(  # the signature is psycopg's own
        self,
        gen: "PQGen[RV]",
        interval: float = LOOK_EVERY_S,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> "RV":
        try:
            return await super().wait(gen, interval, ANSWER_MAX_S if timeout is None else timeout)
        except psycopg.OperationalError:
            _close_when_lost(self.pgconn)
            raise


def _close_when_lost(line: "PGconn") -> None:
    """A line that is still in the middle of a statement will never be of use."""
    if line.transaction_status == TransactionStatus.ACTIVE:
        line.finish()
