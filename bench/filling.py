"""
Books by the million: bets, stakes and keys as placement writes them, but for hashes, which are random bytes.

Rows are laid out by NumPy as COPY reads them in binary, and each day is made beside its table, indexed, analysed and
attached. Balances are left alone: the rows are there to be in the way, not to add up.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from operators.models import Operator

CHUNK = 100_000
ROUND_BETS = 1000
_POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_HEAD, _TAIL = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
_SESSION = "SET synchronous_commit = off; SET maintenance_work_mem = '256MB'; SET max_parallel_maintenance_workers = 0;"


def missing() -> str | None:
    """What has to be installed to fill tables; None when all is there."""
    try:
        import numpy  # noqa: F401
    except ModuleNotFoundError:
        return "needs numpy: the extra `analysis`"
    return None


def fill_day(operator: "Operator", day: date, *, rows: int) -> None:
    """
    So many bets with their stakes and keys under ids of a day: of its hours until now, when it is today. Makes the
    day's partitions when they are missing.
    """
    from django.db import connection

    from bets.services.partitions import TABLES
    from operators.partitions import Partition, make_partition, missing_of
    from operators.tenancy import tenant_context

    own = [Partition(operator.schema_name, table, day) for table in TABLES]
    with tenant_context(operator), connection.cursor() as cursor:
        for one in missing_of(cursor, own):
            make_partition(cursor, one, guards=True)
        if not rows:
            return
        cursor.execute("SELECT array_agg(id ORDER BY id) FROM wallet_account")
        accounts = cursor.fetchone()[0]
        cursor.execute("SELECT id FROM bets_paytable WHERE active")
        paytable = cursor.fetchone()[0]
    work = _Work(operator.schema_name, day, rows, accounts, paytable.bytes)
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(lambda step: step(), (work.bets, work.stakes, work.keys)))


@contextmanager
def without_key_index(operator: "Operator") -> Iterator[None]:
    """Keys are told apart when all are there: one sort instead of an insertion each."""
    with connect(operator.schema_name) as own:
        own.execute(f'ALTER TABLE "{operator.schema_name}".bets_slip DROP CONSTRAINT bets_slip_pkey')
    yield
    with connect(operator.schema_name) as own:
        own.execute("SET max_parallel_maintenance_workers = 2")
        own.execute(f'ALTER TABLE "{operator.schema_name}".bets_slip ADD CONSTRAINT bets_slip_pkey PRIMARY KEY (key)')
        own.execute(f'VACUUM (ANALYZE) "{operator.schema_name}".bets_slip')


class _Work:
    """The three tables of one day, each on a connection of its own."""

    def __init__(self, schema: str, day: date, rows: int, accounts: Sequence[int], paytable: bytes) -> None:
        import numpy as np

        self._schema, self._day, self._rows = schema, day, rows
        self._accounts, self._paytable = np.asarray(accounts, ">i8"), paytable
        midnight = datetime.combine(day, time(), UTC)
        span = min(timedelta(days=1), datetime.now(UTC) - midnight)
        self._start, self._span = int(midnight.timestamp() * 1000), max(int(span.total_seconds() * 1000) - 1000, 1)

    def bets(self) -> None:
        names = "id, round_id, player_id, paytable_id, picks, pick_count, stake, potential_max_win, blind, leaf_hash"
        self._day_table("bets_bet", f"{names}, created_at", self._bet_rows)

    def stakes(self) -> None:
        names = "id, account_id, kind, amount, balance_after, created_at"
        self._day_table("wallet_transaction", names, self._stake_rows)

    def keys(self) -> None:
        with connect(self._schema) as own, own.cursor() as cursor:
            names = "key, fingerprint, first_bet_id, created_at"
            with cursor.copy(f'COPY "{self._schema}".bets_slip ({names}) FROM STDIN (FORMAT binary)') as copy:
                send(copy, self._blocks(self._key_rows))

    def _day_table(self, table: str, names: str, make: Any) -> None:
        fill_partition(self._schema, table, self._day, names, self._blocks(make))

    def _blocks(self, make: Any) -> Iterator[bytes]:
        return (make(first, min(CHUNK, self._rows - first)) for first in range(0, self._rows, CHUNK))

    def _ids(self, first: int, count: int, last: int) -> Any:
        """UUIDv7s over the day, rising, the same for each table; the last four bits as given."""
        import numpy as np

        places = np.arange(first, first + count, dtype=np.int64)
        raw = np.random.default_rng([self._day.toordinal(), first]).integers(0, 256, (count, 16), dtype=np.uint8)
        moments = (self._start + places * self._span // self._rows).astype(">u8")
        raw[:, :6] = moments.view(np.uint8).reshape(count, 8)[:, 2:]
        raw[:, 6] = 0x70 | (raw[:, 6] & 0x0F)
        raw[:, 8] = 0x80 | (raw[:, 8] & 0x3F)
        raw[:, 15] = (raw[:, 15] & 0xF0) | last
        return raw

    def _moments(self, first: int, count: int) -> Any:
        import numpy as np

        places = np.arange(first, first + count, dtype=np.int64)
        shift = self._start - int(_POSTGRES_EPOCH.timestamp() * 1000)
        return (shift + places * self._span // self._rows) * 1000

    def _bet_rows(self, first: int, count: int) -> Any:
        import numpy as np

        random = np.random.default_rng([7, first])
        places = np.arange(first, first + count)
        picks = random.permuted(np.tile(np.r_[np.ones(3, np.uint8), np.zeros(77, np.uint8)], (1000, 1)), axis=1)
        return pack(
            {
                "id": self._ids(first, count, 0),
                "round": 10**12 + self._day.toordinal() * 10**5 + places // ROUND_BETS,
                "player": self._accounts[random.integers(0, len(self._accounts), count)],
                "paytable": np.tile(np.frombuffer(self._paytable, np.uint8), (count, 1)),
                "picks": bit_text(np.packbits(picks, axis=1)[places % 1000]),
                "pick_count": np.full(count, 3, ">i2"),
                "stake": 100 * random.integers(1, 100, count),
                "potential": np.full(count, 100_000),
                "blind": random.integers(0, 256, (count, 16), dtype=np.uint8),
                "leaf": random.integers(0, 256, (count, 32), dtype=np.uint8),
                "at": self._moments(first, count),
            }
        )

    def _stake_rows(self, first: int, count: int) -> Any:
        import numpy as np

        random = np.random.default_rng([7, first])
        return pack(
            {
                "id": self._ids(first, count, 1),
                "account": self._accounts[random.integers(0, len(self._accounts), count)],
                "kind": np.full(count, 1, ">i2"),
                "amount": -100 * random.integers(1, 100, count),
                "after": random.integers(0, 10**9, count),
                "at": self._moments(first, count),
            }
        )

    def _key_rows(self, first: int, count: int) -> Any:
        """Keys as operators send them: random."""
        import numpy as np

        random = np.random.default_rng([8, self._day.toordinal(), first])
        digits = np.frombuffer(b"0123456789abcdef", np.uint8)[random.integers(0, 16, (count, 32), dtype=np.uint8)]
        key = np.concatenate([np.tile(np.frombuffer(b"o:", np.uint8), (count, 1)), digits], axis=1)
        return pack(
            {
                "key": key,
                "fingerprint": random.integers(0, 256, (count, 32), dtype=np.uint8),
                "first": self._ids(first, count, 0),
                "at": self._moments(first, count),
            }
        )


def fill_partition(schema: str, table: str, day: date, names: str, blocks: Iterable[bytes]) -> None:
    """
    Rows into a day's partition, which has no indexes meanwhile, and is no part of its table. `blocks` are made by
    `pack`, with the columns that are named.
    """
    name, parent = f'"{schema}"."{table}_{day:%Y%m%d}"', f'"{schema}"."{table}"'
    with connect(schema) as own, own.cursor() as cursor:
        cursor.execute("SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE oid = %s::regclass", [name])
        [[bound]] = cursor.fetchall()
        cursor.execute(f"ALTER TABLE {parent} DETACH PARTITION {name}")
        indexes = _without_indexes(cursor, schema, name)
        with cursor.copy(f"COPY {name} ({names}) FROM STDIN (FORMAT binary)") as copy:
            send(copy, blocks)
        for is_key, definition in indexes:
            key = "bet_id" if table == "bets_payout" else "id"
            own.execute(f"ALTER TABLE {name} ADD PRIMARY KEY ({key})" if is_key else definition)
        own.execute(f"ALTER TABLE {parent} ATTACH PARTITION {name} {bound}")
        own.execute(f"VACUUM (ANALYZE) {name}")


def _without_indexes(cursor: Any, schema: str, name: str) -> list[tuple[bool, str]]:
    """Drops the indexes of a partition; of each whether it was the key's, and how it is made again."""
    cursor.execute(_INDEXES, [schema, name])
    indexes = cursor.fetchall()
    for constraint, _, index in indexes:
        drop = f"ALTER TABLE {name} DROP CONSTRAINT {constraint}" if constraint else f"DROP INDEX {index}"
        cursor.execute(drop)
    return [(constraint is not None, definition) for constraint, definition, _ in indexes]


