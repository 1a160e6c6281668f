"""One SQLite file, written to by one at a time."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
SCHEMA = Path(__file__).with_name("schema.sql")


class Database:
    """
    The file's one connection. Every change goes through `write`: one after another, in this process and in any other,
    and on the disk before its call is answered.
    """

    def __init__(self, file: Path | str) -> None:
        # The one other thread that uses the connection is the one that `_commit` waits for.
        self._sql = sqlite3.connect(file, isolation_level=None, timeout=5.0, check_same_thread=False)
        self._sql.row_factory = sqlite3.Row
        self._sql.execute("PRAGMA journal_mode = WAL")
        self._sql.execute("PRAGMA synchronous = FULL")  # an answer that was given survives a power cut
        self._sql.execute("PRAGMA foreign_keys = ON")
        self._sql.executescript(SCHEMA.read_text(encoding="utf-8"))
        self._waiting: list[tuple[Callable[[], Any], asyncio.Future[Any]]] = []
        self._writer: asyncio.Task[None] | None = None

    def close(self) -> None:
        self._sql.close()

    def execute(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        return self._sql.execute(statement, values)

    async def write(self, work: Callable[[], T]) -> T:
        """
        Do this work: all of its changes become lasting together, or none of them. Returns when they are on the disk.

        A disk takes its time for each commit, so whatever waits meanwhile shares the next one.
        """
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all())
        return await done

    async def _write_all(self) -> None:
        while self._waiting:
            jobs, self._waiting = self._waiting, []
            try:
                self._sql.execute("BEGIN IMMEDIATE")
                outcomes = [self._attempt(work) for work, _ in jobs]
                await asyncio.to_thread(self._sql.execute, "COMMIT")
            except Exception as error:  # the file is locked, the disk is full: nobody's work has happened
                outcomes = [error] * len(jobs)
                if self._sql.in_transaction:
                    self._sql.execute("ROLLBACK")
            for (_, done), outcome in zip(jobs, outcomes, strict=True):
                _tell(done, outcome)

    def _attempt(self, work: Callable[[], Any]) -> Any:
        """What the work returned or raised; in the second case its own changes are gone, and nobody else's."""
        try:
            with self.savepoint():
                return work()
        except Exception as error:
            return error

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """All that is changed inside stays, or nothing of it."""
        self._sql.execute("SAVEPOINT work")
        try:
            yield
        except BaseException:
            self._sql.execute("ROLLBACK TO work")
            raise
        finally:
            self._sql.execute("RELEASE work")


def _tell(done: "asyncio.Future[Any]", outcome: Any) -> None:
    if done.cancelled():
        return
    if isinstance(outcome, Exception):
        done.set_exception(outcome)
    else:
        done.set_result(outcome)
