-- What a phase pays is fixed once it was open, permutations and neighbours included.
CREATE FUNCTION {schema}.banker_phase_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status <> 'draft' AND (NEW.tod_multiplier, NEW.neighbour_multiplier)
       IS DISTINCT FROM (OLD.tod_multiplier, OLD.neighbour_multiplier) THEN
        RAISE EXCEPTION 'phase %: what it pays is fixed', OLD.name USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.winning_number IS NOT NULL AND NEW.winning_number IS DISTINCT FROM OLD.winning_number THEN
        RAISE EXCEPTION 'phase %: its number stands; a correction is a new row', OLD.name USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER banker_phase_stands BEFORE UPDATE ON {schema}.banker_phase
    FOR EACH ROW EXECUTE FUNCTION {schema}.banker_phase_stands();

-- Ids of slips, of statements and of lines leave their last bits free: for what they cause, and for their parts.
ALTER TABLE {schema}.banker_slip ADD CONSTRAINT banker_slip_id_leaves_room CHECK (right(id::text, 8) = '00000000');
ALTER TABLE {schema}.banker_bet ADD CONSTRAINT banker_bet_id_leaves_room CHECK (right(id::text, 1) = '0');
ALTER TABLE {schema}.banker_statement ADD CONSTRAINT banker_statement_id_leaves_room CHECK (right(id::text, 1) = '0');
ALTER TABLE {schema}.banker_correctionline ADD CONSTRAINT banker_line_id_leaves_room CHECK (right(id::text, 1) = '0');

