-- The books, at the speed of a round's settlement. Same rules, same names, same order of locks.

-- As before, but of immutable parts only, so that it becomes part of the statement instead of a call for each row.
CREATE OR REPLACE FUNCTION {schema}.movement_id(p_cause uuid, p_kind int) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$ SELECT (left(p_cause::text, 35) || p_kind::text)::uuid $$;

-- As before. But of few accounts the planner would rather read all in the order of their keys than sort those that are
-- asked for, and it keeps that plan when there are many: so the order is one that no index has.
CREATE OR REPLACE FUNCTION {schema}.hold_accounts(p_players bigint[])
RETURNS TABLE (player_id bigint, account_id bigint, balance bigint) LANGUAGE sql AS $$
    SELECT a.player_id, a.id, a.balance FROM {schema}.wallet_account a
    WHERE a.player_id = ANY (p_players) ORDER BY a.id + 0 FOR UPDATE
$$;

-- The only writer of movements and balances. Causes, players and signed amounts are parallel arrays; a movement
-- below zero breaks the balance check and with it the whole transaction.
--
-- How many movements there are the planner cannot know, and where it guesses one, it chooses to look a thousand things
-- up one by one: so it is told to join by hashing, which costs the single movement nothing.
CREATE OR REPLACE FUNCTION {schema}.post_movements(
    p_kind int, p_causes uuid[], p_players bigint[], p_amounts bigint[], p_reference text DEFAULT NULL
) RETURNS void LANGUAGE plpgsql
SET enable_nestloop = off SET enable_seqscan = off SET work_mem = '64MB' SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    posted bigint;
BEGIN
    -- As `hold_accounts` does. What comes next sees the balances as they are now that nobody else can change them.
    PERFORM 1 FROM {schema}.wallet_account a WHERE a.player_id = ANY (p_players) ORDER BY a.id + 0 FOR UPDATE;
    INSERT INTO {schema}.wallet_transaction (id, account_id, kind, amount, balance_after, reference)
    SELECT {schema}.movement_id(m.cause, p_kind), a.id, p_kind, m.amount,
           a.balance + sum(m.amount) OVER (PARTITION BY m.player ORDER BY m.place), p_reference
    FROM unnest(p_causes, p_players, p_amounts) WITH ORDINALITY AS m (cause, player, amount, place)
    JOIN {schema}.wallet_account a ON a.player_id = m.player AND a.player_id = ANY (p_players);
    GET DIAGNOSTICS posted = ROW_COUNT;
    IF posted <> cardinality(p_players) THEN
        RAISE EXCEPTION 'a movement for a player without an account' USING ERRCODE = 'check_violation';
    END IF;
    UPDATE {schema}.wallet_account a SET balance = a.balance + d.delta
    FROM (SELECT m.player, sum(m.amount)::bigint AS delta
          FROM unnest(p_players, p_amounts) AS m (player, amount) GROUP BY m.player) d
    WHERE a.player_id = d.player AND a.player_id = ANY (p_players);
END $$;
