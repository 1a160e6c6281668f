"""Partitions stand ahead, come without holding up bets, and are read by their indexes from the first row on."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection

from bets.services.partitions import TABLES, analyse_all_grown, make_all_partitions
from keno_platform.core import clock, ids
from operators.models import Operator
from operators.partitions import (
    DAYS_AHEAD,
    GROWN_ROWS,
    Partition,
    attached_of,
    day_of,
    days_ahead,
    make_partition,
    make_partitions,
)
from reports.invariants import check_all
from tests.support.database import parameters
from tests.support.old_days import own_operator

pytestmark = pytest.mark.usefixtures("committed")
TODAY = datetime.now(UTC).date()


@pytest.fixture(scope="module")
def operator(django_db_setup: None, django_db_blocker: Any) -> Operator:
    with django_db_blocker.unblock():
        return own_operator(f"days-{ids.uuid7().hex[-8:]}")


@pytest.fixture
def other() -> Iterator["psycopg.Connection[Any]"]:
    with psycopg.connect(**parameters(), autocommit=True) as own:
        yield own


def attached(operator: Operator, table: str) -> list[str]:
    with connection.cursor() as cursor:
        return [one.name for one in attached_of(cursor, operator.schema_name, table)]


def drop(operator: Operator, days: list[Any]) -> None:
    with connection.cursor() as cursor:
        for table in TABLES:
            for day in days:
                cursor.execute(f"DROP TABLE IF EXISTS {Partition(operator.schema_name, table, day)}")


def missing(operator: Operator) -> list[str]:
    found = next(one for one in check_all(rounds_max=0) if one.code == "I36-partitions-stand-ahead")
    return [example for example in found.examples if example.startswith(f"{operator.schema_name}.")]


def test_missing_days_are_made_for_every_table_and_nothing_is_made_twice(operator: Operator) -> None:
    ahead = [TODAY + timedelta(days=n) for n in range(1, DAYS_AHEAD + 1)]
    drop(operator, ahead)
    made = make_all_partitions()
    own = [str(Partition(operator.schema_name, table, day)) for table in TABLES for day in ahead]
    assert [name for name in own if name not in made] == []
    assert make_all_partitions() == []
    for table in TABLES:
        names = attached(operator, table)
        assert [
            name for name in (f"{table}_{day:%Y%m%d}" for day in days_ahead(clock.now())) if name not in names
        ] == []


def test_an_operator_without_the_day_after_tomorrow_breaks_an_invariant(operator: Operator) -> None:
    assert missing(operator) == []
    drop(operator, [TODAY + timedelta(days=2)])
    expected = {str(Partition(operator.schema_name, table, TODAY + timedelta(days=2))) for table in TABLES}
    try:
        assert set(missing(operator)) == expected
    finally:
        make_all_partitions()
    assert missing(operator) == []


def test_a_partition_comes_while_a_bet_is_being_written_and_the_plain_way_would_wait(
    operator: Operator, other: "psycopg.Connection[Any]"
) -> None:
    """A control: the shorter statement that makes a partition waits for every bet on its way, and bets behind it."""
    day = TODAY + timedelta(days=40)
    one = Partition(operator.schema_name, "bets_bet", day)
    with other.transaction(), connection.cursor() as cursor:
        other.execute(f"LOCK TABLE {operator.schema_name}.bets_bet IN ROW EXCLUSIVE MODE")  # as an INSERT has it
        cursor.execute("SET lock_timeout = '300ms'")
        try:
            with pytest.raises(DatabaseError, match="lock timeout"):
                cursor.execute(
                    f"CREATE TABLE {one} PARTITION OF {one.schema}.bets_bet"
                    f" FOR VALUES FROM ('{one.low}') TO ('{one.high}')"
                )
            make_partition(cursor, one, guards=True)
        finally:
            cursor.execute("RESET lock_timeout")
    assert one.name in attached(operator, "bets_bet")
    drop(operator, [day])


def test_a_made_partition_has_what_its_siblings_have(operator: Operator) -> None:
    """Made beside its table, not by it: indexes, checks and guards must be the same as of one that the table makes."""
    day, plain = TODAY + timedelta(days=41), TODAY + timedelta(days=42)
    for table in TABLES:
        ours, theirs = (Partition(operator.schema_name, table, one) for one in (day, plain))
        with connection.cursor() as cursor:
            make_partition(cursor, ours, guards=True)
            cursor.execute(
                f"CREATE TABLE {theirs} PARTITION OF {theirs.schema}.{table}"
                f" FOR VALUES FROM ('{theirs.low}') TO ('{theirs.high}')"
            )
        assert _shape(ours) == _shape(theirs)
        assert _triggers(ours) == {"tenant_guard", "append_only"}
    drop(operator, [day, plain])


def test_a_fresh_partition_is_read_by_its_indexes_and_one_that_is_known_to_be_empty_is_not(
    operator: Operator, other: "psycopg.Connection[Any]"
) -> None:
    """So partitions are not analysed before they have rows: a plan that was made then would stay while they fill."""
    day = TODAY + timedelta(days=43)
    one = Partition(operator.schema_name, "bets_bet", day)
    with connection.cursor() as cursor:
        make_partition(cursor, one, guards=True)
    by_round = "SELECT count(*), sum(stake) FROM {s}.bets_bet WHERE round_id = $1 AND id >= $2 AND id < $3"
    by_id = "SELECT stake FROM {s}.bets_bet WHERE id = $1"
    try:
        plans = _plan(other, operator, by_round, "(bigint, uuid, uuid)", f"7, '{one.low}', '{one.high}'")
        plans += _plan(other, operator, by_id, "(uuid)", f"'{one.low}'")
        assert "Index" in plans
        assert "Seq Scan" not in plans
        other.execute(f"ANALYZE {one}")
        assert "Seq Scan" in _plan(other, operator, by_id, "(uuid)", f"'{one.low}'")
    finally:
        drop(operator, [day])


def test_what_has_grown_is_analysed_once_and_what_has_not_is_left(operator: Operator) -> None:
    with connection.cursor() as cursor:
        make_partitions(TABLES, today=clock.now(), schema=operator.schema_name)
        today = Partition(operator.schema_name, "wallet_transaction", TODAY)
        cursor.execute("SELECT set_config('app.tenant', %s, false)", [operator.schema_name])
        cursor.execute(f"ALTER TABLE {today} SET (autovacuum_enabled = off)")
        base = int(today.low.hex, 16)
        cursor.execute(
            f"""INSERT INTO {operator.schema_name}.wallet_transaction (id, account_id, kind, amount, balance_after)
                SELECT (%s || lpad(to_hex(n * 16 + 4), 12, '0'))::uuid, n %% 50, 4, 100, 100
                FROM generate_series(1, {GROWN_ROWS}) n""",
            [_dashed(base)[:24]],
        )
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT set_config('app.tenant', 'public', false)")
    connection.close()
    assert str(today) in analyse_all_grown()
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [str(today)])
        assert cursor.fetchone() == (GROWN_ROWS,)
    assert str(today) not in analyse_all_grown()
    drop(operator, [TODAY])  # these movements are nobody's
    make_all_partitions()


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("bets_bet_20260131", "2026-01-31"),
        ("bets_bet_20260132", "None"),
        ("bets_bet_20260131_kept", "None"),
        ("bets_bet", "None"),
        ("20260131", "None"),
        ("bets_payout_20260131", "None"),
    ],
)
def test_only_a_partitions_name_names_a_day(name: str, day: str) -> None:
    assert str(day_of(name, "bets_bet")) == day


def _dashed(number: int) -> str:
    text = f"{number:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def _plan(other: "psycopg.Connection[Any]", operator: Operator, statement: str, types: str, values: str) -> str:
    """The generic plan: the one that a pool's sessions keep."""
    other.execute("DEALLOCATE ALL")
    other.execute("SET plan_cache_mode = force_generic_plan")
    other.execute(f"PREPARE asked{types} AS {statement.format(s=operator.schema_name)}")
    return "\n".join(line for (line,) in other.execute(f"EXPLAIN ANALYZE EXECUTE asked({values})").fetchall())


def _shape(one: Partition) -> Any:
    """Columns, constraints and indexes of a table without their names, and which index of its parent each one is of."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid)"
            " FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum"
            " WHERE attrelid = %s::regclass AND attnum > 0 ORDER BY attnum",
            [str(one)],
        )
        columns = cursor.fetchall()
        cursor.execute(
            "SELECT contype::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass"
            " AND contype IN ('c', 'p') ORDER BY 1, 2",
            [str(one)],
        )
        constraints = cursor.fetchall()
        cursor.execute(
            "SELECT p.relname, regexp_replace(pg_get_indexdef(k.indexrelid), '.* USING', '') FROM pg_index k"
            " JOIN pg_inherits i ON i.inhrelid = k.indexrelid JOIN pg_class p ON p.oid = i.inhparent"
            " WHERE k.indrelid = %s::regclass AND k.indisvalid ORDER BY 1",
            [str(one)],
        )
        return columns, constraints, cursor.fetchall()


def _triggers(one: Partition) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass", [str(one)])
        return {name for (name,) in cursor.fetchall()}
