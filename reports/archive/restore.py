"""A day back from its files, into tables beside the books: to be read, not to be played on."""

from dataclasses import asdict
from datetime import date
from pathlib import Path

from django.db import connection
from psycopg import sql

from audit import services as audit
from keno_platform.core.errors import NotFound
from operators.models import Operator
from operators.partitions import Partition
from operators.tenancy import tenant_context, tenant_transaction
from reports.archive import files
from reports.archive.tables import TABLES, Table
from wallet.selectors import archived_days


def restored_schema(operator: Operator) -> str:
    """Where an operator's restored days stand. The books never look there."""
    return f"restored_{operator.schema_name.removeprefix('op_')}"


def restore_day(operator: Operator, day: date, *, where: Path, actor: str = audit.SYSTEM) -> list[str]:
    """
    Load a day's files into tables of their own, with the columns, checks and indexes of the books, and prove that they
    hold the rows that were archived. Returns the tables' names; those that stand there already are made anew.

    :raises NotFound: this day is not archived. :raises ArchiveUnusable: its files are not those that were written.
    """
    with tenant_context(operator):
        row = archived_days().filter(day=day).first()
    if row is None:
        raise NotFound(f"{day} of {operator.slug} is not in the archive.")
    place = where / row.directory
    contents = files.check_files(place, sha256=bytes(row.manifest_sha256))
    schema, names = restored_schema(operator), []
    with tenant_transaction(operator), connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '10min'")
        cursor.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)).as_string(None))
        for table in TABLES:
            name = Partition(schema, table.name, day).name
            _load(operator, table, schema, name, place / table.file)
            if asdict(_content(table, schema, name)) != asdict(contents[table.name]):
                raise files.ArchiveUnusable(f"{schema}.{name} is not what {place / table.file} holds.")
            names.append(f"{schema}.{name}")
        audit.record(
            "day.restored",
            description=f"{day}: read from the archive into {schema}",
            actor=actor,
            operator_id=operator.pk,
            after={"tables": names},
        )
    return names


def _load(operator: Operator, table: Table, schema: str, name: str, path: Path) -> None:
    parts = {"own": sql.Identifier(schema, name), "like": sql.Identifier(operator.schema_name, table.name)}
    with connection.cursor() as cursor:
        cursor.execute(_MAKE.format(**parts).as_string(None))
        with cursor.copy(table.copy_in(schema, name)) as copy:
            for line in files.read_table(table, path):
                copy.write(table.loadable(line))
        cursor.execute(_CLOSE.format(**parts).as_string(None))


def _content(table: Table, schema: str, name: str) -> files.Content:
    with connection.cursor() as cursor:
        return files.tally(table, table.lines_of(cursor, schema, name))


_MAKE = sql.SQL("DROP TABLE IF EXISTS {own}; CREATE TABLE {own} (LIKE {like} INCLUDING ALL)")
_CLOSE = sql.SQL("""
    CREATE TRIGGER append_only BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON {own}
        FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();
    ANALYZE {own};
""")
