"""What must always hold of tenants and their tables."""

from keno_platform.core.invariants import Invariant, Scope

_TENANT_TABLES = """
    SELECT n.nspname || '.' || c.relname FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN public.operators_operator o
      ON n.nspname IN (o.schema_name, 'archive_' || substr(o.schema_name, length('op_') + 1))
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
        code="I36-partitions-stand-ahead",
        claim="Every operator has partitions of its big tables for today and the two days after it",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT o.schema_name || '.' || p.relname || '_' || to_char(d.day, 'YYYYMMDD')
            FROM public.operators_operator o
            JOIN pg_namespace n ON n.nspname = o.schema_name
            JOIN pg_class p ON p.relnamespace = n.oid AND p.relkind = 'p'
            CROSS JOIN (SELECT (now() AT TIME ZONE 'UTC')::date + ahead AS day FROM generate_series(0, 2) ahead) d
            WHERE EXISTS (SELECT 1 FROM public.operators_domain own WHERE own.tenant_id = o.operator_id)
              AND NOT EXISTS (
                SELECT 1 FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = p.oid AND NOT i.inhdetachpending
                  AND c.relname = p.relname || '_' || to_char(d.day, 'YYYYMMDD'))""",
    ),
    Invariant(
        code="I22-every-operator-has-its-schema",
        claim="Every operator has a schema, a domain and a key, once it has been made",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT o.slug FROM public.operators_operator o
            WHERE o.created_at < now() - interval '5 minutes' AND (
                  NOT EXISTS (SELECT 1 FROM pg_namespace n WHERE n.nspname = o.schema_name)
               OR NOT EXISTS (SELECT 1 FROM public.operators_domain d WHERE d.tenant_id = o.operator_id)
               OR NOT EXISTS (SELECT 1 FROM public.operators_apikey k WHERE k.operator_id = o.operator_id))""",
    ),
    Invariant(
        code="I38-operators-are-guarded-as-their-profile-is",
        claim="An operator is guarded exactly while its jurisdiction profile has rules for bets or deposits",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT o.slug FROM public.operators_operator o
            JOIN public.operators_jurisdiction j ON j.code = o.jurisdiction_id
            WHERE o.guarded <> public.jurisdiction_has_rules(j)""",
    ),
    Invariant(
        code="I62-thresholds-are-as-set",
        claim="From which amount on wagers and wins go on record is the operator's own threshold, or what settings say",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT o.slug FROM public.operators_operator o
            WHERE o.wager_recorded_from IS DISTINCT FROM public.recorded_from(
                      o.large_wager_from, o.max_bet, 'events.large_wager_percent', 0)
               OR o.win_recorded_from IS DISTINCT FROM public.recorded_from(
                      o.large_win_from, o.max_win_per_ticket, 'events.large_win_percent', 10)""",
    ),
)
