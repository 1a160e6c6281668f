CREATE VIEW {schema}.bets_betstate AS
    SELECT b.*,
           CASE WHEN c.bet_id IS NOT NULL OR s.outcome = 'void' THEN 'rolled_back'
                WHEN p.bet_id IS NOT NULL THEN 'won'
                WHEN s.round_id IS NOT NULL THEN 'lost'
                ELSE 'pending' END AS settlement_status,
           CASE WHEN p.bet_id IS NOT NULL THEN p.amount WHEN s.round_id IS NOT NULL THEN 0 END AS win_amount,
           p.hits, p.multiplier_hundredths
    FROM {schema}.bets_bet b
    LEFT JOIN {schema}.bets_cancellation c ON c.bet_id = b.id
    LEFT JOIN {schema}.bets_payout p ON p.bet_id = b.id
    LEFT JOIN {schema}.bets_settlement s ON s.round_id = b.round_id;

-- A paytable that a bet may name never changes; only which one is active does.
CREATE FUNCTION {schema}.paytable_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR ROW(NEW.id, NEW.version, NEW.name, NEW.hash, NEW.created_at)
       IS DISTINCT FROM ROW(OLD.id, OLD.version, OLD.name, OLD.hash, OLD.created_at) THEN
        RAISE EXCEPTION 'a paytable never changes: make a new version' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER paytable_fixed BEFORE UPDATE OR DELETE ON {schema}.bets_paytable
    FOR EACH ROW EXECUTE FUNCTION {schema}.paytable_fixed();

-- The gate at the house edge, in exact arithmetic and whatever writes the rows: when a transaction commits, a pick count
-- returns what is stored for it, and of that a check keeps the bound. A prize added later would change the return.
CREATE FUNCTION {schema}.paytable_returns() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    draws CONSTANT numeric := div(factorial(80), factorial(20) * factorial(60));
    paid numeric;
BEGIN
    -- Hundredths of the stake, summed over every draw: C(p, h) C(80 - p, 20 - h) of them have h hits.
    SELECT sum(r.multiplier_hundredths
               * div(factorial(r.pick_count), factorial(r.hit_count) * factorial(r.pick_count - r.hit_count))
               * div(factorial(80 - r.pick_count),
                     factorial(20 - r.hit_count) * factorial(60 - r.pick_count + r.hit_count)))
        INTO paid
    FROM {schema}.bets_paytablerow r
    WHERE r.paytable_id = NEW.paytable_id AND r.pick_count = NEW.pick_count;
    IF NOT EXISTS (
        SELECT 1 FROM {schema}.bets_paytablepick p
        WHERE p.paytable_id = NEW.paytable_id AND p.pick_count = NEW.pick_count
          AND p.rtp_numerator::numeric * 100 * draws = paid * p.rtp_denominator
    ) THEN
        RAISE EXCEPTION 'paytable %, pick %: its prizes do not return what is stored', NEW.paytable_id, NEW.pick_count
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER paytable_returns AFTER INSERT ON {schema}.bets_paytablerow
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {schema}.paytable_returns();
CREATE CONSTRAINT TRIGGER paytable_returns AFTER INSERT ON {schema}.bets_paytablepick
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {schema}.paytable_returns();

-- The one write path of bets: a batch of slips, each with one bet for each of its rounds, accepted or refused by
-- itself. Slips are the arrays up to p_potential; bets are the arrays from p_slip on, p_slip naming the slip (from 1).
-- One row comes back for each slip. The order of the steps is the order of the locks: rounds shared, then accounts
-- by key, then idempotency keys by text. See docs/locking.md.
CREATE FUNCTION {schema}.place_bets(
    p_operator uuid,
    p_keys text[], p_fingerprints bytea[], p_players bigint[], p_paytables uuid[], p_pick_counts smallint[],
    p_picks text[], p_stakes bigint[], p_potentials bigint[],
    p_slips int[], p_bets uuid[], p_rounds bigint[], p_prefixes bytea[], p_blinds bytea[]
) RETURNS TABLE (slip int, outcome text, first_bet uuid) LANGUAGE plpgsql
SET lock_timeout = '3s' AS $$
#variable_conflict use_column
DECLARE
    size int := array_length(p_keys, 1);
    outcomes text[] := array_fill(NULL::text, ARRAY[size]);
    first_bets uuid[];
    bet_counts int[];
    active boolean;
    moment timestamptz;
    gate_rounds bigint[];
    gate_states text[];
    holders bigint[];
    balances bigint[];
    one record;
    spender bigint;
    remaining bigint;
    winners int[];