-- The id of the part of something at this place, from 1 to 2^28 - 1: its id with the place before the last four bits.
CREATE FUNCTION {schema}.banker_part_id(p_whole uuid, p_place bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$ SELECT (left(p_whole::text, 28) || lpad(to_hex(p_place * 16), 8, '0'))::uuid $$;

-- The close gate of a phase, as that of a round: slips hold it shared, the close takes it exclusive.
CREATE FUNCTION {schema}.banker_gate(p_phase uuid) RETURNS void LANGUAGE sql AS
    $$ SELECT pg_advisory_xact_lock_shared(hashtextextended('{schema}:banker:' || p_phase, 0)) $$;
CREATE FUNCTION {schema}.banker_shut(p_phase uuid) RETURNS void LANGUAGE sql AS
    $$ SELECT pg_advisory_xact_lock(hashtextextended('{schema}:banker:' || p_phase, 0)) $$;

-- The one write path of slips. Bets are parallel arrays: number, amount, and the canonical line that it stands on.
--
-- The order of the steps is the order of the locks: the phase's gate shared, then the collector's account, then the
-- exposures in the order of their numbers. The key is looked up when the account is held, so a retry waits for the call
-- before it and then finds its slip. Each statement sees what was committed while the one before it waited.
--
-- Answers an outcome. For 'over_limit', and for a partial slip that was cut: the numbers over their limit, what was asked
-- on each in all, and how much was free. For 'accepted': what each bet got, and the numbers that changed.
CREATE FUNCTION {schema}.banker_place(
    p_phase uuid, p_member uuid, p_key text, p_fingerprint bytea, p_slip uuid, p_partial boolean, p_text text,
    p_numbers text[], p_amounts bigint[], p_lines int[], p_patience int,
    OUT outcome text, OUT slip uuid, OUT moment timestamptz, OUT balance bigint, OUT total bigint,
    OUT taken bigint[], OUT over_numbers text[], OUT over_asked bigint[], OUT over_free bigint[],
    OUT changed text[], OUT totals bigint[], OUT counts bigint[], OUT versions bigint[]
) LANGUAGE plpgsql
SET enable_nestloop = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    asked bigint;
    holder bigint;
    seller {schema}.banker_member;
    known {schema}.banker_slip;
    phase {schema}.banker_phase;
    wanted text[];
    held int;
BEGIN
    PERFORM set_config('lock_timeout', p_patience::text, true);
    PERFORM {schema}.banker_gate(p_phase);
    SELECT m.holder_id INTO holder FROM {schema}.banker_member m WHERE m.id = p_member;
    SELECT a.balance INTO balance FROM {schema}.wallet_account a WHERE a.player_id = holder FOR UPDATE;
    SELECT m.* INTO seller FROM {schema}.banker_member m WHERE m.id = p_member;
    SELECT s.* INTO known FROM {schema}.banker_slip s WHERE s.member_id = p_member AND s.key = p_key;
    IF known.id IS NOT NULL THEN
        slip := known.id;
        outcome := CASE WHEN known.fingerprint = p_fingerprint THEN 'known' ELSE 'key_reused' END;
        RETURN;
    END IF;
    moment := clock_timestamp();
    SELECT h.* INTO phase FROM {schema}.banker_phase h WHERE h.id = p_phase;
    outcome := CASE
        WHEN seller.id IS NULL OR NOT seller.active OR seller.role <> 'collector' THEN 'not_selling'
        WHEN phase.id IS NULL THEN 'phase_unknown'
        WHEN phase.status <> 'open' OR moment >= phase.ends_at THEN 'phase_over'
        WHEN moment < phase.starts_at THEN 'phase_not_begun'
    END;
    IF outcome IS NOT NULL THEN
        RETURN;
    END IF;

    SELECT array_agg(DISTINCT n.number ORDER BY n.number), sum(n.amount) INTO wanted, asked
        FROM unnest(p_numbers, p_amounts) AS n (number, amount);
    PERFORM 1 FROM {schema}.banker_exposure e WHERE e.phase_id = p_phase AND e.number = ANY (wanted)
        ORDER BY e.number FOR UPDATE;
    GET DIAGNOSTICS held = ROW_COUNT;
    IF held <> cardinality(wanted) THEN
        RAISE EXCEPTION 'phase %: of % numbers % have an exposure', p_phase, cardinality(wanted), held
            USING ERRCODE = 'check_violation';
    END IF;
    SELECT array_agg(o.number ORDER BY o.number), array_agg(o.asked ORDER BY o.number), array_agg(o.free ORDER BY o.number)
        INTO over_numbers, over_asked, over_free
        FROM (SELECT w.number, w.asked, r.free
              FROM (SELECT n.number, sum(n.amount)::bigint AS asked
                    FROM unnest(p_numbers, p_amounts) AS n (number, amount) GROUP BY n.number) w
              JOIN {schema}.banker_room(p_phase, wanted) r ON r.number = w.number WHERE w.asked > r.free) o;
    IF over_numbers IS NULL THEN
        taken := p_amounts;
    ELSIF p_partial THEN
        -- In the order of the slip each bet takes what is left of its number's room.
        SELECT array_agg(least(b.running, r.free) - least(b.running - b.amount, r.free) ORDER BY b.place) INTO taken
            FROM (SELECT n.number, n.amount, n.place,
                         sum(n.amount) OVER (PARTITION BY n.number ORDER BY n.place)::bigint AS running
                  FROM unnest(p_numbers, p_amounts) WITH ORDINALITY AS n (number, amount, place)) b
            JOIN {schema}.banker_room(p_phase, wanted) r ON r.number = b.number;
    END IF;
    SELECT coalesce(sum(t), 0) INTO total FROM unnest(taken) t;
    IF total = 0 THEN
        outcome := 'over_limit';
        RETURN;
    END IF;
    IF total > balance THEN
        outcome := 'insufficient_funds';
        RETURN;
    END IF;

    slip := p_slip;
    INSERT INTO {schema}.banker_slip
        (id, phase_id, member_id, key, fingerprint, text, partial, bets, asked, total_amount, created_at)
        VALUES (p_slip, p_phase, p_member, p_key, p_fingerprint, p_text, p_partial,
                (SELECT count(*) FROM unnest(taken) t WHERE t > 0), asked, total, moment);
    INSERT INTO {schema}.banker_bet (id, slip_id, phase_id, member_id, number, amount, line, created_at)
    SELECT {schema}.banker_part_id(p_slip, n.place), p_slip, p_phase, p_member, n.number, n.amount, n.line, moment
    FROM unnest(p_numbers, taken, p_lines) WITH ORDINALITY AS n (number, amount, line, place) WHERE n.amount > 0;
    WITH moved AS (
        UPDATE {schema}.banker_exposure e
        SET total_amount = e.total_amount + d.amount, bets = e.bets + d.bets, version = e.version + 1
        FROM (SELECT n.number, sum(n.amount)::bigint AS amount, count(*) AS bets
              FROM unnest(p_numbers, taken) AS n (number, amount) WHERE n.amount > 0 GROUP BY n.number) d
        WHERE e.phase_id = p_phase AND e.number = d.number
        RETURNING e.number, e.total_amount, e.bets, e.version)
    SELECT array_agg(m.number ORDER BY m.number), array_agg(m.total_amount ORDER BY m.number),
           array_agg(m.bets ORDER BY m.number), array_agg(m.version ORDER BY m.number)
        INTO changed, totals, counts, versions FROM moved m;
    PERFORM {schema}.post_movements(9, ARRAY[p_slip], ARRAY[holder], ARRAY[-total]);
    balance := balance - total;
    outcome := 'accepted';
END $$;

-- How much may still be staked on each of these numbers. A limit below what has been taken already leaves nothing.
CREATE FUNCTION {schema}.banker_room(p_phase uuid, p_numbers text[])
RETURNS TABLE (number text, free bigint) LANGUAGE sql STABLE AS $$
    SELECT e.number, greatest(coalesce(l.max_amount, h.global_limit) - e.total_amount, 0)
    FROM {schema}.banker_exposure e
    JOIN {schema}.banker_phase h ON h.id = e.phase_id
    LEFT JOIN {schema}.banker_numberlimit l ON l.phase_id = e.phase_id AND l.number = e.number
    WHERE e.phase_id = p_phase AND e.number = ANY (p_numbers)
$$;

-- Take a slip back before the close: the stake to the account, the room to its numbers. Same order of locks.
CREATE FUNCTION {schema}.banker_cancel(
    p_slip uuid, p_by text, p_patience int,
    OUT outcome text, OUT changed text[], OUT totals bigint[], OUT counts bigint[], OUT versions bigint[]
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    held {schema}.banker_slip;
    holder bigint;
    phase {schema}.banker_phase;
BEGIN
    PERFORM set_config('lock_timeout', p_patience::text, true);
    SELECT s.* INTO held FROM {schema}.banker_slip s WHERE s.id = p_slip;
    IF held.id IS NULL THEN
        outcome := 'slip_unknown';
        RETURN;
    END IF;
    PERFORM {schema}.banker_gate(held.phase_id);
    SELECT m.holder_id INTO holder FROM {schema}.banker_member m WHERE m.id = held.member_id;
    PERFORM 1 FROM {schema}.wallet_account a WHERE a.player_id = holder FOR UPDATE;
    IF EXISTS (SELECT 1 FROM {schema}.banker_cancellation c WHERE c.slip_id = p_slip) THEN
        outcome := 'known';
        RETURN;
    END IF;
    SELECT h.* INTO phase FROM {schema}.banker_phase h WHERE h.id = held.phase_id;
    outcome := CASE
        WHEN phase.status <> 'open' OR clock_timestamp() >= phase.ends_at THEN 'phase_over'
        WHEN NOT phase.cancellation THEN 'not_allowed'
    END;
    IF outcome IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM 1 FROM {schema}.banker_exposure e WHERE e.phase_id = held.phase_id AND e.number = ANY (ARRAY(
        SELECT b.number FROM {schema}.banker_bet b
        WHERE b.id > p_slip AND b.id < {schema}.banker_part_id(p_slip, 268435455)))
        ORDER BY e.number FOR UPDATE;
    INSERT INTO {schema}.banker_cancellation (slip_id, cancelled_by, created_at) VALUES (p_slip, p_by, clock_timestamp());
    WITH moved AS (
        UPDATE {schema}.banker_exposure e
        SET total_amount = e.total_amount - d.amount, bets = e.bets - d.bets, version = e.version + 1
        FROM (SELECT b.number, sum(b.amount)::bigint AS amount, count(*) AS bets FROM {schema}.banker_bet b
              WHERE b.id > p_slip AND b.id < {schema}.banker_part_id(p_slip, 268435455) GROUP BY b.number) d
        WHERE e.phase_id = held.phase_id AND e.number = d.number
        RETURNING e.number, e.total_amount, e.bets, e.version)
    SELECT array_agg(m.number ORDER BY m.number), array_agg(m.total_amount ORDER BY m.number),
           array_agg(m.bets ORDER BY m.number), array_agg(m.version ORDER BY m.number)
        INTO changed, totals, counts, versions FROM moved m;
    PERFORM {schema}.post_movements(11, ARRAY[p_slip], ARRAY[holder], ARRAY[held.total_amount]);
    outcome := 'cancelled';
END $$;
