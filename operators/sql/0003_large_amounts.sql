-- An amount of minor units as a decimal with the currency's places: 125000 of a currency with two is 1250.00.
CREATE FUNCTION public.decimal_of(amount bigint, exponent smallint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT round(amount::numeric / 10::numeric ^ exponent, exponent)::text
$$;

-- From which amount on something is large: the operator's own threshold, or the part of its limit that a setting says, in
-- percent; null where that is 0. The fallback is the setting's default, as configuration/catalogue.py has it.
CREATE FUNCTION public.recorded_from(own bigint, highest bigint, setting text, fallback int) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT coalesce(own, CASE WHEN percent > 0 THEN greatest(1, highest * percent / 100) END)
    FROM (SELECT coalesce((SELECT (c.value #>> '{}')::int FROM public.configuration_change c
                           WHERE c.key = setting ORDER BY c.version DESC LIMIT 1), fallback) AS percent) one
$$;

-- What counts stands in the operator's own row, which placement and settlement read anyway, whoever writes the row or sets
-- the settings.
CREATE FUNCTION public.operator_records() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.wager_recorded_from := public.recorded_from(
        NEW.large_wager_from, NEW.max_bet, 'events.large_wager_percent', 0);
    NEW.win_recorded_from := public.recorded_from(
        NEW.large_win_from, NEW.max_win_per_ticket, 'events.large_win_percent', 10);
    RETURN NEW;
END $$;
CREATE TRIGGER operator_records BEFORE INSERT OR UPDATE ON public.operators_operator
    FOR EACH ROW EXECUTE FUNCTION public.operator_records();
UPDATE public.operators_operator SET large_win_from = large_win_from;

CREATE FUNCTION public.settings_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE public.operators_operator SET large_win_from = large_win_from;
    RETURN NULL;
END $$;
CREATE TRIGGER settings_record AFTER INSERT ON public.configuration_change FOR EACH ROW
    WHEN (NEW.key IN ('events.large_wager_percent', 'events.large_win_percent'))
    EXECUTE FUNCTION public.settings_record();
