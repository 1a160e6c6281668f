-- Who is guarded stands on the account as well, because a placement locks that row: it either comes before the limit, and
-- the limit counts it, or it finds the account guarded. So every decision writes the flag, whether it changes or not, and
-- waits here for the placement that has the lock. Whoever becomes guarded has an account from then on, so that none is
-- made later that does not know.
CREATE FUNCTION {schema}.player_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO {schema}.wallet_account AS a (player_id, balance, guarded) VALUES (NEW.id, 0, NEW.guarded)
    ON CONFLICT (player_id) DO UPDATE SET guarded = EXCLUDED.guarded;
    RETURN NULL;
END $$;
CREATE TRIGGER player_guard_made AFTER INSERT ON {schema}.players_player
    FOR EACH ROW WHEN (NEW.guarded) EXECUTE FUNCTION {schema}.player_guard();
CREATE TRIGGER player_guard AFTER UPDATE OF guarded ON {schema}.players_player
    FOR EACH ROW EXECUTE FUNCTION {schema}.player_guard();

-- The smallest id that could have been made at this moment.
CREATE FUNCTION {schema}.id_floor(p_moment timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT rpad(lpad(to_hex(floor(extract(epoch FROM p_moment) * 1000)::bigint), 12, '0'), 32, '0')::uuid
$$;

-- What a player has staked, got back and paid in since a moment: of bets and deposits whose id was made since then, with
-- all that has come of them.
CREATE FUNCTION {schema}.turnover_since(p_player bigint, p_since timestamptz)
RETURNS TABLE (staked bigint, refunded bigint, paid bigint, deposited bigint) LANGUAGE sql STABLE AS $$
    SELECT coalesce(-sum(t.amount) FILTER (WHERE t.kind = 1), 0)::bigint,
           coalesce(sum(t.amount) FILTER (WHERE t.kind = 3), 0)::bigint,
           coalesce(sum(t.amount) FILTER (WHERE t.kind = 2), 0)::bigint,
           coalesce(sum(t.amount) FILTER (WHERE t.kind = 4), 0)::bigint
    FROM {schema}.wallet_account a JOIN {schema}.wallet_transaction t ON t.account_id = a.id
    WHERE a.player_id = p_player AND t.id >= {schema}.id_floor(p_since)
$$;

-- The limits in force for a player, one of each source, each with what is used of it. Amounts are minor units of the
-- operator's currency, or minutes. Every use of limits asks here: placements and deposits with the account locked. In
-- PL/pgSQL, whose plans are kept: planning it anew would cost several times as much as doing it.
CREATE FUNCTION {schema}.player_limits(p_operator uuid, p_player bigint, p_moment timestamptz)
RETURNS TABLE (kind text, period text, source text, amount bigint, since timestamptz, until timestamptz, used bigint)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH latest AS (
        SELECT DISTINCT ON (l.kind, l.period, l.source) l.kind, l.period, l.source, l.amount
        FROM {schema}.players_playerlimit l
        WHERE l.player_id = p_player AND l.effective_from <= p_moment AND l.withdrawn_at IS NULL
        ORDER BY l.kind, l.period, l.source, l.id DESC
    ), profile AS (
        SELECT j.*, j.currency_code = o.currency_code AS counts
        FROM public.operators_operator o
        LEFT JOIN {schema}.players_player p ON p.id = p_player
        JOIN public.operators_jurisdiction j ON j.code = coalesce(
            (SELECT own.code FROM public.operators_jurisdiction own WHERE own.code = p.jurisdiction_code),
            o.jurisdiction_id)
        WHERE o.operator_id = p_operator
    ), found AS (
        SELECT l.kind::text, l.period::text, l.source::text, l.amount FROM latest l
        UNION ALL SELECT v.kind, v.period, 'jurisdiction', v.amount
        FROM profile j CROSS JOIN LATERAL (VALUES
            ('stake', 'day', CASE WHEN j.counts THEN j.stake_day_max END),
            ('loss', 'day', CASE WHEN j.counts THEN j.loss_day_max END),
            ('deposit', 'day', CASE WHEN j.counts THEN j.deposit_day_max END),
            ('session', 'session', j.session_max_minutes::bigint)) AS v (kind, period, amount)
    ), periods AS (
        SELECT v.period, date_trunc(v.period, p_moment AT TIME ZONE 'UTC') AS since, v.length
        FROM (VALUES ('day', interval '1 day'), ('week', interval '1 week'), ('month', interval '1 month'))
            AS v (period, length)
    )
    SELECT f.kind, f.period, f.source, f.amount, b.since AT TIME ZONE 'UTC', (b.since + b.length) AT TIME ZONE 'UTC',
           CASE WHEN b.period IS NULL THEN NULL
                WHEN f.kind = 'stake' THEN u.staked - u.refunded
                WHEN f.kind = 'loss' THEN u.staked - u.refunded - u.paid
                WHEN f.kind = 'deposit' THEN u.deposited END
    FROM found f LEFT JOIN periods b ON b.period = f.period
    LEFT JOIN LATERAL {schema}.turnover_since(p_player, b.since AT TIME ZONE 'UTC') u ON b.period IS NOT NULL
    WHERE f.amount IS NOT NULL;
END $$;
