"""
The database backend: django-tenants with its doors closed.

The tenant is bound in a ContextVar, so it follows awaits, threads of `sync_to_async` and tasks, and is never
inherited from whoever used this thread's connection before. And a search path that could not be set is an
error: the stock backend swallows it and reads the tenant before. And through a pooler that mixes connections there
is no connection at all.
"""

from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any

from django.db.utils import OperationalError
from django_tenants.postgresql_backend import base
from django_tenants.utils import get_public_schema_name
from psycopg.pq import TransactionStatus

from keno_platform.database import pooling

Binding = tuple[Any, bool]
_binding: ContextVar[Binding | None] = ContextVar("tenant_binding", default=None)


class DatabaseWrapper(base.DatabaseWrapper):  # type: ignore[misc]  # django-tenants has no types
    """One connection; which schema it works in is decided by the context that uses it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._constructing = True
        self._setting_search_path = False
        self.search_path_set_schemas: Sequence[str] | None = None
        super().__init__(*args, **kwargs)
        self._constructing = False

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        pooling.require_sessions_once(conn_params)
        return super().get_new_connection(conn_params)

    def set_tenant(self, tenant: Any, include_public: bool = True) -> None:
        """Bind a tenant to the current context. The connection itself follows at its next cursor."""
        if not self._constructing:  # a new connection must not touch the binding of the code that opens it
            _binding.set((tenant, include_public))

    @property
    def tenant(self) -> Any:
        binding = _binding.get()
        return binding[0] if binding else base.FakeTenant(get_public_schema_name())

    @tenant.setter
    def tenant(self, value: Any) -> None:
        """The parent assigns here; the ContextVar stays the only truth."""

    @property
    def schema_name(self) -> str:
        return str(self.tenant.schema_name)

    @schema_name.setter
    def schema_name(self, value: Any) -> None:
        """As with `tenant`."""

    @property
    def include_public_schema(self) -> bool:
        binding = _binding.get()
        return binding[1] if binding else True

    @include_public_schema.setter
    def include_public_schema(self, value: bool) -> None:
        """As with `tenant`."""

    def _handle_search_path(self, cursor: Any = None) -> None:
        paths = self._get_cursor_search_paths()
        if self._setting_search_path or paths == self.search_path_set_schemas:
            return
        if self.connection.info.transaction_status == TransactionStatus.INERROR:
            return  # only a rollback can follow, and it forgets the path
        self.search_path_set_schemas = None
        self._setting_search_path = True
        try:
            self._set_search_path(cursor, paths)
        finally:
            self._setting_search_path = False
        self.search_path_set_schemas = paths

    def _set_search_path(self, cursor: Any, paths: Sequence[str]) -> None:
        """Path and guard word in one statement; see the guard trigger in operators/sql."""
        quoted = ", ".join(base.quote_schema_name(path) for path in paths)
        statement = "SELECT set_config('search_path', %s, false), set_config('app.tenant', %s, false)"
        own = cursor or self.connection.cursor()
        try:
            own.execute(statement, [quoted, self.schema_name])
            if own.fetchone() != (quoted, self.schema_name):
                raise OperationalError("the search path was not set; refusing to run in an unknown schema")
        finally:
            if cursor is None:
                own.close()
