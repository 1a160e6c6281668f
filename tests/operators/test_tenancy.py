"""The tenant is bound to a context, follows it everywhere, and nothing reads or writes beside it."""

import asyncio
import threading
from typing import Any

import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.db import DataError, ProgrammingError, connection, connections, transaction

from operators.models import Operator
from operators.tenancy import current_schema, tenant_context, tenant_transaction
from tests.support.bets import new_player
from tests.support.database import parameters, rows
from tests.support.threads import in_threads

STORM_S = 2.0


def seen() -> tuple[str, str]:
    """The schema and the guard's word as the database has them on this thread's connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema(), current_setting('app.tenant')")
        schema, word = cursor.fetchone()
    return schema, word


def run(statement: str) -> int:
    """Run one statement in a savepoint; how many rows it changed."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.rowcount)


def fail_inside(operator: Operator, statement: str = "SELECT 1/0") -> None:
    """A transaction in this operator's schema that comes to nothing."""
    with tenant_context(operator), transaction.atomic():
        assert seen() == (operator.schema_name, operator.schema_name)
        run(statement)


def seen_elsewhere() -> tuple[str, str]:
    """The same for a thread that ends: its connection is closed behind it."""
    try:
        return seen()
    finally:
        connection.close()


@pytest.mark.django_db
class TestBinding:
    def test_without_a_tenant_the_schema_is_public(self) -> None:
        assert seen() == ("public", "public")
        assert current_schema() == "public"

    def test_inside_a_context_both_the_path_and_the_guards_word_are_the_tenants(self, operator_a: Operator) -> None:
        with tenant_context(operator_a) as bound:
            assert bound is operator_a
            assert seen() == ("op_alpha", "op_alpha")
        assert seen() == ("public", "public")

    def test_contexts_nest_and_each_restores_the_one_before(self, operator_a: Operator, operator_b: Operator) -> None:
        with tenant_context(operator_a):
            with tenant_context(operator_b):
                with tenant_context(operator_a):
                    assert seen()[0] == "op_alpha"
                assert seen()[0] == "op_beta"
            assert seen()[0] == "op_alpha"
        assert seen()[0] == "public"

    def test_an_exception_restores_too(self, operator_a: Operator, operator_b: Operator) -> None:
        with tenant_context(operator_a):
            with pytest.raises(DataError):
                fail_inside(operator_b)
            assert seen()[0] == "op_alpha"

    def test_a_rolled_back_savepoint_leaves_no_path_behind(self, operator_a: Operator, operator_b: Operator) -> None:
        with tenant_context(operator_a), transaction.atomic():
            assert seen()[0] == "op_alpha"
            for _ in range(2):  # the second time the path of B must be set again
                with pytest.raises(DataError):
                    fail_inside(operator_b)
                assert seen() == ("op_alpha", "op_alpha")

    def test_a_failed_statement_leaves_no_path_behind(self, operator_a: Operator, operator_b: Operator) -> None:
        with tenant_context(operator_a):
            seen()
            with pytest.raises(ProgrammingError):
                fail_inside(operator_b, "SELECT * FROM no_such_table")
            assert seen() == ("op_alpha", "op_alpha")
            with tenant_context(operator_b):
                assert seen() == ("op_beta", "op_beta")

    def test_a_new_connection_does_not_disturb_the_code_that_opens_it(self, operator_a: Operator) -> None:
        with tenant_context(operator_a):
            other = connections.create_connection("default")
            assert current_schema() == "op_alpha"
            assert seen()[0] == "op_alpha"
            with other.cursor() as cursor:
                cursor.execute("SELECT current_schema()")
                assert cursor.fetchone() == ("op_alpha",)
            other.close()

    def test_a_server_side_cursor_reads_the_bound_schema(self, operator_a: Operator, operator_b: Operator) -> None:
        with tenant_context(operator_a), transaction.atomic(), connection.chunked_cursor() as cursor:
            cursor.execute("SELECT current_schema()")
            assert list(cursor) == [("op_alpha",)]

    def test_the_librarys_own_form_is_refused(self, operator_a: Operator) -> None:
        with pytest.raises(TypeError, match="tenant_context"):
            operator_a.__enter__()
        assert current_schema() == "public"


