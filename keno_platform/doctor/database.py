"""What the database must be. Loaded when Django is ready."""

import time
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import connection

from bets.services.partitions import TABLES
from keno_platform.core import clock
from keno_platform.database import pooling
from keno_platform.doctor.checks import Area, Fault, Notice, Register
from operators.migrating import plans
from operators.migrating.standing import public_behind, schemas_behind
from operators.partitions import Partition, days_ahead, missing_of
from operators.selectors import list_operators

VERSION_MIN = 15
VERSION_TESTED = 18
LAG_MAX_S, LAG_NOTICE_S = 2.0, 0.25
ANSWER_MAX_MS = 50
LEFT_MIN = 20
WRAPAROUND_MAX = 1_000_000_000
TRANSACTION_MAX_S = 300
check = Register(Area.DATABASE)


def _row(statement: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        found: tuple[Any, ...] | None = cursor.fetchone()
    return found or ()


def _setting(name: str) -> str:
    return str(_row("SELECT current_setting(%s, true)", [name])[0] or "")


def _switch(name: str, wanted: str, why: str) -> str:
    found = _setting(name)
    if found != wanted:
        raise Fault(f"{name} is {found or 'not known'}: {why}", mend=_alter(name, wanted))
    return f"{name} = {found}"


def _alter(name: str, wanted: str) -> str:
    return f'psql "$DATABASE_URL" -c "ALTER SYSTEM SET {name} = \'{wanted}\'" -c "SELECT pg_reload_conf()"'


@check(mend='Is it running, and is DATABASE_URL right? psql "$DATABASE_URL" -c "SELECT 1"')
def database_answers() -> str:
    _row("SELECT 1")
    began = time.perf_counter()
    for _ in range(5):
        _row("SELECT 1")
    took_ms = (time.perf_counter() - began) * 200
    if took_ms > ANSWER_MAX_MS:
        raise Notice(f"{took_ms:.0f} ms a question", mend="Move the processes to the database's network")
    return f"{took_ms:.1f} ms a question"


@check(mend=f"Take PostgreSQL {VERSION_TESTED}")
def version_is_supported() -> str:
    number = int(_setting("server_version_num")) // 10_000
    if number < VERSION_MIN:
        raise Fault(f"PostgreSQL {number}")
    if number != VERSION_TESTED:
        raise Notice(f"PostgreSQL {number}; tests run with {VERSION_TESTED}")
    return f"PostgreSQL {_setting('server_version')}"


@check(mend="manage.py upgrade")
def migrations_are_applied() -> str:
    missing, behind = public_behind(), schemas_behind()
    if missing or behind:
        names = [f"{app}.{name}" for app, name in missing]
        raise Fault(f"missing: {', '.join(names[:5]) or 'none'}; schemas behind: {', '.join([*behind][:5]) or 'none'}")
    return f"{len(plans.wanted())} migrations"


@check(mend="Use a direct connection, or a pooler in session mode: see docs/tenancy.md")
def settings_of_a_connection_stay() -> str:
    """A pooler in transaction mode hands the next statement to another server process, with another's schema."""
    try:
        pooling.require_sessions(connection.get_connection_params())
    except pooling.TransactionPooling as refusal:
        raise Fault(
            "statements of one connection reach several server processes: a pooler in transaction mode"
        ) from refusal
    return "session mode"


@check(mend="timedatectl set-ntp true, here and on the database's machine")
def clocks_agree() -> str:
    before = clock.now()
    [database] = _row("SELECT clock_timestamp()")
    after = clock.now()
    middle = before + (after - before) / 2
    lag_s = abs((database - middle).total_seconds())
    text = f"{lag_s * 1000:.0f} ms apart"
    if lag_s > LAG_MAX_S:
        raise Fault(text)
    if lag_s > LAG_NOTICE_S:
        raise Notice(text)
    return text


@check(mend=_alter("fsync", "on"))
def what_is_committed_is_on_the_disk() -> str:
    if _is_local_database():
        return f"fsync = {_setting('fsync')}, synchronous_commit = {_setting('synchronous_commit')}, on this machine"
    _switch("fsync", "on", "a power cut may lose answered bets")
    found = _setting("synchronous_commit")
    if found == "off":
        raise Fault(
            "synchronous_commit is off: a power cut may lose answered bets", mend=_alter("synchronous_commit", "on")
        )
    return f"fsync = on, synchronous_commit = {found}"


def _is_local_database() -> bool:
    host = str(settings.DATABASES["default"]["HOST"])
    return host in ("", "localhost", "127.0.0.1", "::1") or host.startswith("/")


@check(mend=_alter("full_page_writes", "on"))
def pages_cannot_be_torn() -> str:
    return "on this machine" if _is_local_database() else _switch("full_page_writes", "on", "a crash may tear pages")


@check(mend="pg_checksums --enable while the server is stopped")
def pages_have_checksums() -> str:
    if _setting("data_checksums") != "on":
        raise Notice("a disk that rots is not noticed")
    return "on"


@check(mend=_alter("autovacuum", "on"))
def autovacuum_runs() -> str:
    return _switch("autovacuum", "on", "tables and the numbers of transactions would not be cleaned up")


@check(mend="Look for a transaction that never ends (the next check), then: vacuumdb --all --freeze")
def transaction_numbers_last() -> str:
    [age] = _row("SELECT age(datfrozenxid) FROM pg_database WHERE datname = current_database()")
    if age > WRAPAROUND_MAX:
        raise Fault(f"the oldest is {age:,} transactions old; the server stops at 2,147,483,648")
    return f"{age:,} of 2,147,483,648"


@check(mend="SELECT pg_terminate_backend(PID), when you know whose it is")
def no_transaction_stays_open() -> str:
    oldest = _row(
        "SELECT pid, application_name, extract(epoch FROM clock_timestamp() - xact_start)::int FROM pg_stat_activity"
        " WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        " AND xact_start < clock_timestamp() - make_interval(secs => %s) ORDER BY xact_start",
        [TRANSACTION_MAX_S],
    )
    if oldest:
        raise Fault(f"pid {oldest[0]} ({oldest[1]}) has one open for {oldest[2]} s")
    return "none is old"


@check(mend=_alter("max_connections", "200") + ", and restart the server; or less KENO_DB_POOL_SIZE")
def connections_are_left() -> str:
    used, most = _row("SELECT count(*), current_setting('max_connections')::int FROM pg_stat_activity")
    if most - used < LEFT_MIN:
        raise Fault(f"{used} of {most} are taken")
    return f"{used} of {most}"


@check(mend="Let it connect as keno_app: docs/security.md#roles-of-the-database")
def platform_cannot_change_its_tables() -> str:
    superuser, makes = _row(
        "SELECT rolsuper, has_database_privilege(current_database(), 'CREATE') FROM pg_roles"
        " WHERE rolname = current_user"
    )
    if not settings.ENVIRONMENT.is_production:
        return "not asked on this machine"
    if superuser:
        raise Fault("it connects as a superuser, whom no right and no guard holds back")
    if makes:
        raise Notice("it connects as a role that makes tables and schemas")
    return "it reads and writes rows"


@check(mend='psql "$DATABASE_URL" -c "REINDEX INDEX CONCURRENTLY NAME"')
def indexes_are_valid() -> str:
    [broken] = _row(
        "SELECT string_agg(indexrelid::regclass::text, ', ') FROM pg_index"
        " WHERE NOT indisvalid AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = indexrelid AND c.relkind = 'I')"
    )
    if broken:
        raise Fault(str(broken))
    return "all"


@check(mend="manage.py prepare_ahead, and look whether a worker serves the queue `default`")
def partitions_stand_ahead() -> str:
    days = days_ahead(clock.now())
    schemas = list(list_operators().values_list("schema_name", flat=True))
    wanted = [Partition(schema, table, day) for schema in schemas for table in TABLES for day in days[:-1]]
    with connection.cursor() as cursor:
        missing = missing_of(cursor, wanted)
    if missing:
        raise Fault(f"{len(missing)} are missing, such as {missing[0]}")
    return f"{len(wanted)} for {len(schemas)} operators"


@check(mend="Connect as a role of its own without SUPERUSER: CREATE ROLE keno LOGIN PASSWORD '...'; see docs/audit.md")
def role_is_no_superuser() -> str:
    [name, is_super] = _row("SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user")
    if is_super:
        raise Notice(f"{name} is a superuser: no right of the database holds it back")
    return str(name)


@check(mend="manage.py guard_record as a superuser; see docs/audit.md")
def record_is_guarded() -> str:
    [owned] = _row(
        "SELECT pg_has_role(relowner, 'MEMBER') FROM pg_class WHERE oid = 'public.audit_auditentry'::regclass"
    )
    if owned:
        raise Notice("the platform's own role owns the audit record")
    return "by a role of its own"
