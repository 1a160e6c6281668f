-- Large wagers and large wins go on record in the transaction of the money: from which amount on, the operator's row says,
-- which is read anyway. Where nothing is large that costs one comparison; else one statement over what the call has in its
-- arrays. The functions below are as before but for that.

-- What is staked by one ticket, over all its rounds, is one wager. `place_bets` names the slip of each bet only where one has
-- several.
CREATE FUNCTION {schema}.record_large_wagers(
    p_operator uuid, p_from bigint, p_bets uuid[], p_rounds bigint[], p_places int[], p_stakes bigint[], p_slips int[],
    p_holders bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.audit_auditentry (id, event_type, actor, operator_id, round_id, bet_id, description, after)
    SELECT uuidv7(), 'large_wager.placed', 'system', p_operator, w.round, w.bet,
           format('a ticket of %s %s', public.decimal_of(w.staked, o.currency_exponent), o.currency_code),
           jsonb_build_object('staked', w.staked, 'from', p_from, 'bets', w.bets, 'player_id', p_holders[w.place])
    FROM (SELECT (array_agg(b.bet ORDER BY b.n))[1] AS bet, (array_agg(b.round ORDER BY b.n))[1] AS round,
                 min(b.place) AS place, sum(b.stake)::bigint AS staked, count(*) AS bets, min(b.n) AS n
          FROM unnest(p_bets, p_rounds, p_places, p_stakes, p_slips) WITH ORDINALITY
               AS b (bet, round, place, stake, slip, n)
          GROUP BY coalesce(b.slip, b.n)
          HAVING sum(b.stake) >= p_from) w
    CROSS JOIN public.operators_operator o WHERE o.operator_id = p_operator
    ORDER BY w.n;
END $$;

CREATE FUNCTION {schema}.record_large_wins(
    p_operator uuid, p_from bigint, p_round bigint, p_bets uuid[], p_players bigint[], p_amounts bigint[],
    p_hits smallint[], p_multipliers int[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.audit_auditentry (id, event_type, actor, operator_id, round_id, bet_id, description, after)
    SELECT uuidv7(), 'large_win.paid', 'system', p_operator, p_round, w.bet,
           format('a win of %s %s', public.decimal_of(w.amount, o.currency_exponent), o.currency_code),
           jsonb_build_object('won', w.amount, 'from', p_from, 'hits', w.hits, 'multiplier_hundredths', w.multiplier,
                              'player_id', w.player)
    FROM unnest(p_bets, p_players, p_amounts, p_hits, p_multipliers) AS w (bet, player, amount, hits, multiplier)
    CROSS JOIN public.operators_operator o WHERE w.amount >= p_from AND o.operator_id = p_operator
    ORDER BY w.bet;
END $$;

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
    large_from bigint;
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
                AND s.revoked_at IS NULL AND s.expires_at > clock_timestamp())),
           o.wager_recorded_from
        INTO active, is_guarded, fresh, large_from FROM public.operators_operator o WHERE o.operator_id = p_operator;
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
    IF large_from IS NOT NULL THEN
        PERFORM {schema}.record_large_wagers(
            p_operator, large_from, p_bets, p_rounds, p_places, p_stakes, p_slips, p_holders);
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
    large_from bigint;
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
           AND NOT EXISTS (SELECT 1 FROM {schema}.players_player pl WHERE pl.id = p_player AND pl.blocked),
           o.wager_recorded_from
        INTO plain, large_from FROM public.rounds_round r, public.operators_operator o
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
                IF p_stake >= large_from THEN
                    PERFORM {schema}.record_large_wagers(
                        p_operator, large_from, ARRAY[p_bet], ARRAY[p_round], ARRAY[1], ARRAY[p_stake], '{}',
                        ARRAY[p_player]);
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

CREATE OR REPLACE FUNCTION {schema}.settle_round(
    p_operator uuid, p_round bigint, p_outcome text, p_drawn text, p_low uuid, p_high uuid,
    p_tenant text DEFAULT NULL, p_tell boolean DEFAULT false,
    OUT done boolean, OUT bet_count bigint, OUT bets uuid[], OUT players bigint[], OUT stakes bigint[], OUT wins bigint[],
    OUT holders bigint[], OUT balances bigint[]
) LANGUAGE plpgsql
SET enable_nestloop = off SET enable_seqscan = off SET random_page_cost = 1 SET work_mem = '64MB'
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    many_at CONSTANT int := 1000;
    drawn CONSTANT bit(80) := coalesce(p_drawn, '')::bit(80);
    void CONSTANT boolean := p_outcome = 'void';
    lowest bigint := p_round;
    highest bigint := p_round;
    tell boolean;
    seamless boolean;
    large_from bigint;
    largest bigint;
    staked bigint;
    paid bigint;
    winner_ids uuid[];
    winner_players bigint[];
    amounts bigint[];
    hit_counts smallint[];
    multipliers int[];
BEGIN
    IF p_tenant IS NOT NULL THEN
        PERFORM set_config('app.tenant', p_tenant, true);
    END IF;
    -- Two tasks for the same round meet here; the second finds it settled.
    PERFORM 1 FROM public.rounds_participation
        WHERE round_id = p_round AND operator_id = p_operator AND settled_at IS NULL FOR UPDATE;
    done := FOUND;
    IF NOT done THEN
        RETURN;
    END IF;
    -- Of the round and of the range of ids the planner knows the selectivity of neither, and the range would look better:
    -- a second condition on the round makes the round's index the narrower one.
    PERFORM 1 FROM {schema}.bets_bet b
        WHERE b.round_id = p_round AND b.round_id BETWEEN lowest AND highest AND b.id >= p_low AND b.id < p_high
        OFFSET many_at LIMIT 1;
    tell := p_tell AND NOT FOUND;
    IF FOUND THEN
        PERFORM set_config('plan_cache_mode', 'force_custom_plan', true);
        lowest := 0;
        highest := 9223372036854775807;
    END IF;
    SELECT count(*) FILTER (WHERE NOT w.cancelled), coalesce(sum(w.stake) FILTER (WHERE NOT w.cancelled), 0),
           coalesce(sum(w.amount), 0), max(w.amount),
           array_agg(w.id) FILTER (WHERE w.amount > 0), array_agg(w.player_id) FILTER (WHERE w.amount > 0),
           array_agg(w.amount) FILTER (WHERE w.amount > 0), array_agg(w.hits) FILTER (WHERE w.amount > 0),
           array_agg(w.multiplier) FILTER (WHERE w.amount > 0),
           array_agg(w.id) FILTER (WHERE tell), array_agg(w.player_id) FILTER (WHERE tell),
           array_agg(w.stake) FILTER (WHERE tell),
           array_agg(CASE WHEN NOT (void OR w.cancelled) THEN coalesce(w.amount, 0) END) FILTER (WHERE tell)
        INTO bet_count, staked, paid, largest, winner_ids, winner_players, amounts, hit_counts, multipliers,
             bets, players, stakes, wins
    FROM (
        -- Rounded down to the minor unit, and never above what the bet was accepted for.
        SELECT b.id, b.player_id, b.stake, b.cancelled, b.hits, r.multiplier_hundredths AS multiplier,
               CASE WHEN b.cancelled THEN NULL
                    WHEN void THEN b.stake
                    WHEN r.multiplier_hundredths > 0
                    THEN least(b.stake * r.multiplier_hundredths / 100, b.potential_max_win) END AS amount
        FROM (SELECT o.*, bit_count(o.picks & drawn)::smallint AS hits,
                     o.id IN (SELECT c.bet_id FROM {schema}.bets_cancellation c WHERE c.round_id = p_round) AS cancelled
              FROM {schema}.bets_bet o
              WHERE o.round_id = p_round AND o.round_id BETWEEN lowest AND highest AND o.id >= p_low AND o.id < p_high) b
        LEFT JOIN {schema}.bets_paytablerow r
          ON r.paytable_id = b.paytable_id AND r.pick_count = b.pick_count AND r.hit_count = b.hits
        OFFSET 0  -- or each amount would be reckoned anew wherever it is named
    ) w;
    PERFORM set_config('plan_cache_mode', 'force_generic_plan', true);
    IF winner_ids IS NOT NULL THEN
        IF NOT void THEN
            INSERT INTO {schema}.bets_payout (bet_id, round_id, hits, multiplier_hundredths, amount)
            SELECT w.id, p_round, w.hits, w.multiplier, w.amount
            FROM unnest(winner_ids, hit_counts, multipliers, amounts) AS w (id, hits, multiplier, amount);
        END IF;
        PERFORM {schema}.post_movements(CASE WHEN void THEN 3 ELSE 2 END, winner_ids, winner_players, amounts);
    END IF;
    INSERT INTO {schema}.bets_settlement (round_id, outcome, bets, stakes, winners, payouts)
    VALUES (p_round, p_outcome, bet_count, staked, coalesce(cardinality(winner_ids), 0), paid);
    UPDATE public.rounds_participation SET settled_at = clock_timestamp()
        WHERE round_id = p_round AND operator_id = p_operator;
    SELECT o.wallet_mode = 'seamless', o.win_recorded_from INTO seamless, large_from
    FROM public.operators_operator o WHERE o.operator_id = p_operator;
    IF largest >= large_from AND NOT void THEN
        PERFORM {schema}.record_large_wins(
            p_operator, large_from, p_round, winner_ids, winner_players, amounts, hit_counts, multipliers);
    END IF;
    IF seamless THEN
        PERFORM {schema}.owe_round(p_round, p_outcome, p_operator, p_low, p_high);
    ELSIF tell THEN
        SELECT array_agg(a.player_id), array_agg(a.balance) INTO holders, balances
        FROM {schema}.wallet_account a WHERE a.player_id = ANY (players);
    END IF;
END $$;
