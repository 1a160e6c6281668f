"""django-tenants' `migrate_schemas` by our runner, so that whatever makes or migrates a schema gets it."""

from collections.abc import Iterable
from typing import Any

from django_tenants.migration_executors import get_executor
from django_tenants.migration_executors.standard import StandardExecutor

from operators.migrating.running import migrate_public, migrate_schema

_LEFT_TO_DJANGO = (
    "app_label",
    "migration_name",
    "fake",
    "fake_initial",
    "plan",
    "prune",
    "check_unapplied",
    "run_syncdb",
)


class TenantExecutor(StandardExecutor):  # type: ignore[misc]  # django-tenants has no types
    """By our runner, unless something out of the ordinary is asked for."""

    codename = "tenants"

    def run_migrations(self, tenants: Iterable[str] | None = None) -> None:
        ordinary = not any(self.options.get(name) for name in _LEFT_TO_DJANGO)
        for schema in list(tenants or []):
            if ordinary:
                self._migrate(schema)
            else:
                super().run_migrations([schema])

    def _migrate(self, schema: str) -> None:
        done = migrate_public() if schema == self.PUBLIC_SCHEMA_NAME else migrate_schema(schema)
        if self.options.get("verbosity", 1) >= 1:
            print(f"{schema}: {len(done)} migrations" if done else f"{schema}: nothing to do")


def executor_for(codename: str | None = None) -> Any:
    """The executor that settings name: this one, unless another is asked for."""
    return TenantExecutor if codename is None else get_executor(codename)
