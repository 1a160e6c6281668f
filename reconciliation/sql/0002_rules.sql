-- A daily file stays what it was when it was made.
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.reconciliation_dailyfile
    FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();

-- What a comparison found never changes; only its resolution is written, once.
CREATE FUNCTION public.reconciliation_found_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.resolved_at IS NOT NULL
       OR (to_jsonb(NEW) - ARRAY['resolution', 'resolved_by', 'resolved_at'])
          IS DISTINCT FROM (to_jsonb(OLD) - ARRAY['resolution', 'resolved_by', 'resolved_at']) THEN
        RAISE EXCEPTION 'difference %: what was found stays, and is resolved once', OLD.id
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER found_stays BEFORE UPDATE OR DELETE ON public.reconciliation_difference
    FOR EACH ROW EXECUTE FUNCTION public.reconciliation_found_stays();

-- A round that ends is written down with the real time, in its own transaction; its own times may be a sandbox's.
CREATE FUNCTION public.reconciliation_note_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.reconciliation_roundend (round_id, ended_at) VALUES (NEW.id, clock_timestamp())
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER reconciliation_note_end AFTER UPDATE OF status ON public.rounds_round
    FOR EACH ROW WHEN (NEW.status IN ('revealed', 'void') AND OLD.status IS DISTINCT FROM NEW.status)
    EXECUTE FUNCTION public.reconciliation_note_end();
INSERT INTO public.reconciliation_roundend (round_id, ended_at)
SELECT id, coalesce(revealed_at, voided_at) FROM public.rounds_round WHERE status IN ('revealed', 'void');
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.reconciliation_roundend
    FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();