class TestThreadsAndTasks:
    def test_a_connection_that_is_reopened_knows_its_tenant(self, committed: None, operator_a: Operator) -> None:
        with tenant_context(operator_a):
            assert seen()[0] == "op_alpha"
            connection.close()
            assert seen() == ("op_alpha", "op_alpha")

    def test_threads_are_bound_each_by_itself(
        self, committed: None, operator_a: Operator, operator_b: Operator
    ) -> None:
        barrier = threading.Barrier(2, timeout=10)

        def work(operator: Operator) -> None:
            assert current_schema() == "public"
            for _ in range(20):
                with tenant_context(operator):
                    barrier.wait()
                    assert seen() == (operator.schema_name, operator.schema_name)
                barrier.wait()
                assert seen()[0] == "public"

        in_threads(lambda: work(operator_a), lambda: work(operator_b))

    def test_a_new_thread_inherits_no_tenant(self, committed: None, operator_a: Operator) -> None:
        found: list[tuple[str, str]] = []
        with tenant_context(operator_a):
            in_threads(lambda: found.append(seen()))
        assert found == [("public", "public")]

    async def test_gathered_tasks_are_bound_each_by_itself(
        self, committed: None, operator_a: Operator, operator_b: Operator
    ) -> None:
        async def work(operator: Operator) -> set[tuple[str, str]]:
            found = set()
            for _ in range(10):
                with tenant_context(operator):
                    await asyncio.sleep(0)
                    found.add(await sync_to_async(seen_elsewhere, thread_sensitive=False)())
                    found.add(await sync_to_async(seen, thread_sensitive=True)())
                await asyncio.sleep(0)
            return found

        a, b = await asyncio.gather(work(operator_a), work(operator_b))
        assert a == {("op_alpha", "op_alpha")}
        assert b == {("op_beta", "op_beta")}
        assert current_schema() == "public"

    async def test_a_pool_thread_works_in_the_schema_of_the_code_that_awaits_it(
        self, committed: None, operator_a: Operator
    ) -> None:
        with tenant_context(operator_a):
            assert (await sync_to_async(seen_elsewhere, thread_sensitive=False)())[0] == "op_alpha"
        assert (await sync_to_async(seen_elsewhere, thread_sensitive=False)())[0] == "public"

    async def test_the_orm_in_async_code_reads_the_bound_schema(
        self, committed: None, operator_a: Operator, operator_b: Operator
    ) -> None:
        from players.models import Player

        own = {}
        for operator in (operator_a, operator_b):
            own[operator.slug] = (await sync_to_async(new_player)(operator)).token

        async def tokens(operator: Operator) -> set[str]:
            with tenant_context(operator):
                return {player.token async for player in Player.objects.all()}

        a, b = await asyncio.gather(tokens(operator_a), tokens(operator_b))
        assert own["alpha"] in a - b
        assert own["beta"] in b - a


WRITES = {
    "insert": "INSERT INTO op_beta.players_player (token, currency_code, blocked) VALUES ('x', 'XOF', false)",
    "update": "UPDATE op_beta.players_player SET blocked = true",
    "delete": "DELETE FROM op_beta.players_player",
    "update of no row": "UPDATE op_beta.players_player SET blocked = true WHERE false",
    "a balance": "UPDATE op_beta.wallet_account SET balance = balance + 1",
    "a movement": "INSERT INTO op_beta.wallet_transaction (id, account_id, kind, amount, balance_after)"
    " VALUES ('01990000-0000-7000-8000-000000000004', 1, 4, 1, 1)",
}