BEGIN
    SELECT array_agg(g.round_id), array_agg(g.round_status), max(g.held_at)
        INTO gate_rounds, gate_states, moment FROM public.rounds_gate(p_rounds) g;
    SELECT array_agg(h.player_id), array_agg(h.balance) INTO holders, balances
        FROM {schema}.hold_accounts(p_players) h;
    SELECT o.status = 'active' INTO active FROM public.operators_operator o WHERE o.operator_id = p_operator;

    -- Each slip's first bet, the number of its bets, and what forbids it, before any money is looked at.
    FOR one IN
        SELECT s.place::int AS place, k.fingerprint AS known, s.fingerprint, f.first_bet, f.bets,
               pl.blocked, f.shut, lag(s.place) OVER (PARTITION BY s.key ORDER BY s.place) IS NOT NULL AS again
        FROM unnest(p_keys, p_fingerprints, p_players) WITH ORDINALITY AS s (key, fingerprint, player, place)
        JOIN (SELECT b.slip, (array_agg(b.bet ORDER BY b.place))[1] AS first_bet, count(*)::int AS bets,
                     count(*) <> count(g.round) OR bool_or(b.step = 1 AND g.state <> 'open') AS shut
              FROM (SELECT u.*, row_number() OVER (PARTITION BY u.slip ORDER BY u.place) AS step
                    FROM unnest(p_slips, p_bets, p_rounds) WITH ORDINALITY AS u (slip, bet, round, place)) b
              LEFT JOIN unnest(gate_rounds, gate_states) AS g (round, state) ON g.round = b.round
              GROUP BY b.slip) f ON f.slip = s.place
        LEFT JOIN {schema}.bets_slip k ON k.key = s.key
        LEFT JOIN {schema}.players_player pl ON pl.id = s.player
        ORDER BY s.place
    LOOP
        first_bets[one.place] := one.first_bet;
        bet_counts[one.place] := one.bets;
        outcomes[one.place] := CASE
            WHEN one.known = one.fingerprint THEN 'replayed'
            WHEN one.known IS NOT NULL THEN 'key_reused'
            WHEN one.again THEN 'lost_race'
            WHEN active IS NOT TRUE THEN 'operator_suspended'
            WHEN one.blocked THEN 'player_blocked'
            WHEN one.shut THEN 'round_not_open' END;
    END LOOP;

    -- Money, in the order of the slips: one that cannot be paid for does not take a smaller later one with it.
    spender := NULL;
    FOR one IN
        SELECT s.place::int AS place, s.player, s.stake * bet_counts[s.place] AS total, coalesce(h.balance, 0) AS balance
        FROM unnest(p_players, p_stakes) WITH ORDINALITY AS s (player, stake, place)
        LEFT JOIN unnest(holders, balances) AS h (player, balance) ON h.player = s.player
        WHERE outcomes[s.place] IS NULL
        ORDER BY s.player, s.place
    LOOP
        IF spender IS DISTINCT FROM one.player THEN
            spender := one.player;
            remaining := one.balance;
        END IF;
        IF one.total > remaining THEN
            outcomes[one.place] := 'insufficient_funds';
        ELSE
            remaining := remaining - one.total;
        END IF;
    END LOOP;

    -- Claiming the keys decides between two calls with the same key for different players.
    WITH claimed AS (
        INSERT INTO {schema}.bets_slip (key, fingerprint, first_bet_id)
        SELECT s.key, s.fingerprint, first_bets[s.place]
        FROM unnest(p_keys, p_fingerprints) WITH ORDINALITY AS s (key, fingerprint, place)
        WHERE outcomes[s.place] IS NULL ORDER BY s.key
        ON CONFLICT (key) DO NOTHING RETURNING first_bet_id
    )
    SELECT array_agg(f.place::int ORDER BY f.place) INTO winners
    FROM claimed c JOIN unnest(first_bets) WITH ORDINALITY AS f (bet, place) ON f.bet = c.first_bet_id;
    FOR n IN 1 .. size LOOP
        IF outcomes[n] IS NULL THEN
            outcomes[n] := CASE WHEN n = ANY (coalesce(winners, '{}')) THEN 'accepted' ELSE 'lost_race' END;
        END IF;
    END LOOP;

    IF winners IS NOT NULL THEN
        INSERT INTO {schema}.bets_bet (id, round_id, player_id, paytable_id, ticket_id, picks, pick_count, stake,
                                       potential_max_win, blind, leaf_hash, created_at)
        SELECT b.bet, b.round, p_players[b.slip], p_paytables[b.slip],
               CASE WHEN bet_counts[b.slip] > 1 THEN first_bets[b.slip] END,
               p_picks[b.slip]::bit(80), p_pick_counts[b.slip], p_stakes[b.slip], p_potentials[b.slip], b.blind,
               -- The BET leaf of KPS-1: the prefix, the moment of acceptance in milliseconds, the blind.
               sha256('\x00'::bytea || b.prefix
                      || int8send(floor(extract(epoch FROM moment) * 1000)::bigint) || b.blind),
               moment
        FROM unnest(p_slips, p_bets, p_rounds, p_prefixes, p_blinds) AS b (slip, bet, round, prefix, blind)
        WHERE outcomes[b.slip] = 'accepted';
        PERFORM {schema}.post_movements(
            1, array_agg(b.bet ORDER BY b.place), array_agg(p_players[b.slip] ORDER BY b.place),
            array_agg(-p_stakes[b.slip] ORDER BY b.place))
        FROM unnest(p_slips, p_bets) WITH ORDINALITY AS b (slip, bet, place) WHERE outcomes[b.slip] = 'accepted';
        INSERT INTO public.rounds_participation (round_id, operator_id, created_at)
        SELECT DISTINCT b.round, p_operator, moment FROM unnest(p_slips, p_rounds) AS b (slip, round)
        WHERE outcomes[b.slip] = 'accepted' ORDER BY b.round
        ON CONFLICT DO NOTHING;
    END IF;

    RETURN QUERY
        SELECT s.place::int,
               CASE WHEN outcomes[s.place] <> 'lost_race' THEN outcomes[s.place]
                    WHEN k.fingerprint = s.fingerprint THEN 'replayed'
                    WHEN k.key IS NOT NULL THEN 'key_reused'
                    ELSE 'request_in_progress' END,
               CASE WHEN outcomes[s.place] = 'accepted' THEN first_bets[s.place] ELSE k.first_bet_id END
        FROM unnest(p_keys, p_fingerprints) WITH ORDINALITY AS s (key, fingerprint, place)
        LEFT JOIN {schema}.bets_slip k ON k.key = s.key
        ORDER BY s.place;
