"""What the operator notes beside its book: requests that were answered, sessions, and webhooks."""

import sqlite3
import time

from examples.operator.database import Database

REMEMBERED_S = 900
"""So long are request ids kept: longer than a signature is valid, on clocks that differ."""


class Notes:
    """Changes happen inside `database.write`."""

    def __init__(self, database: Database) -> None:
        self._sql = database

    def seen(self, request_id: str, digest: bytes) -> tuple[int, bytes] | None:
        """What this very request was answered before."""
        row = self._sql.execute(
            "SELECT status, answer FROM requests WHERE request_id = ? AND digest = ?", (request_id, digest)
        ).fetchone()
        return (row["status"], row["answer"]) if row else None

    def remember(self, request_id: str, digest: bytes, status: int, answer: bytes) -> None:
        now = int(time.time())
        self._sql.execute("DELETE FROM requests WHERE seen_at < ?", (now - REMEMBERED_S,))
        self._sql.execute(
            "INSERT OR REPLACE INTO requests VALUES (?, ?, ?, ?, ?)", (request_id, digest, status, answer, now)
        )

    def add_session(self, session_id: str, token: str) -> None:
        self._sql.execute("INSERT INTO sessions (session_id, player_token) VALUES (?, ?)", (session_id, token))

    def end_sessions(self, token: str) -> list[str]:
        """End a player's sessions; the ids of those that were running."""
        ended = self._sql.execute(
            "UPDATE sessions SET ended = 1 WHERE player_token = ? AND NOT ended RETURNING session_id", (token,)
        )
        return [row["session_id"] for row in ended.fetchall()]

    def session_allows(self, session_id: str | None, token: str) -> bool:
        """Whether a stake may come through this session. Sessions that were opened elsewhere are not judged here."""
        row = self._sql.execute(
            "SELECT player_token, ended FROM sessions WHERE session_id = ?", (session_id,)
        ).fetchone()
        return row is None or (row["player_token"] == token and not row["ended"])

    def add_webhook(self, webhook_id: str, kind: str, body: str) -> bool:
        """Keep a message; False: it is here already."""
        added = self._sql.execute(
            "INSERT OR IGNORE INTO webhooks (webhook_id, type, body) VALUES (?, ?, ?)", (webhook_id, kind, body)
        )
        return added.rowcount == 1

    def webhooks(self, limit: int) -> list[sqlite3.Row]:
        """The latest messages: id, type, body, time."""
        newest = "SELECT * FROM webhooks ORDER BY received_at DESC, rowid DESC LIMIT ?"
        return self._sql.execute(newest, (limit,)).fetchall()
