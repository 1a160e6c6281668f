"""
The wallet's books in SQLite: players, transactions, and movements that are only ever added.

A transaction id, its outcome and the money that it moved are written in one database transaction. Calls that arrive
within a few milliseconds share one commit, and none is answered before the commit that holds it.

Durability: WAL with synchronous=NORMAL. What was answered survives the death of this process; after a power cut the
last commits may be missing, together with the answers' effects, never half of one. `full=True` (synchronous=FULL)
waits for the disk at each commit and survives that too.
"""

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_TABLES = """
CREATE TABLE IF NOT EXISTS player (
    token TEXT PRIMARY KEY, currency TEXT NOT NULL, opening INTEGER NOT NULL, balance INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entry (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, player TEXT NOT NULL, currency TEXT NOT NULL, amount INTEGER NOT NULL,
    digest BLOB NOT NULL, status TEXT NOT NULL, original TEXT NOT NULL, bet_id TEXT NOT NULL, round_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS movement (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, entry TEXT NOT NULL, player TEXT NOT NULL, amount INTEGER NOT NULL,
    at REAL NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS movement_entry ON movement (entry);
"""
_COLUMNS = (
    *("transaction_id", "kind", "player_token", "currency", "amount", "state"),
    *("original_transaction_id", "bet_id", "round_id", "moved", "times"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    One transaction id for ever. `status`: ok; rolled_back (a debit that was given back); tombstone (a debit that never
    came and never may); not_found and already_rolled_back (rollbacks that moved nothing).
    """

    id: str
    kind: str
    player: str
    currency: str
    amount: int
    digest: bytes
    status: str
    original: str
    bet_id: str
    round_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """Money of one player, in minor units."""

    token: str
    currency: str
    opening: int
    balance: int


class Journal:
    """The books. Reads and writes are synchronous and of one thread; `durable` waits for the commit."""

    def __init__(self, *, path: str = ":memory:", commit_ms: float = 2.0, full: bool = False) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute(f"PRAGMA synchronous = {'FULL' if full else 'NORMAL'}")
        self._db.executescript(_TABLES)
        self._commit_s = commit_ms / 1000
        self._batch: asyncio.Future[None] | None = None

    def find_player(self, token: str) -> Player | None:
        row = self._db.execute("SELECT token, currency, opening, balance FROM player WHERE token = ?", (token,))
        found = row.fetchone()
        return found and Player(token=found[0], currency=found[1], opening=found[2], balance=found[3])

    def put_player(self, *, token: str, currency: str, opening: int) -> None:
        """A new player. Of one who is there already nothing changes."""
        self._begin()
        self._db.execute("INSERT OR IGNORE INTO player VALUES (?, ?, ?, ?)", (token, currency, opening, opening))

    def find_entry(self, transaction_id: str) -> Entry | None:
        found = self._db.execute("SELECT * FROM entry WHERE id = ?", (transaction_id,)).fetchone()
        return found and Entry(**dict(zip(Entry.__slots__, found, strict=True)))

    def put_entry(self, entry: Entry) -> None:
        """Remember an outcome. What is known under that id is overwritten: whoever must not, looks before."""
        self._begin()
        row = [getattr(entry, name) for name in Entry.__slots__]
        self._db.execute("INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)

    def set_status(self, transaction_id: str, status: str) -> None:
        self._begin()
        self._db.execute("UPDATE entry SET status = ? WHERE id = ?", (status, transaction_id))

    def forget(self, transaction_id: str) -> None:
        """Lose an entry: only wallets that break their rules do."""
        self._begin()
        self._db.execute("DELETE FROM entry WHERE id = ?", (transaction_id,))

    def move(self, *, entry: str, player: str, amount: int) -> None:
        """Add an amount (below zero takes) to a player's balance, and to the movements."""
        self._begin()
        row = (entry, player, amount, time.time())
        self._db.execute("INSERT INTO movement (entry, player, amount, at) VALUES (?, ?, ?, ?)", row)
        self._db.execute("UPDATE player SET balance = balance + ? WHERE token = ?", (amount, player))

    def overwrite_balance(self, token: str, balance: int) -> None:
        """Set a balance without looking at it: only wallets that break their rules do."""
        self._begin()
        self._db.execute("UPDATE player SET balance = ? WHERE token = ?", (balance, token))

    async def durable(self) -> None:
        """
        Wait until everything written so far is committed.

        :raises sqlite3.Error: it could not be; nothing of the batch is stored.
        """
        if self._batch is not None:
            await asyncio.shield(self._batch)

    def abandon(self, error: Exception) -> None:
        """Undo the open batch: whoever waits for it gets the error."""
        batch, self._batch = self._batch, None
        if self._db.in_transaction:
            self._db.rollback()
        if batch is not None and not batch.done():
            batch.set_exception(error)
            batch.exception()  # also when nobody waits

    def close(self) -> None:
        self._commit()
        self._db.close()

    def players(self) -> Iterator[dict[str, Any]]:
        for token, currency, opening, balance in self._db.execute("SELECT * FROM player ORDER BY token"):
            yield {"player_token": token, "currency": currency, "opening": opening, "balance": balance}

    def entries(self) -> Iterator[dict[str, Any]]:
        """Every transaction id with the sum of what it moved (`moved`, minor units) and how often."""
        rows = self._db.execute(
            "SELECT e.id, e.kind, e.player, e.currency, e.amount, e.status, e.original, e.bet_id, e.round_id,"
            " coalesce(sum(m.amount), 0), count(m.seq)"
            " FROM entry e LEFT JOIN movement m ON m.entry = e.id GROUP BY e.id"
        )
        for row in rows:
            yield dict(zip(_COLUMNS, row, strict=True))

    def movements(self, *, after: int, limit: int) -> list[dict[str, Any]]:
        rows = self._db.execute(
            "SELECT m.seq, m.entry, m.player, p.currency, m.amount, m.at FROM movement m"
            " JOIN player p ON p.token = m.player WHERE m.seq > ? ORDER BY m.seq LIMIT ?",
            (after, limit),
        )
        names = ("seq", "transaction_id", "player_token", "currency", "amount", "at")
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _begin(self) -> None:
        if self._batch is not None:
            return
        loop = asyncio.get_running_loop()
        self._batch = loop.create_future()
        self._db.execute("BEGIN IMMEDIATE")
        loop.call_later(self._commit_s, self._commit)

    def _commit(self) -> None:
        batch = self._batch
        if batch is None:
            return
        try:
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            self.abandon(error)
            return
        self._batch = None
        batch.set_result(None)
