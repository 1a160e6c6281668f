-- Clearing accounts of the seamless wallet: what is debited at the operator comes in (6) and is staked; what is owed to
-- the operator goes out as a credit (7) or as the rollback of a debit (8).
ALTER TABLE {schema}.wallet_transaction
    DROP CONSTRAINT wallet_kind_known, DROP CONSTRAINT wallet_amount_has_its_sign,
    ADD CONSTRAINT wallet_kind_known CHECK (kind IN (1, 2, 3, 4, 5, 6, 7, 8)),
    ADD CONSTRAINT wallet_amount_has_its_sign CHECK (CASE WHEN kind IN (1, 5, 7, 8) THEN amount < 0 ELSE amount > 0 END);

CREATE INDEX wallet_by_time ON {schema}.wallet_transaction (created_at, id);

ALTER TABLE {schema}.wallet_walletcall
    ADD CONSTRAINT wallet_call_kind_in_id CHECK ((get_byte(uuid_send(id), 15) & 15) = kind),
    -- What is not over has a time at which somebody looks at it again, so nothing can be forgotten.
    ADD CONSTRAINT wallet_call_due_while_pending CHECK ((state = 'pending') = (due_at IS NOT NULL)),
    ADD CONSTRAINT wallet_call_states_of_kinds CHECK (
        CASE WHEN kind = 6 THEN state IN ('pending', 'ok', 'refused', 'in_doubt', 'rolled_back')
             WHEN kind = 7 THEN state IN ('pending', 'ok', 'dead', 'resolved')
             ELSE state IN ('pending', 'ok') END);

-- What may become of a call. Everything else about it never changes.
CREATE FUNCTION {schema}.wallet_call_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR ROW(NEW.id, NEW.kind, NEW.bet_id, NEW.player_id, NEW.round_id, NEW.amount, NEW.created_at)
       IS DISTINCT FROM ROW(OLD.id, OLD.kind, OLD.bet_id, OLD.player_id, OLD.round_id, OLD.amount, OLD.created_at)
       OR (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
            ('pending', 'ok'), ('pending', 'refused'), ('pending', 'in_doubt'), ('pending', 'dead'),
            ('ok', 'rolled_back'), ('in_doubt', 'rolled_back'), ('dead', 'pending'), ('dead', 'resolved')))
       OR (OLD.state = 'ok' AND NEW.state = 'rolled_back' AND OLD.kind <> 6) THEN
        RAISE EXCEPTION 'wallet call %: % does not become %', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER wallet_call_moves BEFORE UPDATE OR DELETE ON {schema}.wallet_walletcall
    FOR EACH ROW EXECUTE FUNCTION {schema}.wallet_call_moves();

