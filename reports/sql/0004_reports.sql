-- Terms and marks come, and never change or go. A schedule and a report go on; neither is ever deleted.
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.reports_revenueterm
    FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.reports_feedmark
    FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();
CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON public.reports_reportschedule
    FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();
CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON public.reports_reportrun
    FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();

-- What a report's file was stays as it was: once it is made, only its file can go.
CREATE FUNCTION public.reports_made_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.operator_id, NEW.schedule_id, NEW.report, NEW.query, NEW.form, NEW.language, NEW.actor, NEW.created_at)
       IS DISTINCT FROM
       (OLD.id, OLD.operator_id, OLD.schedule_id, OLD.report, OLD.query, OLD.form, OLD.language, OLD.actor, OLD.created_at)
       OR OLD.state IN ('done', 'expired')
          AND (NEW.rows, NEW.totals, NEW.file_bytes, NEW.file_sha256, NEW.rows_sha256, NEW.finished_at)
              IS DISTINCT FROM (OLD.rows, OLD.totals, OLD.file_bytes, OLD.file_sha256, OLD.rows_sha256, OLD.finished_at)
       OR OLD.state = 'done' AND NEW.state NOT IN ('done', 'expired')
       OR OLD.state IN ('expired', 'failed') AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'report % is made: it does not change any more', OLD.id USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER made_is_fixed BEFORE UPDATE ON public.reports_reportrun
    FOR EACH ROW EXECUTE FUNCTION public.reports_made_is_fixed();
