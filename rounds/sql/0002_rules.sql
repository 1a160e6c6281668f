-- The arrows of a round, and that what is committed stays as it was committed.
CREATE TABLE public.rounds_arrow (source text NOT NULL, target text NOT NULL, PRIMARY KEY (source, target));
INSERT INTO public.rounds_arrow VALUES
    ('scheduled', 'open'), ('open', 'closed'), ('closed', 'drawn'), ('drawn', 'settled'), ('settled', 'revealed'),
    ('scheduled', 'void'), ('open', 'void'), ('closed', 'void');

CREATE FUNCTION public.rounds_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'scheduled' THEN
            RAISE EXCEPTION 'a round starts as scheduled, not as %', NEW.status USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.status <> OLD.status
       AND NOT EXISTS (SELECT 1 FROM public.rounds_arrow WHERE source = OLD.status AND target = NEW.status) THEN
        RAISE EXCEPTION 'round %: no arrow from % to %', OLD.id, OLD.status, NEW.status USING ERRCODE = 'check_violation';
    END IF;
    IF ROW(NEW.id, NEW.game_id, NEW.number, NEW.epoch_id, NEW.leaf_index, NEW.network, NEW.opens_at, NEW.closes_at,
           NEW.beacon_round, NEW.server_seed_hash, NEW.created_at)
       IS DISTINCT FROM
       ROW(OLD.id, OLD.game_id, OLD.number, OLD.epoch_id, OLD.leaf_index, OLD.network, OLD.opens_at, OLD.closes_at,
           OLD.beacon_round, OLD.server_seed_hash, OLD.created_at) THEN
        RAISE EXCEPTION 'round %: what was committed never changes', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    -- Everything else is filled in once: what is there stays.
    IF ROW(NEW.opened_at, NEW.closed_at, NEW.bets_count, NEW.bets_root, NEW.close_message, NEW.close_signature,
           NEW.close_key_id, NEW.drawn_at, NEW.numbers_drawn, NEW.server_seed, NEW.beacon_signature, NEW.settled_at,
           NEW.revealed_at, NEW.voided_at, NEW.void_cause, NEW.void_reason)
       IS DISTINCT FROM
       ROW(coalesce(OLD.opened_at, NEW.opened_at), coalesce(OLD.closed_at, NEW.closed_at),
           coalesce(OLD.bets_count, NEW.bets_count), coalesce(OLD.bets_root, NEW.bets_root),
           coalesce(OLD.close_message, NEW.close_message), coalesce(OLD.close_signature, NEW.close_signature),
           coalesce(nullif(OLD.close_key_id, ''), NEW.close_key_id), coalesce(OLD.drawn_at, NEW.drawn_at),
           coalesce(OLD.numbers_drawn, NEW.numbers_drawn), coalesce(OLD.server_seed, NEW.server_seed),
           coalesce(OLD.beacon_signature, NEW.beacon_signature), coalesce(OLD.settled_at, NEW.settled_at),
           coalesce(OLD.revealed_at, NEW.revealed_at), coalesce(OLD.voided_at, NEW.voided_at),
           coalesce(OLD.void_cause, NEW.void_cause), coalesce(nullif(OLD.void_reason, ''), NEW.void_reason)) THEN
        RAISE EXCEPTION 'round %: what was published never changes', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rounds_guard BEFORE INSERT OR UPDATE ON public.rounds_round
    FOR EACH ROW EXECUTE FUNCTION public.rounds_guard();

CREATE FUNCTION public.rounds_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% keeps its rows: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER rounds_keep BEFORE DELETE OR TRUNCATE ON public.rounds_round
    FOR EACH STATEMENT EXECUTE FUNCTION public.rounds_keep();
CREATE TRIGGER rounds_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON public.rounds_epoch
    FOR EACH STATEMENT EXECUTE FUNCTION public.rounds_keep();

-- A seed follows from its commitment alone, so the seed that is stored must be the one that was committed.
CREATE FUNCTION public.rounds_seed_matches() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stream uuid;
BEGIN
    SELECT g.stream INTO stream FROM public.rounds_game g WHERE g.id = NEW.game_id;
    IF sha256('KPS1-COMMIT\000'::bytea || uuid_send(stream) || int8send(NEW.number) || NEW.server_seed)
       <> NEW.server_seed_hash THEN
        RAISE EXCEPTION 'round %: the seed is not the committed one', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rounds_seed_matches BEFORE UPDATE OF server_seed ON public.rounds_round
    FOR EACH ROW WHEN (NEW.server_seed IS NOT NULL) EXECUTE FUNCTION public.rounds_seed_matches();

CREATE VIEW public.rounds_seedlog AS
    SELECT r.id AS seed_id, r.id AS round_id, r.server_seed, r.server_seed_hash,
           NULL::text AS commit_tx_reference, NULL::text AS reveal_tx_reference,
           coalesce(r.revealed_at, r.voided_at) AS reveal_timestamp
    FROM public.rounds_round r
    WHERE r.status IN ('revealed', 'void') AND r.server_seed IS NOT NULL;

-- The close gate. Bets hold a round shared, whoever ends its betting holds it exclusively: so a bet is committed
-- before the close or has not passed the gate, and nothing lies between. See docs/locking.md.
CREATE FUNCTION public.rounds_lock_key(p_round bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$ SELECT (x'4b4e'::bigint << 47) | p_round $$;

CREATE FUNCTION public.rounds_gate(p_rounds bigint[])
RETURNS TABLE (round_id bigint, game_id bigint, round_status text, held_at timestamptz) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    one bigint;
    moment timestamptz;
BEGIN
    FOR one IN SELECT DISTINCT r FROM unnest(p_rounds) r ORDER BY r LOOP
        PERFORM pg_advisory_xact_lock_shared(public.rounds_lock_key(one));
    END LOOP;
    -- Only now, with every lock held, is the clock read and the state looked at: this statement's snapshot is new.
    moment := clock_timestamp();
    RETURN QUERY
        SELECT r.id, r.game_id, r.status::text, moment
        FROM public.rounds_round r
        WHERE r.id = ANY (p_rounds) AND r.status IN ('scheduled', 'open') AND moment < r.closes_at;
END $$;

CREATE FUNCTION public.rounds_shut(p_rounds bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    one bigint;
BEGIN
    FOR one IN SELECT DISTINCT r FROM unnest(p_rounds) r ORDER BY r LOOP
        PERFORM pg_advisory_xact_lock(public.rounds_lock_key(one));
    END LOOP;
END $$;
