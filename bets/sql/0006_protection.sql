-- The write path of bets, with what protects players. Same steps, same locks, same questions as before for whoever is not
-- guarded: `guarded` stands in rows that are read anyway, the account's and the operator's. Whoever is goes by
-- `judge_slips`, which alone knows the rules.
CREATE OR REPLACE FUNCTION {schema}.place_bets(
    p_tenant text, p_patience int, p_operator uuid, p_version bigint, p_paytable uuid,
    p_credentials uuid[], p_sessions uuid[],
    p_gate bigint[], p_first_rounds bigint[], p_new_rounds bigint[],
    p_holders bigint[], p_totals bigint[],
    p_keys text[], p_fingerprints bytea[],
    p_bets uuid[], p_rounds bigint[], p_places int[], p_picks text[], p_pick_counts smallint[], p_stakes bigint[],
    p_potentials bigint[], p_running bigint[], p_prefixes bytea[], p_blinds bytea[],
    p_slips int[], p_tickets uuid[], p_paytables uuid[],
    OUT moment timestamptz, OUT balances bigint[], OUT outcomes text[], OUT first_bets uuid[]
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    size CONSTANT int := cardinality(p_keys);
    gate_rounds bigint[];
    gate_states text[];
    holders bigint[];
    accounts bigint[];
    blocked bigint[];
    is_guarded boolean;
    active boolean;
    fresh boolean;
    firsts uuid[];
    claimed int;
    winners int[];
BEGIN
    PERFORM set_config('app.tenant', p_tenant, true), set_config('lock_timeout', p_patience::text, true);
    SELECT array_agg(g.round_id), array_agg(g.round_status), max(g.held_at)
        INTO gate_rounds, gate_states, moment FROM public.rounds_gate(p_gate) g;
    -- As `hold_accounts` does, and with + 0 for the same reason; by player, so that they stand beside p_holders. Who has no
    -- account is not among them.
    SELECT array_agg(h.player_id ORDER BY h.player_id), array_agg(h.id ORDER BY h.player_id),
           array_agg(h.balance ORDER BY h.player_id), bool_or(h.guarded)
        INTO holders, accounts, balances, is_guarded
        FROM (SELECT a.player_id, a.id, a.balance, a.guarded FROM {schema}.wallet_account a
              WHERE a.player_id = ANY (p_holders) ORDER BY a.id + 0 FOR UPDATE) h;
    SELECT o.status = 'active', is_guarded OR o.guarded,
           (p_version IS NULL OR o.xmin::text::bigint = p_version)
           AND (p_paytable IS NULL OR EXISTS (
                SELECT 1 FROM {schema}.bets_paytable t WHERE t.id = p_paytable AND t.active))
           AND (cardinality(p_credentials) = 0 OR cardinality(p_credentials) = (
                SELECT count(*) FROM public.operators_apikey k WHERE k.id = ANY (p_credentials)
                AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())))
           AND (cardinality(p_sessions) = 0 OR cardinality(p_sessions) = (
                SELECT count(*) FROM {schema}.players_session s WHERE s.id = ANY (p_sessions)
                AND s.revoked_at IS NULL AND s.expires_at > clock_timestamp()))
        INTO active, is_guarded, fresh FROM public.operators_operator o WHERE o.operator_id = p_operator;
    SELECT array_agg(pl.id) INTO blocked FROM {schema}.players_player pl
        WHERE pl.id = ANY (p_holders) AND pl.blocked;
    IF fresh IS NOT TRUE THEN
        outcomes := array_fill('stale'::text, ARRAY[size]);
        RETURN;
    END IF;

    IF cardinality(p_slips) = 0 THEN
        firsts := p_bets;
    ELSE
        SELECT array_agg(f.bet ORDER BY f.slip) INTO firsts FROM (
            SELECT DISTINCT ON (u.slip) u.slip, u.bet
            FROM unnest(p_slips, p_bets) WITH ORDINALITY AS u (slip, bet, n) ORDER BY u.slip, u.n) f;
    END IF;
    IF active AND is_guarded IS FALSE AND blocked IS NULL AND holders = p_holders AND cardinality(gate_rounds) = cardinality(p_gate)
       AND NOT EXISTS (SELECT 1 FROM unnest(gate_rounds, gate_states) AS g (round, state)
                       WHERE g.state <> 'open' AND g.round = ANY (p_first_rounds))
       AND NOT EXISTS (SELECT 1 FROM unnest(balances, p_totals) AS h (balance, total) WHERE h.balance < h.total) THEN
        NULL;  -- nothing stands against any of these slips, whichever of them turn out to be new
    ELSE
        IF cardinality(p_slips) = 0 THEN
            p_slips := ARRAY(SELECT generate_series(1, size));
        END IF;
        outcomes := {schema}.judge_slips(
            p_operator, p_keys, p_fingerprints, p_slips, p_rounds, p_places, p_stakes, p_holders,
            gate_rounds, gate_states, holders, balances, active);
        IF cardinality(array_remove(outcomes, NULL)) = 0 THEN
            outcomes := NULL;  -- looked at, and nothing stands against any
        END IF;
    END IF;

    -- Claiming the keys decides between two calls with the same key for different players.
    IF outcomes IS NULL THEN
        INSERT INTO {schema}.bets_slip (key, fingerprint, first_bet_id)
        SELECT s.key, s.fingerprint, s.bet FROM unnest(p_keys, p_fingerprints, firsts) AS s (key, fingerprint, bet)
        ORDER BY s.key ON CONFLICT (key) DO NOTHING;
        GET DIAGNOSTICS claimed = ROW_COUNT;
    ELSE
        INSERT INTO {schema}.bets_slip (key, fingerprint, first_bet_id)
        SELECT s.key, s.fingerprint, s.bet
        FROM unnest(p_keys, p_fingerprints, firsts, outcomes) AS s (key, fingerprint, bet, outcome)
        WHERE s.outcome IS NULL ORDER BY s.key ON CONFLICT (key) DO NOTHING;
        GET DIAGNOSTICS claimed = ROW_COUNT;
    END IF;

    IF claimed < size THEN
        -- Some are refused, or somebody else has their key: go on with the others alone.
        IF cardinality(p_slips) = 0 THEN
            p_slips := ARRAY(SELECT generate_series(1, size));
        END IF;
        SELECT array_agg(s.place ORDER BY s.place) INTO winners
        FROM unnest(p_keys, firsts) WITH ORDINALITY AS s (key, bet, place)
        JOIN {schema}.bets_slip k ON k.key = s.key AND k.first_bet_id = s.bet;
        SELECT array_agg(CASE WHEN s.place = ANY (winners) THEN 'accepted'
                              WHEN s.outcome IS NOT NULL AND s.outcome <> 'lost_race' THEN s.outcome
                              WHEN k.fingerprint = s.fingerprint THEN 'replayed'
                              WHEN k.key IS NOT NULL THEN 'key_reused'
                              ELSE 'request_in_progress' END ORDER BY s.place),
               array_agg(k.first_bet_id ORDER BY s.place)
            INTO outcomes, first_bets
        FROM unnest(p_keys, p_fingerprints, coalesce(outcomes, array_fill(NULL::text, ARRAY[size])))
             WITH ORDINALITY AS s (key, fingerprint, outcome, place)
        LEFT JOIN {schema}.bets_slip k ON k.key = s.key;
        SELECT array_agg(b.slip ORDER BY b.n), array_agg(b.bet ORDER BY b.n), array_agg(b.ticket ORDER BY b.n),
               array_agg(b.round ORDER BY b.n), array_agg(b.place ORDER BY b.n), array_agg(b.paytable ORDER BY b.n),
               array_agg(b.picks ORDER BY b.n), array_agg(b.pick_count ORDER BY b.n), array_agg(b.stake ORDER BY b.n),
               array_agg(b.potential ORDER BY b.n), array_agg(b.running ORDER BY b.n),
               array_agg(b.prefix ORDER BY b.n), array_agg(b.blind ORDER BY b.n)
            INTO p_slips, p_bets, p_tickets, p_rounds, p_places, p_paytables, p_picks, p_pick_counts, p_stakes,
                 p_potentials, p_running, p_prefixes, p_blinds
        FROM (SELECT u.*, sum(u.stake) OVER (PARTITION BY u.place ORDER BY u.n)::bigint AS running
              FROM unnest(p_slips, p_bets, p_tickets, p_rounds, p_places, p_paytables, p_picks, p_pick_counts,
                          p_stakes, p_potentials, p_prefixes, p_blinds)
                   WITH ORDINALITY AS u (slip, bet, ticket, round, place, paytable, picks, pick_count, stake,
                                         potential, prefix, blind, n)
              WHERE u.slip = ANY (winners)) b;
        IF p_bets IS NULL THEN
            RETURN;
        END IF;
        SELECT array_agg(coalesce(t.total, 0) ORDER BY h.place) INTO p_totals
        FROM unnest(p_holders) WITH ORDINALITY AS h (player, place)
        LEFT JOIN (SELECT u.place, sum(u.stake)::bigint AS total FROM unnest(p_places, p_stakes) AS u (place, stake)
                   GROUP BY u.place) t ON t.place = h.place;
        -- Accounts and balances beside p_holders again, with a gap for who has none.
        SELECT array_agg(a.account ORDER BY h.place), array_agg(a.balance ORDER BY h.place) INTO accounts, balances
        FROM unnest(p_holders) WITH ORDINALITY AS h (player, place)
        LEFT JOIN unnest(holders, accounts, balances) AS a (player, account, balance) ON a.player = h.player;
    END IF;

    INSERT INTO {schema}.bets_bet (id, round_id, player_id, paytable_id, ticket_id, picks, pick_count, stake,
                                   potential_max_win, blind, leaf_hash, created_at)
    SELECT b.bet, b.round, p_holders[b.place], coalesce(b.paytable, p_paytable), b.ticket, b.picks::bit(80), b.pick_count, b.stake,
           b.potential, b.blind,
           -- The BET leaf of KPS-1: the prefix, the moment of acceptance in milliseconds, the blind.
           sha256('\x00'::bytea || b.prefix || int8send(floor(extract(epoch FROM moment) * 1000)::bigint) || b.blind),
           moment
    FROM unnest(p_bets, p_rounds, p_places, p_paytables, p_tickets, p_picks, p_pick_counts, p_stakes, p_potentials,
                p_prefixes, p_blinds)
         AS b (bet, round, place, paytable, ticket, picks, pick_count, stake, potential, prefix, blind);
    INSERT INTO {schema}.wallet_transaction (id, account_id, kind, amount, balance_after)
    SELECT {schema}.movement_id(b.bet, 1), accounts[b.place], 1, -b.stake, balances[b.place] - b.running
    FROM unnest(p_bets, p_places, p_stakes, p_running) AS b (bet, place, stake, running);
    UPDATE {schema}.wallet_account a SET balance = a.balance - d.total
    FROM unnest(accounts, p_totals) AS d (account, total) WHERE a.id = d.account AND d.total > 0;
    IF cardinality(p_new_rounds) > 0 THEN
        INSERT INTO public.rounds_participation (round_id, operator_id, created_at)
        SELECT DISTINCT b.round, p_operator, moment FROM unnest(p_rounds) AS b (round)
        WHERE b.round = ANY (p_new_rounds) ORDER BY b.round
        ON CONFLICT DO NOTHING;
    END IF;
