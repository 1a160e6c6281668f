"""
The yardstick of settlement: the least that a bet with a status column takes. One plain UPDATE that writes the status of
every bet of a round, in a table as one would make it: default fill, a primary key, an index on round and on player.

It moves no money and finds no winner.
"""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql


class BetTable:
    """A table of bets with a status, apart from the platform's."""

    def __init__(self, connection: "psycopg.Connection[tuple[int]]", name: str) -> None:
        self._connection, self._table, self._rounds = connection, sql.Identifier(name), 0
        self._run(_CREATE)

    def drop(self) -> None:
        """Leave nothing behind."""
        self._run(sql.SQL("DROP TABLE {table}"))

    def fill(self, bets: int) -> int:
        """A new round with so many pending bets; its number."""
        self._rounds += 1
        self._run(_FILL, self._rounds, bets)
        return self._rounds

    def settle(self, round_number: int) -> tuple[int, float]:
        """Settle all bets of a round. How many there were, and the seconds until that was committed."""
        began = time.perf_counter()
        settled = self._run(_SETTLE, round_number)
        return settled, time.perf_counter() - began

    def count(self, status: str) -> int:
        """How many bets have this status."""
        rows = self._connection.execute(
            sql.SQL("SELECT count(*) FROM {table} WHERE status = %s").format(table=self._table), [status]
        ).fetchall()
        return rows[0][0]

    def _run(self, statement: sql.SQL, *parameters: int) -> int:
        done = self._connection.execute(statement.format(table=self._table), parameters or None)
        return done.rowcount


@contextmanager
def bet_table(database_url: str) -> Iterator[BetTable]:
    """A table of its own on this server, gone afterwards."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        table = BetTable(connection, f"bench_bet_{secrets.token_hex(4)}")
        try:
            yield table
        finally:
            table.drop()


_CREATE = sql.SQL("""
    CREATE TABLE {table} (
        id uuid PRIMARY KEY, round_id bigint NOT NULL, player_id bigint NOT NULL, picks bit(80) NOT NULL,
        stake bigint NOT NULL, status varchar(12) NOT NULL, created_at timestamptz NOT NULL DEFAULT clock_timestamp());
    CREATE INDEX ON {table} (round_id);
    CREATE INDEX ON {table} (player_id);
""")
_FILL = sql.SQL("""
    INSERT INTO {table} (id, round_id, player_id, picks, stake, status)
    SELECT (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7'
            || right(md5(random()::text), 19))::uuid, %s, 1 + n %% 10000, B'111'::bit(80), 500, 'pending'
    FROM generate_series(1, %s) n
""")
_SETTLE = sql.SQL("UPDATE {table} SET status = 'settled' WHERE round_id = %s")
