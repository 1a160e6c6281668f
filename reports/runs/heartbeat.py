"""A running report's sign of life, on a connection of its own: the report reads from a snapshot and writes nothing."""

import logging
import threading
from types import TracebackType
from typing import Self
from uuid import UUID

import psycopg

from keno_platform.database import connecting

logger = logging.getLogger(__name__)
EVERY_S = 1.0
CONNECTION_MAX_FAILURES = 30
"""So many beats may fail in a row, as when the server is restarted, before the run is given up."""


class ReportTaken(Exception):
    """Another worker has this report now, because this one was silent for too long."""


class Heartbeat:
    """While it is entered, the run's row says every second that it lives and how many rows are written."""

    def __init__(self, run_id: UUID, attempt: int) -> None:
        self._run_id, self._attempt = run_id, attempt
        self._rows, self._lost = 0, False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"report {run_id}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def tell(self, rows: int) -> None:
        """
        So many rows are written now.

        :raises ReportTaken: the run is another worker's.
        """
        self._rows = rows
        if self._lost:
            raise ReportTaken(self._run_id)

    def _beat(self) -> None:
        failures = 0
        while not self._stop.wait(EVERY_S) and not self._lost:
            try:
                self._beat_until_broken()
            except psycopg.Error as error:
                failures += 1
                logger.warning("report %s: %s", self._run_id, error)
                self._lost = failures >= CONNECTION_MAX_FAILURES

    def _beat_until_broken(self) -> None:
        with psycopg.connect(**connecting.parameters("reports"), autocommit=True) as own:
            while not self._lost:
                told = own.execute(_TELL, [self._rows, self._run_id, self._attempt])
                self._lost = told.rowcount != 1
                if self._stop.wait(EVERY_S):
                    return


_TELL = """
    UPDATE public.reports_reportrun SET rows = %s, seen_at = clock_timestamp()
    WHERE id = %s AND attempts = %s AND state = 'running'
"""