END $$;

CREATE OR REPLACE FUNCTION {schema}.place_one(
    p_tenant text, p_patience int, p_operator uuid, p_version bigint, p_paytable uuid,
    p_credential uuid, p_session uuid, p_round bigint, p_takes_part boolean, p_player bigint,
    p_key text, p_fingerprint bytea, p_bet uuid, p_picks text, p_pick_count smallint, p_stake bigint,
    p_potential bigint, p_prefix bytea, p_blind bytea,
    OUT moment timestamptz, OUT balances bigint[], OUT outcomes text[], OUT first_bets uuid[]
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    plain boolean;
    account bigint;
    remaining bigint;
BEGIN
    PERFORM set_config('app.tenant', p_tenant, true), set_config('lock_timeout', p_patience::text, true);
    PERFORM pg_advisory_xact_lock_shared(public.rounds_lock_key(p_round));
    -- Only now, with the lock held, is the clock read and the state looked at, as in `rounds_gate`.
    moment := clock_timestamp();
    SELECT r.status = 'open' AND NOT r.sandbox AND moment < r.closes_at
           AND o.status = 'active' AND NOT o.guarded AND o.xmin::text::bigint = p_version
           AND (p_credential IS NULL OR EXISTS (
                SELECT 1 FROM public.operators_apikey k WHERE k.id = p_credential
                AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())))
           AND (p_session IS NULL OR EXISTS (
                SELECT 1 FROM {schema}.players_session s WHERE s.id = p_session
                AND s.revoked_at IS NULL AND s.expires_at > clock_timestamp()))
           AND EXISTS (SELECT 1 FROM {schema}.bets_paytable t WHERE t.id = p_paytable AND t.active)
           AND NOT EXISTS (SELECT 1 FROM {schema}.players_player pl WHERE pl.id = p_player AND pl.blocked)
        INTO plain FROM public.rounds_round r, public.operators_operator o
        WHERE r.id = p_round AND o.operator_id = p_operator;
    IF plain THEN
        UPDATE {schema}.wallet_account a SET balance = a.balance - p_stake
        WHERE a.player_id = p_player AND a.balance >= p_stake AND NOT a.guarded RETURNING a.id, a.balance INTO account, remaining;
        IF account IS NOT NULL THEN
            INSERT INTO {schema}.bets_slip (key, fingerprint, first_bet_id) VALUES (p_key, p_fingerprint, p_bet)
            ON CONFLICT (key) DO NOTHING;
            IF FOUND THEN
                INSERT INTO {schema}.bets_bet (id, round_id, player_id, paytable_id, picks, pick_count, stake,
                                               potential_max_win, blind, leaf_hash, created_at)
                VALUES (p_bet, p_round, p_player, p_paytable, p_picks::bit(80), p_pick_count, p_stake, p_potential, p_blind,
                        sha256('\x00'::bytea || p_prefix
                               || int8send(floor(extract(epoch FROM moment) * 1000)::bigint) || p_blind),
                        moment);
                INSERT INTO {schema}.wallet_transaction (id, account_id, kind, amount, balance_after)
                VALUES ({schema}.movement_id(p_bet, 1), account, 1, -p_stake, remaining);
                IF NOT p_takes_part THEN
                    INSERT INTO public.rounds_participation (round_id, operator_id, created_at)
                    VALUES (p_round, p_operator, moment) ON CONFLICT DO NOTHING;
                END IF;
                balances := ARRAY[remaining + p_stake];
                RETURN;
            END IF;
            UPDATE {schema}.wallet_account a SET balance = a.balance + p_stake WHERE a.id = account;
        END IF;
    END IF;
    SELECT b.moment, b.balances, b.outcomes, b.first_bets INTO moment, balances, outcomes, first_bets
    FROM {schema}.place_bets(
        p_tenant, p_patience, p_operator, p_version, p_paytable,
        array_remove(ARRAY[p_credential], NULL), array_remove(ARRAY[p_session], NULL),
        ARRAY[p_round], ARRAY[p_round], CASE WHEN p_takes_part THEN '{}'::bigint[] ELSE ARRAY[p_round] END,
        ARRAY[p_player], ARRAY[p_stake], ARRAY[p_key], ARRAY[p_fingerprint], ARRAY[p_bet], ARRAY[p_round], ARRAY[1],
        ARRAY[p_picks], ARRAY[p_pick_count], ARRAY[p_stake], ARRAY[p_potential], ARRAY[p_stake], ARRAY[p_prefix],
        ARRAY[p_blind], '{}', '{}', '{}') b;
