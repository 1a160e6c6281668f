-- Whether a profile says anything about single bets or deposits, so that those of its players must be judged.
CREATE FUNCTION public.jurisdiction_has_rules(j public.operators_jurisdiction) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT NOT j.autobet_allowed OR j.game_start_min_ms > 0 OR j.stake_min IS NOT NULL OR j.stake_max IS NOT NULL
           OR j.stake_day_max IS NOT NULL OR j.loss_day_max IS NOT NULL OR j.deposit_day_max IS NOT NULL
$$;

-- An operator is guarded while its profile has rules, whoever writes either of them. It stands in the operator's own row,
-- which each placement reads anyway.
CREATE FUNCTION public.operator_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.guarded := coalesce((SELECT public.jurisdiction_has_rules(j) FROM public.operators_jurisdiction j
                             WHERE j.code = NEW.jurisdiction_id), false);
    RETURN NEW;
END $$;
CREATE TRIGGER operator_guard BEFORE INSERT OR UPDATE ON public.operators_operator
    FOR EACH ROW EXECUTE FUNCTION public.operator_guard();

CREATE FUNCTION public.jurisdiction_guards() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE public.operators_operator SET guarded = public.jurisdiction_has_rules(NEW)
    WHERE jurisdiction_id = NEW.code AND guarded <> public.jurisdiction_has_rules(NEW);
    RETURN NULL;
END $$;
CREATE TRIGGER jurisdiction_guards AFTER UPDATE ON public.operators_jurisdiction
    FOR EACH ROW EXECUTE FUNCTION public.jurisdiction_guards();
