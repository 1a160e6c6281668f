"""
Reading an operator's books over any range, whether its days are online or archived: by the same statements.

A report's statement names the three big tables as `{bets}`, `{payouts}` and `{movements}`, and all others by `{s}`,
the operator's schema. Of days that are online these are the tables themselves. Of archived days ClickHouse reads the
files and narrows them down, some thousand rows at a time; these take the tables' place in the same statement, as
arrays, and the database joins them with players, rounds, settlements and cancellations, which are never archived. So
both parts have the same columns, written by the same text, and a range of any length takes the memory of a block.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, transaction
from psycopg import Cursor, sql

from keno_platform.core.ids import uuid7_floor
from operators.models import Operator
from operators.partitions import floor_of
from operators.tenancy import tenant_context
from reports.archive import engine, policy
from reports.archive.engine import Archive, Row
from reports.archive.tables import BETS, MOVEMENTS, PAYOUTS, Table, Type
from wallet.horizon import horizon
from wallet.models import ArchivedDay
from wallet.selectors import archived_days

T = TypeVar("T")
BLOCK = 4_000
"""Archived rows that a statement is asked about at a time."""


class ArchiveMoved(Exception):
    """A day went to the archive while the range was read: what was read is not whole. Begin again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The ids from `low` up to and without `high`. Ids of bets and movements carry the time of the bet."""

    low: UUID
    high: UUID

    @classmethod
    def between(cls, since: datetime, until: datetime) -> "Span":
        """What was placed from `since` to before `until`."""
        return cls(low=uuid7_floor(since), high=uuid7_floor(until))


@dataclass(frozen=True, slots=True, kw_only=True)
class Only:
    """What archived bets are narrowed down to before the statement sees them: it must ask for the same itself."""

    player_id: int | None = None
    won_from: int | None = None
    round_ids: tuple[int, ...] = ()

    @property
    def condition(self) -> str:
        """Of the bets `b` and payouts `p`, in ClickHouse's SQL."""
        parts = [
            f"b.player_id = {self.player_id:d}" if self.player_id is not None else "",
            f"p.amount >= {self.won_from:d}" if self.won_from is not None else "",
            f"b.round_id IN ({', '.join(f'{one:d}' for one in self.round_ids)})" if self.round_ids else "",
        ]
        return "".join(f" AND {part}" for part in parts if part)


def stream_bets(
    operator: Operator, statement: str, parameters: Mapping[str, Any], *, span: Span, only: Only | None = None
) -> Iterator[Row]:
    """
    The rows of a statement about the bets of a range, which reads `{bets}`, `{payouts}` or both, from `%(low)s` to
    before `%(high)s`. What it says of one bet must not depend on others; ordered by the bets' ids, its rows come so.

    :raises ArchiveUnusable: an archived day of it cannot be read, or is not what was archived.
    :raises ArchiveMoved: a day went to the archive meanwhile.
    """
    with standing_still(operator, span) as (begins, days):
        if days:
            with engine.opened(policy.root()) as archive:
                for day in days:
                    for block in _bets_of(archive, day, span, only or Only()):
                        yield from _ask(operator, statement, parameters, block)
        if begins < span.high:
            yield from _ask(operator, statement, parameters, {}, low=max(begins, span.low), high=span.high)


def stream_account(
    operator: Operator,
    statement: str,
    parameters: Mapping[str, Any],
    *,
    player_id: int,
    since: datetime,
    until: datetime | None,
) -> Iterator[Row]:
    """
    The rows of a statement about what was booked for one player from `since` to before `until`, None for ever, which
    reads `{movements}` and perhaps `{bets}`. It is ordered by its first two columns, and so are the rows of its parts
    together; one that sums up has a row for each part. Raises what `stream_bets` does.
    """
    high = UUID(int=(1 << 128) - 1) if until is None else uuid7_floor(until + timedelta(days=1))
    with standing_still(operator, Span(low=UUID(int=0), high=high)) as (_, days):
        wanted = [day for day in days if day.last_at is not None and day.last_at >= since]
        parts: list[Iterable[Row]] = []
        if wanted:
            with engine.opened(policy.root()) as archive:
                loaded = [_of_player(operator, archive, day, player_id) for day in wanted]
            parts = [list(_ask(operator, statement, parameters, one)) for one in loaded]
        parts.append(_ask(operator, statement, parameters, {}))
        yield from merge(*parts, key=lambda row: (row[0], row[1]))


