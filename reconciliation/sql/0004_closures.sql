-- Closes the betting of every operator whose books may be ahead of these: after a restore. Plain SQL, so that a copy can
-- be closed before any process of the platform has seen it. May be repeated; says who was closed now.
CREATE FUNCTION public.close_after_restore(p_reason text, p_point timestamptz) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    one record;
BEGIN
    FOR one IN
        SELECT o.operator_id, o.slug, o.name, o.status FROM public.operators_operator o
        WHERE NOT EXISTS (SELECT FROM public.reconciliation_closure c
                          WHERE c.operator_id = o.operator_id AND c.reopened_at IS NULL)
        ORDER BY o.schema_name FOR UPDATE OF o
    LOOP
        INSERT INTO public.reconciliation_closure (operator_id, reason, point, was_active, note, reopened_by)
        VALUES (one.operator_id, p_reason, p_point, one.status = 'active', '', '');
        IF one.status = 'active' THEN
            UPDATE public.operators_operator SET status = 'suspended' WHERE operator_id = one.operator_id;
            INSERT INTO public.audit_auditentry (id, event_type, actor, operator_id, description, before, after)
            VALUES (uuidv7(), 'operator.suspended', 'system', one.operator_id, one.name || ': suspended',
                    jsonb_build_object('status', one.status),
                    jsonb_build_object('status', 'suspended', 'reason', p_reason));
        END IF;
        RETURN NEXT one.slug;
    END LOOP;
END $$;

-- Numbers that were given after the point of a restore, and are known outside, are not given again. As the tables' owner:
-- the application may take the next number of a sequence, and not set it.
CREATE FUNCTION public.jump_sequences(p_by bigint) RETURNS int LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    one record;
    jumped int := 0;
BEGIN
    FOR one IN
        SELECT s.schemaname, s.sequencename, s.last_value FROM pg_sequences s
        WHERE s.data_type = 'bigint'::regtype AND s.last_value IS NOT NULL
          AND (s.schemaname = 'public' OR EXISTS (
               SELECT FROM public.operators_operator o WHERE o.schema_name = s.schemaname))
    LOOP
        PERFORM setval(format('%I.%I', one.schemaname, one.sequencename)::regclass, one.last_value + p_by);
        jumped := jumped + 1;
    END LOOP;
    RETURN jumped;
END $$;

CREATE FUNCTION public.reconciliation_stays_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM public.reconciliation_closure c
               WHERE c.operator_id = NEW.operator_id AND c.reopened_at IS NULL) THEN
        RAISE EXCEPTION 'operator %: its books are not compared since they were restored', NEW.slug
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER reconciliation_stays_closed BEFORE UPDATE OF status ON public.operators_operator
    FOR EACH ROW WHEN (NEW.status = 'active' AND OLD.status <> 'active')
    EXECUTE FUNCTION public.reconciliation_stays_closed();

-- That a closure was is never forgotten, and how it ended is written once.
CREATE FUNCTION public.reconciliation_closure_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.reopened_at IS NOT NULL
       OR (to_jsonb(NEW) - ARRAY['run_id', 'note', 'reopened_by', 'reopened_at'])
          IS DISTINCT FROM (to_jsonb(OLD) - ARRAY['run_id', 'note', 'reopened_by', 'reopened_at']) THEN
        RAISE EXCEPTION 'closure %: it stays as it was, and ends once', OLD.id USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER closure_stays BEFORE UPDATE OR DELETE ON public.reconciliation_closure
    FOR EACH ROW EXECUTE FUNCTION public.reconciliation_closure_stays();
