-- Decisions about limits and exclusions are history: of one only its withdrawal, while it waits, or the lifting of an
-- operator's own break is written later, once.
CREATE FUNCTION {schema}.limit_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.withdrawn_at IS NOT NULL
       OR to_jsonb(NEW) - 'withdrawn_at' <> to_jsonb(OLD) - 'withdrawn_at' THEN
        RAISE EXCEPTION 'a decision about a limit stays: make a new one' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER limit_fixed BEFORE UPDATE OR DELETE ON {schema}.players_playerlimit
    FOR EACH ROW EXECUTE FUNCTION {schema}.limit_fixed();

CREATE FUNCTION {schema}.exclusion_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.lifted_at IS NOT NULL
       OR to_jsonb(NEW) - 'lifted_at' <> to_jsonb(OLD) - 'lifted_at' THEN
        RAISE EXCEPTION 'an exclusion is not made shorter' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER exclusion_fixed BEFORE UPDATE OR DELETE ON {schema}.players_exclusion
    FOR EACH ROW EXECUTE FUNCTION {schema}.exclusion_fixed();
