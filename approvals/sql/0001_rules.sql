-- A decision repeats who asked, and this makes it the truth: so the check that the two people differ holds for whoever
-- writes the row.
ALTER TABLE public.approvals_decision ADD CONSTRAINT approvals_decision_names_who_asked
    FOREIGN KEY (request_id, asked_by, asked_by_user_id)
    REFERENCES public.approvals_request (id, asked_by, asked_by_user_id);

-- A request begins open, and changes once: to its end, with what came of it, as its decision says.
CREATE FUNCTION public.approvals_request_rules() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    own constant text[] := ARRAY['state', 'closed_at', 'outcome'];
    said text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'open' THEN
            RAISE EXCEPTION 'a request begins open, not %', NEW.state USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state <> 'open' OR NEW.state = 'open' OR to_jsonb(NEW) - own IS DISTINCT FROM to_jsonb(OLD) - own THEN
        RAISE EXCEPTION 'request % is %: it changes once, to its end', OLD.id, OLD.state
            USING ERRCODE = 'check_violation';
    END IF;
    SELECT d.verdict INTO said FROM public.approvals_decision d WHERE d.request_id = NEW.id;
    IF (said IS DISTINCT FROM CASE WHEN NEW.state IN ('approved', 'failed') THEN 'approve'
                                   WHEN NEW.state = 'rejected' THEN 'reject' END) THEN
        RAISE EXCEPTION 'request % cannot be %: its decision is %', NEW.id, NEW.state, coalesce(said, 'none')
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'expired' AND NEW.expires_at > clock_timestamp() THEN
        RAISE EXCEPTION 'request % has not expired yet', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER approvals_request_rules BEFORE INSERT OR UPDATE ON public.approvals_request
    FOR EACH ROW EXECUTE FUNCTION public.approvals_request_rules();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON public.approvals_request
    FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();

-- Only what is open, and in time, is decided; two decisions at one time wait for each other at the request.
CREATE FUNCTION public.approvals_decision_rules() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM public.approvals_request r
    WHERE r.id = NEW.request_id AND r.state = 'open' AND r.expires_at > clock_timestamp() FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'request % is not open', NEW.request_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER approvals_decision_rules BEFORE INSERT ON public.approvals_decision
    FOR EACH ROW EXECUTE FUNCTION public.approvals_decision_rules();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.approvals_decision
    FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();

-- And what is decided is carried out, or closed, in the same transaction.
CREATE FUNCTION public.approvals_decided_is_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM public.approvals_request r WHERE r.id = NEW.request_id AND r.state = 'open') THEN
        RAISE EXCEPTION 'request % is decided and still open', NEW.request_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER approvals_decided_is_closed AFTER INSERT ON public.approvals_decision
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.approvals_decided_is_closed();
