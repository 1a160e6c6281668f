"""Running the `.sql` files that stand beside the migrations."""

from pathlib import Path
from typing import Any, cast

from django.db import connection, migrations, router
from django.db.migrations.operations.base import Operation
from django_tenants.utils import quote_schema_name


class RunFile(Operation):
    """
    A migration operation that runs `<app>/sql/<name>`.

    In the file `{schema}` stands for the quoted name of the schema being migrated: functions name their tables
    in full, so that no search path can lead them astray and no cached plan is thrown away between operators.

    Not Django's RunPython: that one has every model rendered before it calls anything.
    """

    reduces_to_sql = False
    reversible = True

    def __init__(self, app: str, name: str) -> None:
        self.app = app
        self.name = name

    @property
    def path(self) -> Path:
        """The file."""
        return Path(__file__).resolve().parent.parent.parent / self.app / "sql" / self.name

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Django's models do not know of what these files make."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if not router.allow_migrate(schema_editor.connection.alias, app_label):
            return
        schema = cast(Any, connection).schema_name
        text = self.path.read_text(encoding="utf-8").replace("{schema}", quote_schema_name(schema))
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(text)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """What the file made goes with the tables, or is made anew by the file before."""

    def describe(self) -> str:
        return f"Run {self.app}/sql/{self.name}"


def run_file(app: str, name: str) -> RunFile:
    """The operation that runs `<app>/sql/<name>`."""
    return RunFile(app, name)


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
