"""Running the `.sql` files that stand beside the migrations."""

from pathlib import Path
from typing import Any, cast

from django.db import connection, migrations
from django_tenants.utils import quote_schema_name


def run_file(app: str, name: str) -> migrations.RunPython:
    """
    A migration operation that runs `<app>/sql/<name>`.

    In the file `{schema}` stands for the quoted name of the schema being migrated: functions name their tables
    in full, so that no search path can lead them astray and no cached plan is thrown away between operators.
    """
    path = Path(__file__).resolve().parent.parent.parent / app / "sql" / name

    def forwards(apps: Any, editor: Any) -> None:
        schema = cast(Any, connection).schema_name
        text = path.read_text(encoding="utf-8").replace("{schema}", quote_schema_name(schema))
        with editor.connection.cursor() as cursor:
            cursor.execute(text)

    return migrations.RunPython(forwards, migrations.RunPython.noop)


def guard_tables(*tables: str, append_only: bool = False) -> migrations.RunSQL:
    """
    A migration operation that puts the tenant guard on these tables, and with `append_only` also the
    refusal of every UPDATE, DELETE and TRUNCATE.
    """
    statements = [
        f"CREATE TRIGGER tenant_guard BEFORE INSERT OR UPDATE OR DELETE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION public.tenant_guard();"
        for table in tables
    ]
    if append_only:
        statements += [
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();"
            for table in tables
        ]
    return migrations.RunSQL("\n".join(statements), migrations.RunSQL.noop)
