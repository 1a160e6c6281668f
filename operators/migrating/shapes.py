"""Everything that a schema's catalogue says of it, to tell whether two are alike."""

from typing import TypeAlias

from django.db import connection

Shape: TypeAlias = frozenset[tuple[str, ...]]


def shape_of(schema: str) -> Shape:
    """Tables, columns, defaults, indexes, constraints, triggers, code and rights, the schema's own name left out."""
    with connection.cursor() as cursor:
        cursor.execute(_SHAPE, {"schema": schema})
        return frozenset(tuple(str(cell).replace(schema, "") for cell in row) for row in cursor.fetchall())


_SHAPE = """
    WITH own AS (SELECT oid FROM pg_namespace WHERE nspname = %(schema)s),
         tables AS (SELECT c.* FROM pg_class c WHERE c.relnamespace = (SELECT oid FROM own))
    SELECT c.relkind::text, c.relname::text,
           concat_ws(' ', c.reloptions, c.relacl, c.relpersistence, c.relreplident, c.relrowsecurity,
                     pg_get_expr(c.relpartbound, c.oid), pg_get_partkeydef(c.oid)) FROM tables c
    UNION ALL SELECT 'column', c.relname || '.' || a.attname,
           concat_ws(' ', a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
                     a.attstorage, a.attcompression, a.attoptions)
        FROM tables c JOIN pg_attribute a ON a.attrelid = c.oid WHERE a.attnum > 0 AND NOT a.attisdropped
    UNION ALL SELECT 'default', c.relname || '.' || d.adnum, pg_get_expr(d.adbin, d.adrelid)
        FROM tables c JOIN pg_attrdef d ON d.adrelid = c.oid
    UNION ALL SELECT 'index', c.relname::text, concat_ws(' ', pg_get_indexdef(c.oid), i.indisvalid)
        FROM tables c JOIN pg_index i ON i.indexrelid = c.oid
    UNION ALL SELECT 'constraint', o.conname::text, concat_ws(' ', pg_get_constraintdef(o.oid), o.convalidated)
        FROM pg_constraint o WHERE o.connamespace = (SELECT oid FROM own)
    UNION ALL SELECT 'trigger', t.tgname::text, concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled)
        FROM tables c JOIN pg_trigger t ON t.tgrelid = c.oid WHERE NOT t.tgisinternal
    UNION ALL SELECT 'view', c.relname::text, pg_get_viewdef(c.oid) FROM tables c WHERE c.relkind IN ('v', 'm')
    UNION ALL SELECT 'sequence', s.sequencename::text,
           concat_ws(' ', s.data_type, s.start_value, s.increment_by, s.cycle, s.cache_size)
        FROM pg_sequences s WHERE s.schemaname = %(schema)s
    UNION ALL SELECT 'function', p.proname::text, pg_get_functiondef(p.oid)
        FROM pg_proc p WHERE p.pronamespace = (SELECT oid FROM own) AND p.prokind IN ('f', 'p')
"""