def _bets_of(archive: Archive, day: ArchivedDay, span: Span, only: Only) -> Iterator["Loaded"]:
    """The bets of an archived day, each with its payout, a block at a time in the order of their ids."""
    archive.check(day)
    places = {"bets": archive.source(BETS, [day.directory]), "payouts": archive.source(PAYOUTS, [day.directory])}
    columns = ", ".join((*_read(BETS, "b"), *_read(PAYOUTS, "p")))
    statement = _BETS.format(columns=columns, only=only.condition, **places)
    bounds = {"low": str(span.low), "high": str(span.high)}
    width = len(BETS.columns)
    for block in in_blocks(archive.rows(statement, bounds), BLOCK):
        won = [row[width:] for row in block if row[width] is not None]
        yield {BETS.name: [row[:width] for row in block], PAYOUTS.name: won}


def _of_player(operator: Operator, archive: Archive, day: ArchivedDay, player_id: int) -> "Loaded":
    """A player's bets and movements of an archived day."""
    archive.check(day)
    [(account_id,)] = fetch(operator, _ACCOUNT, {"player": player_id}) or [(None,)]
    bets, movements = (
        list(
            archive.rows(
                f"SELECT {', '.join(_read(table, 'o'))} FROM {archive.source(table, [day.directory])} o"
                f" WHERE o.{column} = {{owner:Int64}}",
                {"owner": owner if owner is not None else -1},
            )
        )
        for table, column, owner in ((BETS, "player_id", player_id), (MOVEMENTS, "account_id", account_id))
    )
    return {BETS.name: bets, MOVEMENTS.name: movements}


Loaded = Mapping[str, Sequence[Row]]
"""Rows of archived tables, with the columns of `reports.archive.tables`."""


def _ask(
    operator: Operator, statement: str, parameters: Mapping[str, Any], loaded: Loaded, **bounds: UUID
) -> Iterator[Row]:
    """The statement's rows over loaded rows; over the books themselves where nothing is loaded."""
    arrays: dict[str, Any] = {}
    places: dict[str, sql.Composable] = {"s": sql.Identifier(operator.schema_name)}
    for name, table in _TABLES.items():
        if loaded:
            places[name] = _as_table(table, loaded.get(table.name, ()), arrays)
        else:
            places[name] = sql.Identifier(operator.schema_name, table.name)
    text = sql.SQL(statement).format(**places).as_string(None)
    with _cursor(by_the_server=not loaded) as cursor:
        cursor.execute(text, {**parameters, **bounds, **arrays})
        while rows := cursor.fetchmany(BLOCK):
            yield from rows


@contextmanager
def _cursor(*, by_the_server: bool) -> Iterator[Any]:
    """One that leaves its rows with the server, or for few rows and long arrays one that binds them as they are."""
    if by_the_server:
        with connection.chunked_cursor() as cursor:
            yield cursor
        return
    connection.cursor().close()  # connected
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        yield cursor


