-- The arrows of a phase, and what a slip may rely on once the phase has been open.
CREATE FUNCTION {schema}.banker_phase_rules() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'draft' THEN
            RAISE EXCEPTION 'a phase starts as draft, not as %', NEW.status USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        IF OLD.status <> 'draft' THEN
            RAISE EXCEPTION 'phase %: only a draft is removed', OLD.name USING ERRCODE = 'check_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF NEW.status <> OLD.status
       AND (OLD.status, NEW.status) NOT IN (('draft', 'open'), ('open', 'closed'), ('closed', 'settled')) THEN
        RAISE EXCEPTION 'phase %: no arrow from % to %', OLD.name, OLD.status, NEW.status
            USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.status <> 'draft' AND NEW.multiplier <> OLD.multiplier THEN
        RAISE EXCEPTION 'phase %: what it pays is fixed', OLD.name USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.status = 'settled' AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'phase %: it is settled', OLD.name USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER banker_phase_rules BEFORE INSERT OR UPDATE OR DELETE ON {schema}.banker_phase
    FOR EACH ROW EXECUTE FUNCTION {schema}.banker_phase_rules();
