"""Where the chain is kept: one SQLite file, in which a block is there whole or not at all."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth.db.backends.base import BaseDB

VERSION = 1
"""Of the file. It changes when a block in an older file would be read otherwise, as by other rules of execution."""
_TABLES = """
CREATE TABLE IF NOT EXISTS node (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS log (
    block INTEGER, position INTEGER, address TEXT NOT NULL,
    topic0 TEXT, topic1 TEXT, topic2 TEXT, topic3 TEXT, form TEXT NOT NULL,
    PRIMARY KEY (block, position)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS log_address ON log (address, topic0, topic1);
"""


class StoreFailed(Exception):
    """The file is in use by another process, or was written by another version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """Which logs are asked for. A topic's place is open (None) or has one of several values."""

    first_block: int
    last_block: int
    addresses: Sequence[str] = ()
    topics: Sequence[Sequence[str] | None] = ()


class Store(BaseDB):
    """
    py-evm's keys and values, and beside them every log, which py-evm could only find by reading all blocks.

    Writes belong in `transaction`: after a crash, even of the machine, the file holds those that ended and no other.
    """

    def __init__(self, file: Path) -> None:
        """
        :raises StoreFailed: another process has the file, or it is of another version.
        """
        self._connection = sqlite3.connect(file, isolation_level=None, timeout=2)
        try:
            self._prepare()
        except sqlite3.OperationalError as error:
            raise StoreFailed(f"{file}: {error}") from error
        found = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if found != VERSION:
            raise StoreFailed(f"{file} was made by another version ({found}, not {VERSION}) of this program.")

    def _prepare(self) -> None:
        # Exclusive: a second process with a head of its own in memory would fork the chain.
        for setting in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = FULL"):
            self._connection.execute(f"PRAGMA {setting}")
        with self.transaction():
            new = not self._connection.execute("SELECT 1 FROM sqlite_master").fetchone()
            for statement in _TABLES.split(";"):
                self._connection.execute(statement)
            if new:
                self._connection.execute(f"PRAGMA user_version = {VERSION}")

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything that is written in the block, or nothing."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()

    def __getitem__(self, key: bytes) -> bytes:
        row = self._connection.execute("SELECT value FROM node WHERE key = ?", [key]).fetchone()
        if row is None:
            raise KeyError(key)
        return bytes(row[0])

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self._connection.execute("INSERT OR REPLACE INTO node VALUES (?, ?)", [key, value])

    def __delitem__(self, key: bytes) -> None:
        if not self._connection.execute("DELETE FROM node WHERE key = ?", [key]).rowcount:
            raise KeyError(key)

    def _exists(self, key: bytes) -> bool:
        return bool(self._connection.execute("SELECT 1 FROM node WHERE key = ?", [key]).fetchone())

    def add_log(self, *, block: int, position: int, form: dict[str, Any]) -> None:
        """Keep a log in the form in which it is answered."""
        topics = [*form["topics"], None, None, None, None][:4]
        values = [block, position, form["address"], *topics, json.dumps(form)]
        self._connection.execute("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)

    def find_logs(self, wanted: LogFilter) -> list[dict[str, Any]]:
        """Logs in the order in which they happened."""
        where = ["block BETWEEN ? AND ?"]
        values: list[int | str] = [wanted.first_block, wanted.last_block]
        columns: list[tuple[str, Sequence[str] | None]] = [("address", wanted.addresses or None)]
        columns += [(f"topic{place}", choice) for place, choice in enumerate(wanted.topics)]
        for column, choice in columns:
            if choice is not None:
                where.append(f"{column} IN ({', '.join('?' * len(choice))})")
                values += choice
        rows = self._connection.execute(
            f"SELECT form FROM log WHERE {' AND '.join(where)} ORDER BY block, position", values
        )
        return [json.loads(form) for (form,) in rows]
