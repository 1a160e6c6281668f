"""Which schemas lack which migrations: one question for all schemas, and none of Django's plans."""

from collections.abc import Sequence

from django.db import connection
from psycopg import sql

from operators.migrating.plans import Key, wanted
from operators.selectors import list_operators

_AT_ONCE = 500
"""Schemas in one question: each takes a lock on its table until the question is answered."""


def schemas_behind() -> dict[str, list[Key]]:
    """What each operator's schema lacks, in the order in which it will be run; schemas that lack nothing left out."""
    keys = wanted()
    tenants = list(list_operators().values_list("schema_name", flat=True))
    with_record = _with_record(tenants)
    behind = {schema: keys for schema in tenants if schema not in with_record}
    for start in range(0, len(with_record), _AT_ONCE):
        behind |= _missing(with_record[start : start + _AT_ONCE], keys)
    return {schema: behind[schema] for schema in tenants if schema in behind}


def public_behind() -> list[Key]:
    """What public lacks."""
    keys = wanted()
    with_record = _with_record(["public"])
    return _missing(with_record, keys).get("public", []) if with_record else keys


def _with_record(schemas: Sequence[str]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT schemaname FROM pg_tables WHERE tablename = 'django_migrations' AND schemaname = ANY (%s)",
            [list(schemas)],
        )
        return sorted(schema for (schema,) in cursor.fetchall())


def _missing(schemas: Sequence[str], keys: Sequence[Key]) -> dict[str, list[Key]]:
    """What these lack, of `keys`."""
    if not schemas:
        return {}
    each = [_ONE.format(name=sql.Literal(one), record=sql.Identifier(one, "django_migrations")) for one in schemas]
    question = sql.SQL(_ALL).format(each=sql.SQL(" UNION ALL ").join(each)).as_string(None)
    with connection.cursor() as cursor:
        cursor.execute(question, [[app for app, _ in keys], [name for _, name in keys]])
        found = cursor.fetchall()
    return {schema: [keys[number - 1] for number in sorted(missing)] for schema, missing in found if missing}


_ALL = """
    WITH wanted AS MATERIALIZED (SELECT * FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS w (app, name, number))
    {each}
"""
_ONE = sql.SQL("""
    SELECT {name}, array(
        SELECT w.number FROM wanted w LEFT JOIN {record} r ON r.app = w.app AND r.name = w.name WHERE r.id IS NULL)
""")