END $$;

DROP FUNCTION {schema}.judge_slips(text[], bytea[], int[], bigint[], int[], bigint[], bigint[], bigint[], text[],
                                   bigint[], bigint[], boolean, bigint[]);
-- What stands against each slip of a batch, in the order in which reasons count; null where nothing does. After the word of a
-- limit comes what is left of it, as JSON. Called with the accounts of all these players locked, or to look ahead.
--
-- Money and limits are given out in the order of the slips: one that is refused does not take a smaller later one with it.
CREATE FUNCTION {schema}.judge_slips(
    p_operator uuid,
    p_keys text[], p_fingerprints bytea[], p_slips int[], p_rounds bigint[], p_places int[], p_stakes bigint[],
    p_players bigint[], p_gate_rounds bigint[], p_gate_states text[], p_holders bigint[], p_balances bigint[],
    p_active boolean
) RETURNS text[] LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    outcomes text[] := array_fill(NULL::text, ARRAY[cardinality(p_keys)]);
    moment CONSTANT timestamptz := clock_timestamp();
    blocked_players bigint[];
    guarded_players bigint[];
    profile record;
    excluded bigint[];
    exclusions text[];
    one record;
    spender bigint;
    remaining bigint;
    judged boolean;
    rules record;
    limits jsonb;
    staked bigint;
    last_round bigint;
    last_at timestamptz;
    word text;