def _as_table(table: Table, rows: Sequence[Row], arrays: dict[str, Any]) -> sql.Composable:
    """A table of these rows, whose values are added to `arrays`."""
    columns = zip(*rows, strict=True) if rows else ([] for _ in table.columns)
    parts, names, values = [], [], []
    for (name, kind), own in zip(table.columns.items(), columns, strict=True):
        label = f"{table.name}__{name}"
        arrays[label] = list(own)
        parts.append(sql.SQL("{}::{}[]").format(sql.Placeholder(label), sql.SQL(_CARRIED[kind])))
        names.append(sql.Identifier(name))
        values.append(sql.SQL(_UNPACKED.get(kind, "{} AS {}")).format(sql.Identifier(name), sql.Identifier(name)))
    commas = sql.SQL(", ")
    return sql.SQL("(SELECT {} FROM unnest({}) AS carried ({}))").format(
        commas.join(values), commas.join(parts), commas.join(names)
    )


def _read(table: Table, alias: str) -> list[str]:
    """The columns of a table as ClickHouse is to give them: bytes in hex, since its texts have to be text."""
    columns = ((f"{alias}.{name}", kind) for name, kind in table.columns.items())
    return [f"lower(hex({column}))" if kind is Type.BYTES else column for column, kind in columns]


@contextmanager
def standing_still(operator: Operator, span: Span) -> Iterator[tuple[UUID, list[ArchivedDay]]]:
    """
    Where what is online begins, and the archived days of a range. Inside a transaction of the caller's, which has
    called `hold` before its first statement if it sees but one moment; else inside one of its own.
    """
    with nullcontext() if connection.in_atomic_block else transaction.atomic():
        hold(operator)
        with tenant_context(operator):
            begins, days = horizon(), [day for day in archived_days() if _touches(day, span)]
        yield begins, days
        with tenant_context(operator):
            if horizon() > begins and begins < span.high:
                raise ArchiveMoved("A day went to the archive while it was read. Ask again.")


def is_archived(operator: Operator, low: UUID) -> bool:
    """Whether a range that begins with this id begins in the archive."""
    with tenant_context(operator):
        return low < horizon()


def hold(operator: Operator) -> None:
    """
    Until the caller's transaction ends no partition of the operator's big tables is taken off them. Bets, settlement
    and the first steps of the archive go on.
    """
    tables = (sql.Identifier(operator.schema_name, table.name) for table in _TABLES.values())
    statement = sql.SQL("LOCK TABLE ONLY {} IN ACCESS SHARE MODE").format(sql.SQL(", ONLY ").join(tables))
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string(None))
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '15min'")


def _touches(day: ArchivedDay, span: Span) -> bool:
    return floor_of(day.day) < span.high and floor_of(day.day + timedelta(days=1)) > span.low


def in_blocks(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """So many at a time, the rest at the end."""
    rest = iter(rows)
    while some := list(islice(rest, size)):
        yield some


def fetch(operator: Operator, statement: str, parameters: Mapping[str, Any]) -> list[Row]:
    """All rows of a statement that has few, in which `{s}` stands for the operator's schema."""
    text = sql.SQL(statement).format(s=sql.Identifier(operator.schema_name)).as_string(None)
    with connection.cursor() as cursor:
        cursor.execute(text, parameters)
        rows: list[Row] = cursor.fetchall()
    return rows


_TABLES: Mapping[str, Table] = {"bets": BETS, "payouts": PAYOUTS, "movements": MOVEMENTS}
"""By their names in a report's statement."""
_CARRIED = {
    Type.UUID: "uuid",
    Type.INTEGER: "bigint",
    Type.BITS: "text",
    Type.BYTES: "text",
    Type.MOMENT: "timestamptz",
    Type.TEXT: "text",
}
_UNPACKED = {Type.BITS: "{}::bit(80) AS {}", Type.BYTES: "decode({}, 'hex') AS {}"}
_BETS = """
    SELECT {columns} FROM {bets} b LEFT JOIN {payouts} p ON p.bet_id = b.id
    WHERE b.id >= {{low:String}} AND b.id < {{high:String}}{only}
    ORDER BY b.id
"""
_ACCOUNT = "SELECT id FROM {s}.wallet_account WHERE player_id = %(player)s"
