-- Tables of history: rows come, and never change or go. A statement trigger also covers TRUNCATE.
CREATE FUNCTION public.append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%.% is append-only: % refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.audit_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();