BEGIN
    SELECT array_agg(p.id) FILTER (WHERE p.blocked), array_agg(p.id) FILTER (WHERE p.guarded) INTO blocked_players, guarded_players
    FROM {schema}.players_player p WHERE p.id = ANY (p_players) AND (p.blocked OR p.guarded);
    SELECT o.guarded, o.currency_code, o.jurisdiction_id, j.autobet_allowed, j.game_start_min_ms,
           CASE WHEN j.currency_code = o.currency_code THEN j.stake_min END AS stake_min,
           CASE WHEN j.currency_code = o.currency_code THEN j.stake_max END AS stake_max,
           j.currency_code = o.currency_code AND (j.stake_day_max IS NOT NULL OR j.loss_day_max IS NOT NULL) AS limits
        INTO profile
        FROM public.operators_operator o JOIN public.operators_jurisdiction j ON j.code = o.jurisdiction_id
        WHERE o.operator_id = p_operator;
    IF guarded_players IS NOT NULL THEN
        -- The one that ends last is the one that counts.
        SELECT array_agg(e.player_id), array_agg(e.told) INTO excluded, exclusions FROM (
            SELECT DISTINCT ON (x.player_id) x.player_id,
                   format('player_excluded %s', jsonb_build_object('kind', x.kind, 'until', x.until)) AS told
            FROM {schema}.players_exclusion x
            WHERE x.player_id = ANY (guarded_players) AND x.starts_at <= moment AND (x.until > moment OR x.until IS NULL)
              AND x.lifted_at IS NULL
            ORDER BY x.player_id, x.until DESC NULLS FIRST) e;
    END IF;
    FOR one IN
        SELECT s.place::int AS place, k.fingerprint AS known, s.fingerprint, f.player = ANY (blocked_players) AS blocked,
               exclusions[array_position(excluded, f.player)] AS excluded,
               f.shut, lag(s.place) OVER (PARTITION BY s.key ORDER BY s.place) IS NOT NULL AS again
        FROM unnest(p_keys, p_fingerprints) WITH ORDINALITY AS s (key, fingerprint, place)
        JOIN (SELECT b.slip, min(b.player) AS player,
                     count(*) <> count(g.round) OR bool_or(b.step = 1 AND g.state <> 'open') AS shut
              FROM (SELECT u.slip, u.round, p_players[u.holder] AS player, row_number() OVER (PARTITION BY u.slip ORDER BY u.place) AS step
                    FROM unnest(p_slips, p_rounds, p_places) WITH ORDINALITY AS u (slip, round, holder, place)) b
              LEFT JOIN unnest(p_gate_rounds, p_gate_states) AS g (round, state) ON g.round = b.round
              GROUP BY b.slip) f ON f.slip = s.place
        LEFT JOIN {schema}.bets_slip k ON k.key = s.key
        ORDER BY s.place
    LOOP
        outcomes[one.place] := CASE
            WHEN one.known = one.fingerprint THEN 'replayed'
            WHEN one.known IS NOT NULL THEN 'key_reused'
            WHEN one.again THEN 'lost_race'
            WHEN p_active IS NOT TRUE THEN 'operator_suspended'
            WHEN one.blocked THEN 'player_blocked'
            WHEN one.excluded IS NOT NULL THEN one.excluded
            WHEN one.shut THEN 'round_not_open' END;
    END LOOP;
    FOR one IN
        SELECT s.slip AS place, s.player, s.cost, s.stake, s.bets, s.round, coalesce(h.balance, 0) AS balance
        FROM (SELECT u.slip, p_players[u.holder] AS player, sum(u.stake)::bigint AS cost, max(u.stake) AS stake,
                     count(*) AS bets, (array_agg(u.round ORDER BY u.n))[1] AS round
              FROM unnest(p_slips, p_places, p_stakes, p_rounds) WITH ORDINALITY AS u (slip, holder, stake, round, n)
              GROUP BY 1, 2) s
        LEFT JOIN unnest(p_holders, p_balances) AS h (player, balance) ON h.player = s.player
        WHERE outcomes[s.slip] IS NULL
        ORDER BY s.player, s.slip
    LOOP
        IF spender IS DISTINCT FROM one.player THEN
            spender := one.player;
            remaining := one.balance;
            staked := 0;
            judged := profile.guarded;
            rules := profile;
            limits := NULL;
            last_round := NULL;
            IF one.player = ANY (guarded_players) THEN
                judged := true;
                -- The profile of the player's own session, where that is another one.
                SELECT j.autobet_allowed, j.game_start_min_ms,
                       CASE WHEN j.currency_code = profile.currency_code THEN j.stake_min END AS stake_min,
                       CASE WHEN j.currency_code = profile.currency_code THEN j.stake_max END AS stake_max,
                       true AS limits
                    INTO rules
                    FROM {schema}.players_player p JOIN public.operators_jurisdiction j ON j.code = p.jurisdiction_code
                    WHERE p.id = one.player;
                IF NOT FOUND THEN
                    rules := profile;
                    rules.limits := true;
                END IF;
            END IF;
            IF judged AND rules.limits THEN
                -- The tightest first.
                SELECT jsonb_agg(jsonb_build_object('kind', l.kind, 'period', l.period, 'source', l.source,
                                                    'limit', l.amount, 'used', coalesce(l.used, 0), 'resets_at', l.until)
                                 ORDER BY l.amount - coalesce(l.used, 0), l.kind, l.period, l.source)
                    INTO limits
                    FROM {schema}.player_limits(p_operator, one.player, moment) l WHERE l.kind IN ('stake', 'loss');
            END IF;
            IF judged AND rules.game_start_min_ms > 0 THEN
                -- Where the player's last bet began. A ticket over several rounds begins in its first. A bet's id is older
                -- than its acceptance by as long as it has waited.
                SELECT b.round_id, b.created_at INTO last_round, last_at
                FROM {schema}.bets_bet b
                WHERE b.player_id = one.player
                  AND b.id >= {schema}.id_floor(moment - rules.game_start_min_ms * interval '1 ms' - interval '1 minute')
                  AND b.created_at > moment - rules.game_start_min_ms * interval '1 ms'
                  AND (b.ticket_id IS NULL OR b.ticket_id = b.id)
                ORDER BY b.created_at DESC, b.id DESC LIMIT 1;
            END IF;
        END IF;
        word := NULL;
        IF judged THEN
            word := CASE
                WHEN one.bets > 1 AND NOT rules.autobet_allowed THEN 'ticket_length {"rounds_max": 1}'
                WHEN one.stake < rules.stake_min
                THEN format('stake_below_minimum %s', jsonb_build_object('stake_min', rules.stake_min))
                WHEN one.stake > rules.stake_max
                THEN format('stake_above_maximum %s', jsonb_build_object('stake_max', rules.stake_max))
                WHEN last_round <> one.round AND moment < last_at + rules.game_start_min_ms * interval '1 ms'
                THEN format('too_soon %s', jsonb_build_object(
                    'min_ms', rules.game_start_min_ms,
                    'retry_after_ms', ceil(extract(epoch FROM last_at - moment) * 1000 + rules.game_start_min_ms)))
                WHEN limits IS NOT NULL THEN {schema}.broken_limit(limits, one.stake, one.cost, staked) END;
        END IF;
        IF word IS NULL AND one.cost > remaining THEN
            word := 'insufficient_funds';
        END IF;
        IF word IS NULL THEN
            remaining := remaining - one.cost;
            staked := staked + one.cost;
            last_round := one.round;
            last_at := moment;
        ELSE
            outcomes[one.place] := word;
        END IF;
    END LOOP;
    RETURN outcomes;
END $$;

-- The first of these limits that a slip would break, beside what this call has staked already; null: none.
CREATE FUNCTION {schema}.broken_limit(p_limits jsonb, p_stake bigint, p_cost bigint, p_staked bigint) RETURNS text
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    one jsonb;
    ceiling bigint;
    used bigint;
BEGIN
    FOR one IN SELECT jsonb_array_elements(p_limits) LOOP
        ceiling := one ->> 'limit';
        used := CASE WHEN one ->> 'period' = 'bet' THEN 0 ELSE (one ->> 'used')::bigint + p_staked END;
        IF (CASE WHEN one ->> 'period' = 'bet' THEN p_stake ELSE used + p_cost END) > ceiling THEN
            RETURN format('%s_limit_reached %s', one ->> 'kind',
                          (one - 'kind') || jsonb_build_object('used', used, 'left', greatest(ceiling - used, 0)));
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