@pytest.mark.django_db
class TestTheGuard:
    @pytest.mark.parametrize("statement", WRITES.values(), ids=WRITES)
    def test_a_write_to_another_tenants_table_is_refused(self, operator_a: Operator, statement: str) -> None:
        with tenant_context(operator_a), pytest.raises(ProgrammingError, match="tenant guard"):
            run(statement)

    @pytest.mark.parametrize("statement", WRITES.values(), ids=WRITES)
    def test_a_write_without_a_tenant_is_refused(self, operator_a: Operator, statement: str) -> None:
        with pytest.raises(ProgrammingError, match="tenant guard"):
            run(statement)

    def test_a_path_that_lies_does_not_help(self, operator_a: Operator) -> None:
        from players.models import Player

        with tenant_context(operator_a), transaction.atomic():
            run("SET LOCAL search_path = op_beta, public")
            with pytest.raises(ProgrammingError, match="tenant guard"), transaction.atomic():
                Player.objects.create(token="led-astray", currency_code="KES")

    def test_with_the_tenant_bound_the_same_write_goes_through(self, operator_b: Operator) -> None:
        with tenant_context(operator_b):
            assert run(WRITES["insert"]) == 1

    def test_a_plain_connection_that_says_nothing_is_refused(self, committed: None, operator_b: Operator) -> None:
        with psycopg.connect(**parameters()) as plain, pytest.raises(psycopg.errors.InsufficientPrivilege):
            plain.execute(WRITES["insert"])


HISTORY = (
    *("bets_bet", "bets_cancellation", "bets_payout", "bets_paytablepick", "bets_paytablerow", "bets_settlement"),
    "wallet_transaction",
)
PARTITIONED = ("bets_bet", "bets_payout", "wallet_transaction")
_TABLES = """
    SELECT n.nspname, c.relname, coalesce(p.relname, c.relname) AS root, c.relispartition,
           array(SELECT t.tgname::text FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgenabled = 'O')
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN public.operators_operator o ON o.schema_name = n.nspname
    LEFT JOIN pg_inherits i ON i.inhrelid = c.oid LEFT JOIN pg_class p ON p.oid = i.inhparent
    WHERE c.relkind IN ('r', 'p') AND c.relname <> 'django_migrations' ORDER BY 1, 2
"""


@pytest.mark.django_db
class TestTheCatalogue:
    @pytest.fixture
    def tables(self) -> list[tuple[str, str, str, bool, list[str]]]:
        with connection.cursor() as cursor:
            cursor.execute(_TABLES)
            found: list[tuple[str, str, str, bool, list[str]]] = cursor.fetchall()
        return found

    def test_every_table_of_every_tenant_has_the_guard(self, tables: list[Any]) -> None:
        assert {schema for schema, *_ in tables} >= {"op_alpha", "op_beta"}
        assert len({root for _, _, root, _, _ in tables}) > 12
        assert [f"{schema}.{name}" for schema, name, _, _, triggers in tables if "tenant_guard" not in triggers] == []

    def test_every_history_table_and_each_of_its_partitions_is_append_only(self, tables: list[Any]) -> None:
        history = [row for row in tables if row[2] in HISTORY]
        assert {root for _, _, root, _, _ in history} == set(HISTORY)
        assert [f"{schema}.{name}" for schema, name, _, _, triggers in history if "append_only" not in triggers] == []

    def test_every_partitioned_table_has_partitions_for_the_next_days_in_every_schema(self, tables: list[Any]) -> None:
        for schema in ("op_alpha", "op_beta"):
            for table in PARTITIONED:
                parts = [name for own, name, root, part, _ in tables if (own, root, part) == (schema, table, True)]
                assert len(parts) >= 5, (schema, table, parts)

    def test_the_tables_of_public_history_are_append_only(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'append_only'")
            guarded = {row[0].removeprefix("public.") for row in cursor.fetchall()}
        assert {"audit_auditentry", "anchors_root"} <= guarded

    def test_the_invariants_find_a_table_without_its_guard(self, tables: list[Any]) -> None:
        from operators.invariants import INVARIANTS

        checks = [
            one.violations for one in INVARIANTS if one.code in ("I22-tenant-guard", "I27-history-is-append-only")
        ]
        with connection.cursor() as cursor:
            assert [rows(check) for check in checks] == [[], []]
            cursor.execute("DROP TRIGGER tenant_guard ON op_alpha.bets_settlement")
            cursor.execute("ALTER TABLE op_beta.bets_settlement DISABLE TRIGGER append_only")
        assert [rows(check) for check in checks] == [[("op_alpha.bets_settlement",)], [("op_beta.bets_settlement",)]]


def test_a_transaction_of_money_is_durable_and_bound(committed: None, operator_a: Operator) -> None:
    with tenant_transaction(operator_a):
        assert seen() == ("op_alpha", "op_alpha")
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        tenant_transaction(operator_a).__enter__()
    assert current_schema() == "public"
