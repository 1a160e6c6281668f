"""How long others wait for locks of an upgrade, as the database server itself tells it."""

import threading
from types import TracebackType

import psycopg

LOOK_EVERY_S = 0.02


class Waits:
    """Looks again and again at who waits for an upgrade's locks; knows the longest wait that it has seen."""

    def __init__(self, superuser_url: str) -> None:
        self._url, self._over = superuser_url, threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.longest_s, self.seen, self.looks = 0.0, 0, 0

    def __enter__(self) -> "Waits":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        with psycopg.connect(self._url, autocommit=True, application_name="waits") as own:
            while not self._over.wait(LOOK_EVERY_S):
                [found] = own.execute(_WAITING).fetchall()
                self.looks += 1
                self.seen += int(found[0] or 0)
                self.longest_s = max(self.longest_s, float(found[1] or 0))


_WAITING = """
    SELECT count(*), max(extract(epoch FROM clock_timestamp() - l.waitstart))
    FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE NOT l.granted AND l.waitstart IS NOT NULL AND a.application_name NOT LIKE 'upgrade%'
      AND EXISTS (SELECT 1 FROM unnest(pg_blocking_pids(l.pid)) b JOIN pg_stat_activity u ON u.pid = b
                  WHERE u.application_name LIKE 'upgrade%')
"""
"""Locks are seen in any database; the upgrade's connections carry the name of its process."""
