CREATE TABLE {schema}.wallet_transaction (
    id uuid PRIMARY KEY,
    account_id bigint NOT NULL,
    kind smallint NOT NULL,
    amount bigint NOT NULL,
    balance_after bigint NOT NULL,
    reference varchar(128),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT wallet_kind_known CHECK (kind IN (1, 2, 3, 4, 5)),
    CONSTRAINT wallet_kind_in_id CHECK ((get_byte(uuid_send(id), 15) & 15) = kind),
    CONSTRAINT wallet_amount_has_its_sign CHECK (CASE WHEN kind IN (1, 5) THEN amount < 0 ELSE amount > 0 END),
    CONSTRAINT wallet_balance_after_not_negative CHECK (balance_after >= 0)
) PARTITION BY RANGE (id);
CREATE INDEX wallet_by_account ON {schema}.wallet_transaction (account_id, id DESC);

-- The id of the movement of this kind that a bet causes: the bet's id with the kind in its last four bits.
CREATE FUNCTION {schema}.movement_id(p_cause uuid, p_kind int) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$ SELECT (left(p_cause::text, 35) || p_kind)::uuid $$;

-- The accounts of these players, locked in the order of their keys: the one order everywhere, so nobody waits in a
-- circle. Players without an account are absent.
CREATE FUNCTION {schema}.hold_accounts(p_players bigint[])
RETURNS TABLE (player_id bigint, account_id bigint, balance bigint) LANGUAGE sql AS $$
    SELECT a.player_id, a.id, a.balance FROM {schema}.wallet_account a
    WHERE a.player_id = ANY (p_players) ORDER BY a.id FOR UPDATE
$$;

-- The only writer of movements and balances. Causes, players and signed amounts are parallel arrays; a movement
-- below zero breaks the balance check and with it the whole transaction.
CREATE FUNCTION {schema}.post_movements(
    p_kind int, p_causes uuid[], p_players bigint[], p_amounts bigint[], p_reference text DEFAULT NULL
) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    holders bigint[];
    accounts bigint[];
    balances bigint[];
BEGIN
    SELECT array_agg(h.player_id), array_agg(h.account_id), array_agg(h.balance)
        INTO holders, accounts, balances FROM {schema}.hold_accounts(p_players) h;
    IF EXISTS (SELECT 1 FROM unnest(p_players) p WHERE p <> ALL (coalesce(holders, '{}'))) THEN
        RAISE EXCEPTION 'a movement for a player without an account' USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO {schema}.wallet_transaction (id, account_id, kind, amount, balance_after, reference)
    SELECT {schema}.movement_id(m.cause, p_kind), h.account, p_kind, m.amount,
           h.balance + sum(m.amount) OVER (PARTITION BY m.player ORDER BY m.place), p_reference
    FROM unnest(p_causes, p_players, p_amounts) WITH ORDINALITY AS m (cause, player, amount, place)
    JOIN unnest(holders, accounts, balances) AS h (player, account, balance) ON h.player = m.player;
    UPDATE {schema}.wallet_account a SET balance = a.balance + d.delta
    FROM (SELECT m.player, sum(m.amount)::bigint AS delta
          FROM unnest(p_players, p_amounts) AS m (player, amount) GROUP BY m.player) d
    WHERE a.player_id = d.player;
END $$;