-- The intents of debits, durable before the operator is called. Parallel arrays, one element a bet. When nobody has
-- concluded one within the grace, it counts as in doubt.
CREATE FUNCTION {schema}.open_debits(
    p_bets uuid[], p_tickets uuid[], p_players bigint[], p_sessions uuid[], p_rounds bigint[], p_games text[],
    p_amounts bigint[], p_grace interval
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO {schema}.wallet_account (player_id, balance)
    SELECT DISTINCT p.player, 0 FROM unnest(p_players) AS p (player)
    WHERE NOT EXISTS (SELECT 1 FROM {schema}.wallet_account a WHERE a.player_id = p.player) ORDER BY p.player
    ON CONFLICT (player_id) DO NOTHING;
    INSERT INTO {schema}.wallet_walletcall (id, kind, state, reason, bet_id, ticket_id, player_id, session_id, round_id,
        game, amount, round_closed, attempts, due_at, error, created_at)
    SELECT {schema}.movement_id(m.bet, 6), 6, 'pending', '', m.bet, m.ticket, m.player, m.session, m.round,
           m.game, m.amount, false, 1, clock_timestamp() + p_grace, '', clock_timestamp()
    FROM unnest(p_bets, p_tickets, p_players, p_sessions, p_rounds, p_games, p_amounts)
        AS m (bet, ticket, player, session, round, game, amount);
END $$;

-- Order the rollback of these debits, once each.
CREATE FUNCTION {schema}.open_rollbacks(p_debits uuid[], p_reason text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO {schema}.wallet_walletcall (id, kind, state, reason, bet_id, ticket_id, player_id, session_id, round_id,
        game, amount, round_closed, attempts, due_at, error, created_at)
    SELECT {schema}.movement_id(d.bet_id, 8), 8, 'pending', p_reason, d.bet_id, d.ticket_id, d.player_id, d.session_id,
           d.round_id, d.game, d.amount,
           p_reason = 'round_void' AND row_number() OVER (PARTITION BY d.round_id, d.player_id ORDER BY d.id DESC) = 1,
           0, clock_timestamp(), '', clock_timestamp()
    FROM {schema}.wallet_walletcall d WHERE d.id = ANY (p_debits) AND d.kind = 6
    ON CONFLICT (id) DO NOTHING;
END $$;

-- What the answers to these debits were: ok (the money comes onto the account), refused, or in_doubt (its rollback is
-- ordered). Answers those that this call has decided; the others somebody else has.
CREATE FUNCTION {schema}.conclude_debits(
    p_debits uuid[], p_states text[], p_references text[], p_errors text[]
) RETURNS SETOF uuid LANGUAGE plpgsql AS $$
DECLARE
    decided uuid[];
    doubtful uuid[];
    paid_bets uuid[];
    paid_players bigint[];
    paid_amounts bigint[];
BEGIN
    PERFORM 1 FROM {schema}.wallet_walletcall c WHERE c.id = ANY (p_debits) ORDER BY c.id FOR UPDATE;
    WITH changed AS (
        UPDATE {schema}.wallet_walletcall c
        SET state = m.state, operator_reference = m.reference, error = left(coalesce(m.error, ''), 120), due_at = NULL,
            finished_at = CASE WHEN m.state = 'in_doubt' THEN NULL ELSE clock_timestamp() END
        FROM unnest(p_debits, p_states, p_references, p_errors) AS m (id, state, reference, error)
        WHERE c.id = m.id AND c.kind = 6 AND c.state = 'pending'
        RETURNING c.id, c.state, c.bet_id, c.player_id, c.amount
    )
    SELECT array_agg(id ORDER BY id), array_agg(id) FILTER (WHERE state = 'in_doubt'),
           array_agg(bet_id ORDER BY id) FILTER (WHERE state = 'ok'),
           array_agg(player_id ORDER BY id) FILTER (WHERE state = 'ok'),
           array_agg(amount ORDER BY id) FILTER (WHERE state = 'ok')
        INTO decided, doubtful, paid_bets, paid_players, paid_amounts FROM changed;
    IF paid_bets IS NOT NULL THEN
        PERFORM {schema}.post_movements(6, paid_bets, paid_players, paid_amounts);
    END IF;
    IF doubtful IS NOT NULL THEN
        PERFORM {schema}.open_rollbacks(doubtful, 'in_doubt');
    END IF;
    RETURN QUERY SELECT unnest(decided);
END $$;

-- Debits that nobody has concluded: whoever called has died, or is too late. Returns how many were taken.
CREATE FUNCTION {schema}.doubt_lost_debits(p_max int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    lost uuid[];
BEGIN
    SELECT array_agg(l.id) INTO lost FROM (
        SELECT c.id FROM {schema}.wallet_walletcall c
        WHERE c.kind = 6 AND c.due_at <= clock_timestamp() ORDER BY c.id LIMIT p_max FOR UPDATE SKIP LOCKED) l;
    IF lost IS NULL THEN
        RETURN 0;
    END IF;
    RETURN (SELECT count(*) FROM {schema}.conclude_debits(
        lost, array_fill('in_doubt'::text, ARRAY[array_length(lost, 1)]),
        array_fill(NULL::text, ARRAY[array_length(lost, 1)]),
        array_fill('nobody has concluded it'::text, ARRAY[array_length(lost, 1)])));
END $$;

-- What a round's bets have won, as credits to send: one for each bet, or one for each player. Bets with an amount of
-- zero get a notice. The last message of each player says that the round is closed for them.
CREATE FUNCTION {schema}.open_credits(
    p_round bigint, p_game text, p_bets uuid[], p_players bigint[], p_amounts bigint[], p_by_round boolean
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF p_by_round THEN
        INSERT INTO {schema}.wallet_walletcall (id, kind, state, reason, bet_id, player_id, round_id, game, amount,
            bet_ids, bet_amounts, round_closed, attempts, due_at, error, created_at)
        SELECT {schema}.movement_id(g.bets[1], 7), 7, 'pending', CASE WHEN g.total > 0 THEN 'win' ELSE 'notice' END,
               g.bets[1], g.player, p_round, p_game, g.total, g.bets, g.amounts, true, 0, clock_timestamp(), '',
               clock_timestamp()
        FROM (SELECT m.player, sum(m.amount)::bigint AS total, array_agg(m.bet ORDER BY m.amount = 0, m.bet) AS bets,
                     array_agg(m.amount ORDER BY m.amount = 0, m.bet) AS amounts
              FROM unnest(p_bets, p_players, p_amounts) AS m (bet, player, amount) GROUP BY m.player) g;
    ELSE
        INSERT INTO {schema}.wallet_walletcall (id, kind, state, reason, bet_id, player_id, round_id, game, amount,
            bet_ids, bet_amounts, round_closed, attempts, due_at, error, created_at)
        SELECT {schema}.movement_id(m.bet, 7), 7, 'pending', CASE WHEN m.amount > 0 THEN 'win' ELSE 'notice' END,
               m.bet, m.player, p_round, p_game, m.amount, ARRAY[m.bet], ARRAY[m.amount],
               row_number() OVER (PARTITION BY m.player ORDER BY m.bet DESC) = 1, 0, clock_timestamp(), '',
               clock_timestamp()
        FROM unnest(p_bets, p_players, p_amounts) AS m (bet, player, amount);
    END IF;
END $$;

-- Credits and rollbacks whose next attempt is due, for one caller: they come back when its lease has run out. The last
-- message of a player's round waits for those before it.
CREATE FUNCTION {schema}.claim_calls(p_max int, p_lease interval) RETURNS SETOF uuid LANGUAGE sql AS $$
    UPDATE {schema}.wallet_walletcall c
    SET due_at = clock_timestamp() + p_lease, attempts = c.attempts + 1
    FROM (
        SELECT d.id FROM {schema}.wallet_walletcall d
        WHERE d.kind <> 6 AND d.due_at <= clock_timestamp()
          AND NOT (d.round_closed AND EXISTS (
                SELECT 1 FROM {schema}.wallet_walletcall s
                WHERE s.round_id = d.round_id AND s.player_id = d.player_id AND s.id <> d.id
                  AND s.due_at IS NOT NULL AND s.kind <> 6))
        ORDER BY d.due_at LIMIT p_max FOR UPDATE SKIP LOCKED) due
    WHERE c.id = due.id
    RETURNING c.id
$$;

-- What came of attempts: ok, pending (again at p_due) or dead. An ok moves the money off the account, and ends the
-- debit that a rollback is of. Answers those that this call has moved.
CREATE FUNCTION {schema}.conclude_calls(
    p_calls uuid[], p_states text[], p_references text[], p_errors text[], p_due timestamptz[]
) RETURNS SETOF uuid LANGUAGE plpgsql AS $$
DECLARE
    moved uuid[];
    credits uuid[];
    players bigint[];
    amounts bigint[];
    debits uuid[];
BEGIN
    PERFORM 1 FROM {schema}.wallet_walletcall c
        WHERE c.id = ANY (p_calls)
           OR c.id = ANY (ARRAY(SELECT {schema}.movement_id(r, 6) FROM unnest(p_calls) r)) ORDER BY c.id FOR UPDATE;
    WITH changed AS (
        UPDATE {schema}.wallet_walletcall c
        SET state = m.state, operator_reference = coalesce(m.reference, c.operator_reference),
            error = left(coalesce(m.error, ''), 120),
            due_at = CASE WHEN m.state = 'pending' THEN m.due END,
            finished_at = CASE WHEN m.state = 'ok' THEN clock_timestamp() END
        FROM unnest(p_calls, p_states, p_references, p_errors, p_due) AS m (id, state, reference, error, due)
        WHERE c.id = m.id AND c.kind IN (7, 8) AND c.state = 'pending'
        RETURNING c.id, c.kind, c.state, c.player_id, c.amount
    )
    SELECT array_agg(id),
           array_agg(id ORDER BY id) FILTER (WHERE state = 'ok' AND kind = 7 AND amount > 0),
           array_agg(player_id ORDER BY id) FILTER (WHERE state = 'ok' AND kind = 7 AND amount > 0),
           array_agg(-amount ORDER BY id) FILTER (WHERE state = 'ok' AND kind = 7 AND amount > 0),
           array_agg({schema}.movement_id(id, 6)) FILTER (WHERE state = 'ok' AND kind = 8)
        INTO moved, credits, players, amounts, debits FROM changed;
    IF credits IS NOT NULL THEN
        PERFORM {schema}.post_movements(7, credits, players, amounts);
    END IF;
    IF debits IS NOT NULL THEN
        -- Money that had come onto the account leaves it; of a debit in doubt there was none.
        SELECT array_agg(d.id ORDER BY d.id), array_agg(d.player_id ORDER BY d.id), array_agg(-d.amount ORDER BY d.id)
            INTO credits, players, amounts
        FROM {schema}.wallet_walletcall d WHERE d.id = ANY (debits) AND d.state = 'ok';
        IF credits IS NOT NULL THEN
            PERFORM {schema}.post_movements(8, credits, players, amounts);
        END IF;
        UPDATE {schema}.wallet_walletcall d SET state = 'rolled_back', finished_at = clock_timestamp()
        WHERE d.id = ANY (debits) AND d.state IN ('ok', 'in_doubt');
    END IF;
    RETURN QUERY SELECT unnest(moved);
END $$;
