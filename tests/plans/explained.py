"""
The plans of everything that is really executed, functions' inner statements too: the server itself tells them.

`auto_explain` is loaded for the test's database by its superuser, and speaks through the notices of Django's own
connection. So no statement is copied here, and none can be forgotten.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.db import connection, connections
from psycopg import sql

from keno_platform.local import postgres
from tests.support.database import parameters

SETTINGS = {
    "session_preload_libraries": "auto_explain",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_nested_statements": "on",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_timing": "off",
    "auto_explain.log_buffers": "on",
    "auto_explain.log_format": "json",
    "auto_explain.log_parameter_max_length": "0",
    "auto_explain.log_level": "notice",
}
HOT = ("plan_cache_mode = force_generic_plan", "jit = off", "enable_seqscan = off")
"""How the connections of the hot door plan."""
BIG = {
    "bets_bet",
    "bets_cancellation",
    "bets_payout",
    "bets_settlement",
    "bets_slip",
    "players_player",
    "players_session",
    "rounds_participation",
    "rounds_round",
    "wallet_account",
    "wallet_transaction",
}
"""The tables that grow with bets, players and rounds."""
_DAY = re.compile(r"_\d{8}$")
SMALL_BLOCKS = 8
"""A table of so few blocks is read whole, and rightly so."""
WASTE_MAX = 200
"""Rows that a node may read and throw away, and blocks that it may read for each row beyond some for the way down."""
_BLOCKS, _BLOCKS_A_ROW = 200, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One node of a plan that reads a table."""

    statement: str
    kind: str
    table: str
    partition: str
    index: str
    loops: float
    rows: float
    removed: float
    blocks: int

    @property
    def is_executed(self) -> bool:
        return self.loops > 0

    def flaw(self) -> str | None:
        """What is wrong with reading a big table like this."""
        if self.table not in BIG or not self.is_executed:
            return None
        if self.kind == "Seq Scan" and self.blocks > SMALL_BLOCKS:
            return "reads the whole table"
        if self.removed * self.loops > WASTE_MAX:
            return f"throws away {self.removed * self.loops:.0f} rows"
        if self.blocks > (allowed := _BLOCKS * self.loops + _BLOCKS_A_ROW * self.rows * self.loops):
            return f"reads {self.blocks} blocks, {allowed:.0f} would do"
        return None

    def __str__(self) -> str:
        return f"{self.kind} {self.index} on {self.partition} in: {' '.join(self.statement.split())[:160]}"


@dataclass(slots=True)
class Plans:
    """What was executed, in order."""

    scans: list[Scan] = field(default_factory=list)

    def flaws(self) -> list[str]:
        return [f"{flaw}: {one}" for one in self.scans if (flaw := one.flaw())]

    def indexes(self, table: str, *, of: str = "") -> set[str]:
        """The columns' part of the names of the indexes that a table is read by, in statements with this text."""
        found = (one for one in self.scans if one.table == table and one.is_executed and of in one.statement)
        return {_generic(one) for one in found}

    def partitions(self, table: str, *, of: str = "") -> set[str]:
        """The days of a table that were read."""
        found = (one for one in self.scans if one.table == table and one.is_executed and of in one.statement)
        return {one.partition.removeprefix(f"{table}_") for one in found if one.partition != table}

    def hear(self, notice: Any) -> None:
        _, found, plan = (notice.message_primary or "").partition("plan:\n")
        if found:
            told = json.loads(plan)
            self.scans += _scans(told["Query Text"], told["Plan"])


def _generic(one: Scan) -> str:
    """`bets_bet_20261121_round_id_idx` and `bets_by_round` are both of the table, by round_id."""
    return one.index.removeprefix(f"{one.partition}_").removeprefix(f"{one.table}_")


def _scans(statement: str, node: dict[str, Any]) -> Iterator[Scan]:
    if "Relation Name" in node and not node["Node Type"].startswith(("ModifyTable", "LockRows")):
        yield Scan(
            statement=statement,
            kind=node["Node Type"],
            table=_DAY.sub("", node["Relation Name"]),
            partition=node["Relation Name"],
            index=_index_of(node),
            loops=node.get("Actual Loops", 0),
            rows=node.get("Actual Rows", 0),
            removed=node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0),
            blocks=node.get("Shared Hit Blocks", 0) + node.get("Shared Read Blocks", 0),
        )
    for inner in node.get("Plans", ()):
        yield from _scans(statement, inner)


def _index_of(node: dict[str, Any]) -> str:
    if "Index Name" in node:
        return str(node["Index Name"])
    return next((found for inner in node.get("Plans", ()) if (found := _index_of(inner))), "")


@contextmanager
def explaining() -> Iterator[None]:
    """New connections to the test's database tell their plans while this lasts; there must be no transaction."""
    name = sql.Identifier(connection.settings_dict["NAME"])
    role = sql.Identifier(connection.settings_dict["USER"])
    alter = sql.SQL("ALTER ROLE {} IN DATABASE {} ").format(role, name)
    superuser = psycopg.connect(**parameters() | {"user": postgres.SUPERUSER}, autocommit=True)
    with superuser:
        try:
            for setting, value in SETTINGS.items():
                # Their own module defines these; without it the server keeps what it is told for later.
                superuser.execute("LOAD 'auto_explain'")
                superuser.execute(alter + sql.SQL("SET {} = {}").format(sql.SQL(setting), sql.Literal(value)))
            connections.close_all()
            yield
        finally:
            superuser.execute(alter + sql.SQL("RESET ALL"))
            connections.close_all()


@contextmanager
def watched() -> Iterator[Plans]:
    """What this thread's connection executes inside."""
    plans = Plans()
    raw = connection.connection
    raw.add_notice_handler(plans.hear)
    try:
        yield plans
    finally:
        raw.remove_notice_handler(plans.hear)
