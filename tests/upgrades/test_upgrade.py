"""An upgrade brings every schema to the code's migrations: while others work, after a fault, and twice at once."""

import threading
import time
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections

from keno_platform.core.errors import Maintenance
from operators.migrating.gate import between_upgrades
from operators.migrating.shapes import shape_of
from operators.migrating.standing import public_behind, schemas_behind
from operators.migrating.upgrading import Policy, Summary, UpgradeFailed, upgrade
from operators.selectors import get_operator
from operators.services import create_operator
from operators.tenancy import tenant_context
from tests.support.threads import at_once
from tests.upgrades.scratch import SCHEMAS, connected, terms, three_operators

NEW = ["0901_tables", "0902_changes", "0903_alone"]
QUICK = Policy(jobs=2, lock_timeout_s=0.2, tries=40)


@pytest.fixture(autouse=True)
def three(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), three_operators():
        yield


@pytest.fixture
def next_version(settings: Any) -> None:
    settings.MIGRATION_MODULES = {"flags": "tests.upgrades.every_operation"}


def run(policy: Policy = QUICK) -> Summary:
    return upgrade(policy=policy, tell=lambda _: None)


def execute(statement: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []


def applied(schema: str) -> list[str]:
    found = execute(f"SELECT name FROM {schema}.django_migrations WHERE app = 'flags' ORDER BY id")
    return [name for (name,) in found if name in NEW]


def schemas_of(slug: str) -> list[Any]:
    return execute(f"SELECT nspname FROM pg_namespace WHERE nspname = 'op_{slug}'")


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def check() -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("upgrade", check=True, stdout=out)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_nothing_is_behind_and_nothing_is_done_at_the_codes_own_version() -> None:
    assert (public_behind(), schemas_behind()) == ([], {})
    summary = run()
    assert (summary.public, summary.schemas, summary.ran) == (0, 0, [])
    assert check() == (0, "Everything is up to date.\n")


def test_what_is_behind_is_told_by_one_question_for_all_schemas(
    next_version: None, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(4):  # the path, the operators, who keeps a record, and what the records lack
        assert schemas_behind() == {schema: [("flags", name) for name in NEW] for schema in SCHEMAS}


@pytest.mark.usefixtures("next_version")
class TestTheNextVersion:
    def test_check_names_what_would_run_and_fails_until_it_has_run(self) -> None:
        code, text = check()
        assert code == 1
        assert all(f"{schema}: flags.0901_tables, flags.0902_changes, flags.0903_alone" in text for schema in SCHEMAS)
        out, err = StringIO(), StringIO()
        call_command("upgrade", jobs=2, stdout=out, stderr=err)
        assert "3 operators' schemas" in out.getvalue()
        assert "Longest lock: at most" in out.getvalue()
        assert "3/3" in err.getvalue()
        assert check()[0] == 0

    def test_every_schema_is_afterwards_like_one_made_by_the_new_version(self) -> None:
        summary = run()
        assert summary.schemas == 3
        assert public_behind() == []
        create_operator(terms=terms("made-later"))
        assert {shape_of(schema) for schema in SCHEMAS} == {shape_of("op_made_later")}

    def test_a_fault_stops_it_before_other_schemas_and_is_named_and_the_next_run_goes_on(self) -> None:
        execute("CREATE TABLE op_one.flags_tag ()")  # the first in order is tried alone
        with pytest.raises(CommandError, match=r"op_one flags\.0901_tables: .*flags_tag"):
            call_command("upgrade", verbosity=0)
        assert [applied(schema) for schema in SCHEMAS] == [[], [], []]
        execute("DROP TABLE op_one.flags_tag")
        assert run().schemas == 3
        assert [applied(schema) for schema in SCHEMAS] == [NEW] * 3

    def test_what_was_done_before_a_fault_is_not_done_again(self) -> None:
        execute("CREATE VIEW op_two.flags_word AS SELECT 1 AS one")  # in the way of the second migration
        with pytest.raises(UpgradeFailed, match=r"op_two flags\.0902_changes"):
            run(Policy(jobs=1))
        before = execute("SELECT id, applied FROM op_one.django_migrations")
        assert [applied(schema) for schema in SCHEMAS] == [NEW, NEW, NEW[:1]]
        execute("DROP VIEW op_two.flags_word")
        summary = run()
        assert [(one.schema, one.migration) for one in summary.ran] == [
            ("op_two", "flags.0902_changes"),
            ("op_two", "flags.0903_alone"),
        ]
        assert execute("SELECT id, applied FROM op_one.django_migrations") == before

    def test_two_upgrades_at_once_do_everything_once(self) -> None:
        summaries = at_once([run] * 2)
        assert sorted(one.schemas for one in summaries if isinstance(one, Summary)) == [0, 3], summaries
        assert [applied(schema) for schema in SCHEMAS] == [NEW] * 3

    def test_no_operator_is_made_while_an_upgrade_is_under_way_and_an_upgrade_waits_for_one_that_is_being_made(
        self,
    ) -> None:
        refused = list[str]()

        def tell(one: Any) -> None:
            with pytest.raises(Maintenance) as refusal:
                create_operator(terms=terms("meanwhile"))
            refused.append(refusal.value.detail)

        upgrade(policy=Policy(jobs=1), tell=tell)
        assert set(refused) == {"An upgrade is under way: try again when it is over."}
        assert schemas_of("meanwhile") == []
        told, done = list[str](), threading.Event()

        def again() -> None:
            upgrade(policy=QUICK, tell=lambda one: told.append(one.text))
            done.set()
            connections.close_all()

        with between_upgrades():
            waiting = threading.Thread(target=again)
            waiting.start()
            wait_until(lambda: bool(told))
            assert not done.is_set()
        waiting.join(60)
        assert done.is_set()
        assert "an operator that is being made" in told[0]

    def test_older_code_makes_no_operator_after_an_upgrade(self, settings: Any) -> None:
        """It would have the tables of the version before, which the new version cannot read."""
        run()
        settings.MIGRATION_MODULES = {}
        with pytest.raises(Maintenance, match="older than the database's tables"):
            create_operator(terms=terms("old-made"))
        assert schemas_of("old_made") == []
        assert (public_behind(), schemas_behind()) == ([], {}), "all that it knows is there, and more"

    def test_a_schema_that_older_code_has_made_all_the_same_is_caught_up_with(self, settings: Any) -> None:
        modules, settings.MIGRATION_MODULES = settings.MIGRATION_MODULES, {}
        create_operator(terms=terms("old-made"))
        settings.MIGRATION_MODULES = modules
        assert run().schemas == 4
        assert applied("op_old_made") == NEW

    def test_an_index_whose_building_was_cut_off_is_built_anew(self) -> None:
        call_command("migrate_schemas", "flags", "0902_changes", schema_name="op_one", verbosity=0)
        with tenant_context(get_operator(slug="one")):
            execute("INSERT INTO flags_volume (shelf_id, name, isbn) VALUES (1, 'a', 'x'), (1, 'b', 'x')")
        with pytest.raises(Exception, match="could not create unique index"):
            execute("CREATE UNIQUE INDEX CONCURRENTLY flags_book_by_isbn ON op_one.flags_volume (isbn)")
        assert _is_valid("op_one.flags_book_by_isbn") == [(False,)]
        run()
        assert _is_valid("op_one.flags_book_by_isbn") == [(True,)]


@pytest.mark.usefixtures("next_version")
def test_a_lock_that_is_busy_is_tried_again_and_nobody_queues_behind_the_upgrade_for_long() -> None:
    """Somebody reads in a long transaction; others come behind the migration that wants the table for itself."""
    call_command("migrate_schemas", "flags", "0901_tables", schema_name="op_one", verbosity=0)
    over, waits = threading.Event(), list[float]()

    def read_again_and_again() -> None:
        with connected() as reader:
            while not over.is_set():
                began = time.monotonic()
                reader.execute("SELECT count(*) FROM op_one.flags_shelf")
                reader.rollback()
                waits.append(time.monotonic() - began)

    def tell(one: Any) -> None:
        told.append(one.text)
        if told.count(busy) == 3:
            queued.append(max(waits))  # before the migration gets its lock, and holds it as long as it takes
            holder.rollback()

    told, queued, busy = list[str](), list[float](), "op_one: a lock is busy, and asked for again"
    with connected() as holder:
        holder.execute("SET SESSION idle_in_transaction_session_timeout = 0")
        holder.execute("SELECT count(*) FROM op_one.flags_shelf")
        others, at_last = threading.Thread(target=read_again_and_again), threading.Timer(60, holder.rollback)
        others.start()
        at_last.start()
        try:
            summary = upgrade(policy=QUICK, tell=tell)
        finally:
            over.set()
            others.join()
            at_last.cancel()
            at_last.join()
    assert summary.busy[:3] == ["op_one"] * 3
    assert [applied(schema) for schema in SCHEMAS] == [NEW] * 3
    assert queued[0] < 5, "who came behind the migration waited for as long as its patience lasts"


def _is_valid(name: str) -> list[Any]:
    return execute(f"SELECT indisvalid FROM pg_index WHERE indexrelid = '{name}'::regclass")
