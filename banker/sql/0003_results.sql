-- What each number pays when this one wins: the highest prize that applies to it, and that one only.
CREATE FUNCTION {schema}.banker_prizes(p_phase uuid, p_winning text)
RETURNS TABLE (number text, rank text, multiplier int) LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (w.number) w.number, w.rank, w.multiplier::int
    FROM {schema}.banker_phase h CROSS JOIN LATERAL (
        SELECT p_winning AS number, 'straight' AS rank, h.multiplier, 1 AS place
        UNION ALL
        SELECT substr(p_winning, o.a, 1) || substr(p_winning, o.b, 1) || substr(p_winning, o.c, 1), 'tod', h.tod_multiplier, 2
        FROM (VALUES (1, 3, 2), (2, 1, 3), (2, 3, 1), (3, 1, 2), (3, 2, 1)) AS o (a, b, c)
        UNION ALL
        SELECT lpad(((p_winning::int + o.step) % 1000)::text, 3, '0'), 'neighbour', h.neighbour_multiplier, 3
        FROM (VALUES (1), (999)) AS o (step)
    ) w
    WHERE h.id = p_phase AND w.multiplier > 0
    ORDER BY w.number, w.multiplier DESC, w.place
$$;

-- The bets that win on this number, with what each wins.
CREATE FUNCTION {schema}.banker_winners(p_phase uuid, p_winning text)
RETURNS TABLE (bet_id uuid, slip_id uuid, member_id uuid, rank text, multiplier int, amount bigint) LANGUAGE sql STABLE AS $$
    SELECT b.id, b.slip_id, b.member_id, p.rank, p.multiplier, b.amount * p.multiplier
    FROM {schema}.banker_prizes(p_phase, p_winning) p
    JOIN {schema}.banker_bet b ON b.phase_id = p_phase AND b.number = p.number
    WHERE NOT EXISTS (SELECT 1 FROM {schema}.banker_cancellation c WHERE c.slip_id = b.slip_id)
$$;

-- Settle a closed phase on its number, once: prizes of the winners, commission of the collectors, their statements and
-- the totals, all in one transaction. `done` says whether this call did it. The ids of statements are parts of p_base.
CREATE FUNCTION {schema}.banker_settle(p_phase uuid, p_base uuid, OUT done boolean) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    winning text;
    slip_ids uuid[];
    holders bigint[];
    sums bigint[];
BEGIN
    -- Two at once meet here; the second finds it settled.
    SELECT h.winning_number INTO winning FROM {schema}.banker_phase h
        WHERE h.id = p_phase AND h.status = 'closed' AND h.winning_number IS NOT NULL FOR UPDATE;
    done := FOUND;
    IF NOT done THEN
        RETURN;
    END IF;
    INSERT INTO {schema}.banker_prize (bet_id, slip_id, phase_id, rank, multiplier, amount)
    SELECT w.bet_id, w.slip_id, p_phase, w.rank, w.multiplier, w.amount FROM {schema}.banker_winners(p_phase, winning) w;
    SELECT array_agg(w.slip_id), array_agg(w.holder_id), array_agg(w.amount) INTO slip_ids, holders, sums
    FROM (SELECT p.slip_id, m.holder_id, sum(p.amount)::bigint AS amount
          FROM {schema}.banker_prize p JOIN {schema}.banker_slip s ON s.id = p.slip_id
          JOIN {schema}.banker_member m ON m.id = s.member_id
          WHERE p.phase_id = p_phase GROUP BY p.slip_id, m.holder_id ORDER BY p.slip_id) w;

    WITH RECURSIVE sold AS (
        SELECT s.member_id, count(*) AS slips, sum(s.total_amount)::bigint AS total_in FROM {schema}.banker_slip s
        WHERE s.phase_id = p_phase AND NOT EXISTS (SELECT 1 FROM {schema}.banker_cancellation c WHERE c.slip_id = s.id)
        GROUP BY s.member_id
    ), won AS (
        SELECT s.member_id, sum(p.amount)::bigint AS total_out
        FROM {schema}.banker_prize p JOIN {schema}.banker_slip s ON s.id = p.slip_id
        WHERE p.phase_id = p_phase GROUP BY s.member_id
    ), earning AS (
        -- Up from each collector that sold: each agent earns its rate less the rate of the one below it.
        SELECT m.id, m.parent_id, m.commission::int AS rate, m.commission::int AS earned, sold.total_in
        FROM sold JOIN {schema}.banker_member m ON m.id = sold.member_id
        UNION ALL
        SELECT a.id, a.parent_id, a.commission::int, greatest(a.commission - e.rate, 0), e.total_in
        FROM earning e JOIN {schema}.banker_member a ON a.id = e.parent_id
    ), commissions AS (
        SELECT e.id, sum(floor(e.total_in::numeric * e.earned / 10000))::bigint AS amount FROM earning e GROUP BY e.id
    )
    INSERT INTO {schema}.banker_statement
        (id, phase_id, member_id, slips, total_in, total_out, commission_rate, commission_amount)
    SELECT {schema}.banker_part_id(p_base, row_number() OVER (ORDER BY m.id)), p_phase, m.id, coalesce(sold.slips, 0),
           coalesce(sold.total_in, 0), coalesce(won.total_out, 0), m.commission, c.amount
    FROM commissions c JOIN {schema}.banker_member m ON m.id = c.id
    LEFT JOIN sold ON sold.member_id = c.id LEFT JOIN won ON won.member_id = c.id;

    PERFORM {schema}.hold_accounts(ARRAY(SELECT m.holder_id FROM {schema}.banker_statement t
        JOIN {schema}.banker_member m ON m.id = t.member_id WHERE t.phase_id = p_phase));
    IF slip_ids IS NOT NULL THEN
        PERFORM {schema}.post_movements(10, slip_ids, holders, sums);
    END IF;
    PERFORM {schema}.post_movements(14, array_agg(t.id), array_agg(m.holder_id), array_agg(t.commission_amount))
    FROM {schema}.banker_statement t JOIN {schema}.banker_member m ON m.id = t.member_id
    WHERE t.phase_id = p_phase AND t.commission_amount > 0 HAVING count(*) > 0;

    INSERT INTO {schema}.banker_settlement
        (phase_id, slips, bets, winners, total_in, total_out, net_profit, commission_total, settled_at)
    SELECT p_phase, t.slips, x.bets, w.winners, t.total_in, w.total_out, t.total_in - w.total_out, t.commission_total,
           clock_timestamp()
    FROM (SELECT coalesce(sum(slips), 0) AS slips, coalesce(sum(total_in), 0)::bigint AS total_in,
                 coalesce(sum(commission_amount), 0)::bigint AS commission_total
          FROM {schema}.banker_statement WHERE phase_id = p_phase) t,
         (SELECT count(*) AS winners, coalesce(sum(amount), 0)::bigint AS total_out
          FROM {schema}.banker_prize WHERE phase_id = p_phase) w,
         (SELECT coalesce(sum(bets), 0) AS bets FROM {schema}.banker_exposure WHERE phase_id = p_phase) x;
    UPDATE {schema}.banker_phase SET status = 'settled' WHERE id = p_phase;