_INDEXES = """
    SELECT c.conname, i.indexdef, k.indexrelid::regclass::text FROM pg_index k
    JOIN pg_class r ON r.oid = k.indexrelid JOIN pg_indexes i ON i.indexname = r.relname AND i.schemaname = %s
    LEFT JOIN pg_constraint c ON c.conindid = k.indexrelid AND c.contype = 'p'
    WHERE k.indrelid = %s::regclass
"""


def send(copy: Any, blocks: Iterable[bytes]) -> None:
    """Blocks of rows to a COPY in binary."""
    copy.write(_HEAD)
    for block in blocks:
        copy.write(block)
    copy.write(_TAIL)


def bit_text(packed: Any) -> Any:
    """`bit(80)` in binary: its length, then ten bytes."""
    import numpy as np

    return np.concatenate([np.tile(np.frombuffer((80).to_bytes(4, "big"), np.uint8), (len(packed), 1)), packed], axis=1)


def pack(columns: dict[str, Any]) -> bytes:
    """
    Rows in COPY's binary form: the number of columns, and each with its length. Integers become bigints, but
    for those that are big-endian already.
    """
    import numpy as np

    count = len(next(iter(columns.values())))
    head = np.tile(np.frombuffer(len(columns).to_bytes(2, "big"), np.uint8), (count, 1))
    pieces = [head]
    for values in columns.values():
        is_ready = values.dtype in (np.uint8, np.dtype(">i2"), np.dtype(">i4"))
        own = values if is_ready else values.astype(">i8")
        raw = own if own.dtype == np.uint8 else own.reshape(count, 1).view(np.uint8)
        length = np.tile(np.frombuffer(raw.shape[1].to_bytes(4, "big"), np.uint8), (count, 1))
        pieces += [length, raw]
    return np.concatenate(pieces, axis=1).tobytes()


@contextmanager
def connect(schema: str) -> Iterator[Any]:
    """A connection for filling: as the tenant, and without waiting for the disk at each commit."""
    import psycopg

    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as own:
        own.execute(f"{_SESSION} SET app.tenant = '{schema}'")
        yield own