END $$;

-- Settle a round for this operator, once: payouts of the winners by their pinned paytables, or for a void round every
-- stake back. Answers whether this call did it. Losers are implied by the settlement row.
CREATE FUNCTION {schema}.settle_round(
    p_operator uuid, p_round bigint, p_outcome text, p_drawn text, p_low uuid, p_high uuid
) RETURNS boolean LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    bet_count bigint;
    staked bigint;
    winner_ids uuid[];
    winner_players bigint[];
    amounts bigint[];
    hit_counts smallint[];
    multipliers int[];
BEGIN
    -- Two tasks for the same round meet here; the second finds it settled.
    PERFORM 1 FROM public.rounds_participation
        WHERE round_id = p_round AND operator_id = p_operator AND settled_at IS NULL FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    SELECT count(*), coalesce(sum(b.stake), 0) INTO bet_count, staked
    FROM {schema}.bets_bet b
    WHERE b.round_id = p_round AND b.id >= p_low AND b.id < p_high
      AND NOT EXISTS (SELECT 1 FROM {schema}.bets_cancellation c WHERE c.bet_id = b.id);
    IF p_outcome = 'void' THEN
        SELECT array_agg(b.id), array_agg(b.player_id), array_agg(b.stake) INTO winner_ids, winner_players, amounts
        FROM {schema}.bets_bet b
        WHERE b.round_id = p_round AND b.id >= p_low AND b.id < p_high
          AND NOT EXISTS (SELECT 1 FROM {schema}.bets_cancellation c WHERE c.bet_id = b.id);
    ELSE
        SELECT array_agg(w.id), array_agg(w.player_id), array_agg(w.amount), array_agg(w.hits), array_agg(w.multiplier)
            INTO winner_ids, winner_players, amounts, hit_counts, multipliers
        FROM (
            -- Rounded down to the minor unit, and never above what the bet was accepted for.
            SELECT b.id, b.player_id, h.hits, r.multiplier_hundredths AS multiplier,
                   least(b.stake * r.multiplier_hundredths / 100, b.potential_max_win) AS amount
            FROM {schema}.bets_bet b
            CROSS JOIN LATERAL (SELECT bit_count(b.picks & p_drawn::bit(80))::smallint AS hits) h
            JOIN {schema}.bets_paytablerow r
              ON r.paytable_id = b.paytable_id AND r.pick_count = b.pick_count AND r.hit_count = h.hits
            WHERE b.round_id = p_round AND b.id >= p_low AND b.id < p_high
              AND NOT EXISTS (SELECT 1 FROM {schema}.bets_cancellation c WHERE c.bet_id = b.id)
        ) w WHERE w.amount > 0;
        INSERT INTO {schema}.bets_payout (bet_id, round_id, hits, multiplier_hundredths, amount)
        SELECT w.id, p_round, w.hits, w.multiplier, w.amount
        FROM unnest(winner_ids, hit_counts, multipliers, amounts) AS w (id, hits, multiplier, amount);
    END IF;
    IF winner_ids IS NOT NULL THEN
        PERFORM {schema}.post_movements(CASE WHEN p_outcome = 'void' THEN 3 ELSE 2 END, winner_ids, winner_players, amounts);
    END IF;
    INSERT INTO {schema}.bets_settlement (round_id, outcome, bets, stakes, winners, payouts)
    VALUES (p_round, p_outcome, bet_count, staked, coalesce(array_length(winner_ids, 1), 0),
            coalesce((SELECT sum(a) FROM unnest(amounts) a), 0));
    UPDATE public.rounds_participation SET settled_at = clock_timestamp()
        WHERE round_id = p_round AND operator_id = p_operator;
    RETURN true;
END $$;
