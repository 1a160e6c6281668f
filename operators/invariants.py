"""What must always hold of tenants and their tables."""

from keno_platform.core.invariants import Invariant, Scope

_TENANT_TABLES = """
    SELECT n.nspname || '.' || c.relname FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN public.operators_operator o ON o.schema_name = n.nspname
    WHERE c.relkind IN ('r', 'p') AND c.relname <> 'django_migrations'
"""

INVARIANTS = (
    Invariant(
        code="I11-no-floats",
        claim="No column of any table holds a floating-point number",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT table_schema || '.' || table_name || '.' || column_name FROM information_schema.columns
            WHERE data_type IN ('real', 'double precision')
              AND table_schema NOT IN ('pg_catalog', 'information_schema')""",
    ),
    Invariant(
        code="I22-tenant-guard",
        claim="Every table of every operator, partitions too, refuses writers that mean another operator",
        scope=Scope.INSTALLATION,
        violations=f"""{_TENANT_TABLES} AND NOT EXISTS (
            SELECT 1 FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'tenant_guard' AND t.tgenabled <> 'D')""",
    ),
    Invariant(
        code="I27-history-is-append-only",
        claim="Bets, movements, payouts, settlements, roots, published keys and the audit log refuse every change",
        scope=Scope.INSTALLATION,
        violations=f"""{_TENANT_TABLES}
              AND c.relname ~ '^(bets_bet|bets_payout|bets_settlement|bets_cancellation|wallet_transaction)(_[0-9]+)?$'
              AND NOT EXISTS (
                SELECT 1 FROM pg_trigger t
                WHERE t.tgrelid = c.oid AND t.tgname = 'append_only' AND t.tgenabled <> 'D')
            UNION ALL
            SELECT one::text FROM unnest(ARRAY['public.audit_auditentry', 'public.anchors_root',
                'public.anchors_transactionevent', 'public.rounds_epochkey', 'public.rounds_resultstree',
                'public.rounds_countersignature']::regclass[]) one
            WHERE NOT EXISTS (
                SELECT 1 FROM pg_trigger t WHERE t.tgrelid = one
                AND t.tgname = 'append_only' AND t.tgenabled <> 'D')""",
    ),
    Invariant(
        code="I22-every-operator-has-its-schema",
        claim="Every operator has a schema, a domain and a key",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT o.slug FROM public.operators_operator o
            WHERE NOT EXISTS (SELECT 1 FROM pg_namespace n WHERE n.nspname = o.schema_name)
               OR NOT EXISTS (SELECT 1 FROM public.operators_domain d WHERE d.tenant_id = o.operator_id)
               OR NOT EXISTS (SELECT 1 FROM public.operators_apikey k WHERE k.operator_id = o.operator_id)""",
    ),
)
