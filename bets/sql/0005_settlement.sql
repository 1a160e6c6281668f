-- Settle a round for this operator, once: payouts of the winners by their pinned paytables, or for a void round every
-- stake back; in seamless mode also what the operator's wallet has to be told of it. Losers are implied by the settlement
-- row. `done` says whether this call did it.
--
-- p_tenant: the schema that is meant, for a caller that is not bound to one. With p_tell the bets come back too, each with
-- what it won (null: its stake went back), and outside seamless mode the balances; but not from a round with many.
--
-- Every bet is read once. How many there are the planner cannot know. With a guess of one it would look up each bet's prize
-- and account by itself, so joins are by hashing. Few bets are read by a plan that is kept, and which looks for the round
-- whatever else there is; many by a plan made for them, which costs a fraction of a millisecond.
DROP FUNCTION {schema}.settle_round(uuid, bigint, text, text, uuid, uuid);
CREATE FUNCTION {schema}.settle_round(
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
           coalesce(sum(w.amount), 0),
           array_agg(w.id) FILTER (WHERE w.amount > 0), array_agg(w.player_id) FILTER (WHERE w.amount > 0),
           array_agg(w.amount) FILTER (WHERE w.amount > 0), array_agg(w.hits) FILTER (WHERE w.amount > 0),
           array_agg(w.multiplier) FILTER (WHERE w.amount > 0),
           array_agg(w.id) FILTER (WHERE tell), array_agg(w.player_id) FILTER (WHERE tell),
           array_agg(w.stake) FILTER (WHERE tell),
           array_agg(CASE WHEN NOT (void OR w.cancelled) THEN coalesce(w.amount, 0) END) FILTER (WHERE tell)
        INTO bet_count, staked, paid, winner_ids, winner_players, amounts, hit_counts, multipliers,
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
    SELECT o.wallet_mode = 'seamless' INTO seamless FROM public.operators_operator o WHERE o.operator_id = p_operator;
    IF seamless THEN
        PERFORM {schema}.owe_round(p_round, p_outcome, p_operator, p_low, p_high);
    ELSIF tell THEN
        SELECT array_agg(a.player_id), array_agg(a.balance) INTO holders, balances
        FROM {schema}.wallet_account a WHERE a.player_id = ANY (players);
    END IF;
END $$;

-- After a round's settlement in seamless mode, in its transaction: what the operator's wallet has to be told, in the way
-- that this wallet wants it. Winners get credits; the stakes of a void round go back as rollbacks of their debits; with
-- zero-win notices losers are told too.
CREATE FUNCTION {schema}.owe_round(p_round bigint, p_outcome text, p_operator uuid, p_low uuid, p_high uuid)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    game text;
    by_round boolean;
    notices boolean;
BEGIN
    SELECT w.settlement = 'round', w.zero_win_notices INTO by_round, notices
        FROM public.operators_walletconnection w WHERE w.operator_id = p_operator;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'an operator in seamless mode without a wallet connection' USING ERRCODE = 'check_violation';
    END IF;
    SELECT g.code INTO game FROM public.rounds_round r JOIN public.rounds_game g ON g.id = r.game_id WHERE r.id = p_round;
    PERFORM {schema}.owe_round(p_round, game, p_outcome, by_round, notices, p_low, p_high);
END $$;
