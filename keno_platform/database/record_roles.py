"""
Who owns the record's tables: a role of its own, or, while migrations run, the application's. For a superuser's
connection. No Django here: whoever starts a local server uses it before there is any.
"""

from pathlib import Path

import psycopg
from psycopg import sql

OWNER = "keno_records"
_FILES = Path(__file__).resolve().parent.parent.parent / "audit" / "sql"


def make_owner(superuser: "psycopg.Connection[tuple[object, ...]]", *, owner: str = OWNER) -> None:
    """Make the role that owns the record, as which nobody can log in, unless it exists."""
    if not superuser.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [owner]).fetchone():
        superuser.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(owner)))


def guard(superuser: "psycopg.Connection[tuple[object, ...]]", *, application: str, owner: str = OWNER) -> None:
    """The application's role may add to the record and read it, and nothing else."""
    with superuser.transaction():
        make_owner(superuser, owner=owner)
        _run(superuser, "guard_record.sql", application=application, owner=owner)


def release(superuser: "psycopg.Connection[tuple[object, ...]]", *, application: str) -> None:
    """For the time of migrations. Does nothing where there is no record yet."""
    with superuser.transaction():
        if superuser.execute("SELECT to_regclass('public.audit_checkpointroot') IS NOT NULL").fetchone() == (True,):
            _run(superuser, "release_record.sql", application=application, owner=OWNER)


def _run(superuser: "psycopg.Connection[tuple[object, ...]]", name: str, *, application: str, owner: str) -> None:
    names = {"application": application, "owner": owner, "database": superuser.info.dbname}
    text = (_FILES / name).read_text(encoding="utf-8")
    for placeholder, value in names.items():
        text = text.replace(f"{{{placeholder}}}", sql.Identifier(value).as_string(superuser))
    superuser.execute(text.encode())