END $$;

-- Correct a settled phase: pay what the right number wins, then take back what the wrong one had paid. Where an account
-- does not cover it, nothing is done, and those are named with what they lack. The ids of lines are parts of p_base.
CREATE FUNCTION {schema}.banker_correct(
    p_entry uuid, p_base uuid,
    OUT outcome text, OUT before text, OUT reversed bigint, OUT paid bigint, OUT short_members text[], OUT short_amounts bigint[]
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    entry {schema}.banker_resultentry;
    lines uuid[];
    slip_ids uuid[];
    holders bigint[];
    backs bigint[];
    pays bigint[];
BEGIN
    SELECT e.* INTO entry FROM {schema}.banker_resultentry e WHERE e.id = p_entry AND e.correction AND e.confirmed;
    SELECT coalesce((SELECT c.number_after FROM {schema}.banker_correction c
                     WHERE c.phase_id = h.id ORDER BY c.created_at DESC LIMIT 1), h.winning_number)
        INTO before FROM {schema}.banker_phase h WHERE h.id = entry.phase_id AND h.status = 'settled' FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'correction %: neither confirmed nor of a settled phase', p_entry USING ERRCODE = 'check_violation';
    END IF;
    SELECT array_agg({schema}.banker_part_id(p_base, c.place)), array_agg(c.slip_id), array_agg(c.holder_id),
           array_agg(c.back), array_agg(c.pay), coalesce(sum(c.back), 0), coalesce(sum(c.pay), 0)
        INTO lines, slip_ids, holders, backs, pays, reversed, paid
        FROM (SELECT u.slip_id, m.holder_id, sum(u.back)::bigint AS back, sum(u.pay)::bigint AS pay,
                     row_number() OVER (ORDER BY u.slip_id) AS place
              FROM (SELECT w.slip_id, w.member_id, w.amount AS back, 0 AS pay
                    FROM {schema}.banker_winners(entry.phase_id, before) w
                    UNION ALL
                    SELECT w.slip_id, w.member_id, 0, w.amount
                    FROM {schema}.banker_winners(entry.phase_id, entry.number) w) u
              JOIN {schema}.banker_member m ON m.id = u.member_id GROUP BY u.slip_id, m.holder_id) c;
    PERFORM {schema}.hold_accounts(coalesce(holders, '{}'));
    SELECT array_agg(s.username ORDER BY s.username), array_agg(s.lack ORDER BY s.username) INTO short_members, short_amounts
        FROM (SELECT m.username, (sum(l.back) - sum(l.pay) - min(a.balance))::bigint AS lack
              FROM unnest(holders, backs, pays) AS l (holder, back, pay)
              JOIN {schema}.banker_member m ON m.holder_id = l.holder
              JOIN {schema}.wallet_account a ON a.player_id = l.holder
              GROUP BY m.username HAVING sum(l.back) - sum(l.pay) > min(a.balance)) s;
    IF short_members IS NOT NULL THEN
        outcome := 'not_covered';
        RETURN;
    END IF;
    INSERT INTO {schema}.banker_correction
        (entry_id, phase_id, number_before, number_after, reversed_amount, paid_amount, created_at)
        VALUES (p_entry, entry.phase_id, before, entry.number, reversed, paid, clock_timestamp());
    INSERT INTO {schema}.banker_correctionline (id, correction_id, slip_id, reversed_amount, paid_amount)
    SELECT l.id, p_entry, l.slip, l.back, l.pay FROM unnest(lines, slip_ids, backs, pays) AS l (id, slip, back, pay);
    PERFORM {schema}.post_movements(10, array_agg(l.id), array_agg(l.holder), array_agg(l.pay))
        FROM unnest(lines, holders, pays) AS l (id, holder, pay) WHERE l.pay > 0 HAVING count(*) > 0;
    PERFORM {schema}.post_movements(15, array_agg(l.id), array_agg(l.holder), array_agg(-l.back))
        FROM unnest(lines, holders, backs) AS l (id, holder, back) WHERE l.back > 0 HAVING count(*) > 0;
    outcome := 'corrected';
END $$;
