-- The search path may lie; the schema a table stands in cannot. Every statement that writes a tenant's table
-- must have said beforehand which tenant it means.
CREATE FUNCTION public.tenant_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('app.tenant', true) IS DISTINCT FROM TG_TABLE_SCHEMA THEN
        RAISE EXCEPTION 'tenant guard: app.tenant is %, the table is %.%',
            current_setting('app.tenant', true), TG_TABLE_SCHEMA, TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;
