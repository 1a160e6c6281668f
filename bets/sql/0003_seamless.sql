-- Where a placement in seamless mode begins: claim the key, and write down the debits that will be asked for. Slips and
-- bets are parallel arrays as for place_bets. One row comes back for each slip: 'open' (go and ask), 'replayed' with
-- the bet that it became before, or why not.
CREATE FUNCTION {schema}.open_attempts(
    p_keys text[], p_fingerprints bytea[], p_players bigint[], p_sessions uuid[], p_stakes bigint[],
    p_slips int[], p_bets uuid[], p_rounds bigint[], p_games text[], p_grace interval
) RETURNS TABLE (slip int, outcome text, first_bet uuid) LANGUAGE plpgsql
SET lock_timeout = '3s' AS $$
#variable_conflict use_column
DECLARE
    won int[];
BEGIN
    -- What was lost on its way blocks its key no longer: none of its debits is pending.
    DELETE FROM {schema}.bets_attempt a WHERE a.key = ANY (p_keys) AND NOT EXISTS (
        SELECT 1 FROM unnest(a.bet_ids) b JOIN {schema}.wallet_walletcall c ON c.id = {schema}.movement_id(b, 6)
        WHERE c.state = 'pending');
    WITH claimed AS (
        INSERT INTO {schema}.bets_attempt (key, fingerprint, first_bet_id, bet_ids, created_at)
        SELECT s.key, s.fingerprint, b.bets[1], b.bets, clock_timestamp()
        FROM unnest(p_keys, p_fingerprints) WITH ORDINALITY AS s (key, fingerprint, place)
        JOIN (SELECT u.slip, array_agg(u.bet ORDER BY u.place) AS bets
              FROM unnest(p_slips, p_bets) WITH ORDINALITY AS u (slip, bet, place) GROUP BY u.slip) b
          ON b.slip = s.place
        ORDER BY s.key
        ON CONFLICT (key) DO NOTHING RETURNING first_bet_id
    )
    SELECT array_agg(u.slip) INTO won
    FROM unnest(p_slips, p_bets) AS u (slip, bet) JOIN claimed c ON c.first_bet_id = u.bet;
    -- Only now are finished slips looked at: one that ended between the two would be seen by neither.
    DELETE FROM {schema}.bets_attempt a USING {schema}.bets_slip k, unnest(p_keys) WITH ORDINALITY AS s (key, place)
        WHERE a.key = s.key AND k.key = s.key AND s.place = ANY (won);
    won := ARRAY(SELECT w FROM unnest(won) w WHERE NOT EXISTS (
        SELECT 1 FROM {schema}.bets_slip k WHERE k.key = p_keys[w]));
    PERFORM {schema}.open_debits(
        array_agg(u.bet), array_agg(CASE WHEN n.bets > 1 THEN n.first END), array_agg(p_players[u.slip]),
        array_agg(p_sessions[u.slip]), array_agg(u.round), array_agg(u.game), array_agg(p_stakes[u.slip]), p_grace)
    FROM unnest(p_slips, p_bets, p_rounds, p_games) AS u (slip, bet, round, game)
    JOIN (SELECT i.slip, count(*) AS bets, (array_agg(i.bet ORDER BY i.place))[1] AS first
          FROM unnest(p_slips, p_bets) WITH ORDINALITY AS i (slip, bet, place) GROUP BY i.slip) n ON n.slip = u.slip
    WHERE u.slip = ANY (won) HAVING count(*) > 0;
    RETURN QUERY
        SELECT s.place::int,
               CASE WHEN s.place = ANY (won) THEN 'open'
                    WHEN k.fingerprint = s.fingerprint THEN 'replayed'
                    WHEN k.key IS NOT NULL THEN 'key_reused'
                    WHEN a.fingerprint IS DISTINCT FROM s.fingerprint AND a.key IS NOT NULL THEN 'key_reused'
                    ELSE 'request_in_progress' END,
               k.first_bet_id
        FROM unnest(p_keys, p_fingerprints) WITH ORDINALITY AS s (key, fingerprint, place)
        LEFT JOIN {schema}.bets_slip k ON k.key = s.key
        LEFT JOIN {schema}.bets_attempt a ON a.key = s.key
        ORDER BY s.place;
END $$;

-- After a round's settlement in seamless mode: what the operator's wallet has to be told. Winners get credits; the
-- stakes of a void round go back as rollbacks of their debits; with p_notices losers are told too.
CREATE FUNCTION {schema}.owe_round(
    p_round bigint, p_game text, p_outcome text, p_by_round boolean, p_notices boolean, p_low uuid, p_high uuid
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF p_outcome = 'void' THEN
        PERFORM {schema}.open_rollbacks(array_agg({schema}.movement_id(b.id, 6)), 'round_void')
        FROM {schema}.bets_bet b
        WHERE b.round_id = p_round AND b.id >= p_low AND b.id < p_high
          AND NOT EXISTS (SELECT 1 FROM {schema}.bets_cancellation c WHERE c.bet_id = b.id)
        HAVING count(*) > 0;
        RETURN;
    END IF;
    PERFORM {schema}.open_credits(p_round, p_game, array_agg(b.id), array_agg(b.player_id),
                                  array_agg(coalesce(p.amount, 0)), p_by_round)
    FROM {schema}.bets_bet b
    LEFT JOIN {schema}.bets_payout p ON p.bet_id = b.id AND p.bet_id >= p_low AND p.bet_id < p_high
    WHERE b.round_id = p_round AND b.id >= p_low AND b.id < p_high AND (p_notices OR p.amount IS NOT NULL)
      AND NOT EXISTS (SELECT 1 FROM {schema}.bets_cancellation c WHERE c.bet_id = b.id)
    HAVING count(*) > 0;
END $$;
