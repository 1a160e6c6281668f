-- The guard of a round as conditions of triggers: the server evaluates them itself for each row, and a function is
-- called only to refuse. Each condition looks at the row that is about to be stored, whatever the statement set and
-- whatever other triggers did before. Their names give the order in which they are asked.
CREATE FUNCTION public.rounds_is_arrow(p_source text, p_target text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (p_source, p_target) IN (
        ('scheduled', 'open'), ('open', 'closed'), ('closed', 'drawn'), ('drawn', 'settled'), ('settled', 'revealed'),
        ('scheduled', 'void'), ('open', 'void'), ('closed', 'void'))
$$;
DROP TABLE public.rounds_arrow;
CREATE VIEW public.rounds_arrow AS
    WITH state AS (SELECT unnest(ARRAY['scheduled', 'open', 'closed', 'drawn', 'settled', 'revealed', 'void']) AS name)
    SELECT source.name AS source, target.name AS target FROM state source CROSS JOIN state target
    WHERE public.rounds_is_arrow(source.name, target.name);

DROP TRIGGER rounds_guard ON public.rounds_round;
DROP FUNCTION public.rounds_guard();
CREATE FUNCTION public.rounds_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    CASE TG_ARGV[0]
        WHEN 'start' THEN
            RAISE EXCEPTION 'a round starts as scheduled, not as %', NEW.status USING ERRCODE = 'check_violation';
        WHEN 'arrow' THEN
            RAISE EXCEPTION 'round %: no arrow from % to %', OLD.id, OLD.status, NEW.status
                USING ERRCODE = 'check_violation';
        ELSE
            RAISE EXCEPTION 'round %: % never changes', OLD.id, TG_ARGV[0] USING ERRCODE = 'check_violation';
    END CASE;
END $$;

CREATE TRIGGER rounds_guard_1_start BEFORE INSERT ON public.rounds_round
    FOR EACH ROW WHEN (NEW.status <> 'scheduled') EXECUTE FUNCTION public.rounds_refuse('start');
CREATE TRIGGER rounds_guard_2_arrow BEFORE UPDATE ON public.rounds_round
    FOR EACH ROW WHEN (NEW.status <> OLD.status AND NOT public.rounds_is_arrow(OLD.status, NEW.status))
    EXECUTE FUNCTION public.rounds_refuse('arrow');
CREATE TRIGGER rounds_guard_3_committed BEFORE UPDATE ON public.rounds_round
    FOR EACH ROW WHEN (
        NEW.id IS DISTINCT FROM OLD.id OR NEW.game_id IS DISTINCT FROM OLD.game_id
        OR NEW.number IS DISTINCT FROM OLD.number OR NEW.epoch_id IS DISTINCT FROM OLD.epoch_id
        OR NEW.leaf_index IS DISTINCT FROM OLD.leaf_index OR NEW.network IS DISTINCT FROM OLD.network
        OR NEW.anchoring IS DISTINCT FROM OLD.anchoring OR NEW.opens_at IS DISTINCT FROM OLD.opens_at
        OR NEW.closes_at IS DISTINCT FROM OLD.closes_at OR NEW.beacon_round IS DISTINCT FROM OLD.beacon_round
        OR NEW.server_seed_hash IS DISTINCT FROM OLD.server_seed_hash OR NEW.created_at IS DISTINCT FROM OLD.created_at)
    EXECUTE FUNCTION public.rounds_refuse('what was committed');
-- The RESULT leaf is made of the row: with it in a tree, the row is finished.
CREATE TRIGGER rounds_guard_4_in_tree BEFORE UPDATE ON public.rounds_round
    FOR EACH ROW WHEN (OLD.results_tree_id IS NOT NULL AND NEW.* IS DISTINCT FROM OLD.*)
    EXECUTE FUNCTION public.rounds_refuse('its result is in a tree and');
-- Everything else is filled in once: what is there stays.
CREATE TRIGGER rounds_guard_5_published BEFORE UPDATE ON public.rounds_round
    FOR EACH ROW WHEN (
        (OLD.opened_at IS NOT NULL AND NEW.opened_at IS DISTINCT FROM OLD.opened_at)
        OR (OLD.signed_only IS NOT NULL AND NEW.signed_only IS DISTINCT FROM OLD.signed_only)
        OR (OLD.closed_at IS NOT NULL AND NEW.closed_at IS DISTINCT FROM OLD.closed_at)
        OR (OLD.bets_count IS NOT NULL AND NEW.bets_count IS DISTINCT FROM OLD.bets_count)
        OR (OLD.bets_root IS NOT NULL AND NEW.bets_root IS DISTINCT FROM OLD.bets_root)
        OR (OLD.close_message IS NOT NULL AND NEW.close_message IS DISTINCT FROM OLD.close_message)
        OR (OLD.close_signature IS NOT NULL AND NEW.close_signature IS DISTINCT FROM OLD.close_signature)
        OR (OLD.close_key_id <> '' AND NEW.close_key_id IS DISTINCT FROM OLD.close_key_id)
        OR (OLD.drawn_at IS NOT NULL AND NEW.drawn_at IS DISTINCT FROM OLD.drawn_at)
        OR (OLD.numbers_drawn IS NOT NULL AND NEW.numbers_drawn IS DISTINCT FROM OLD.numbers_drawn)
        OR (OLD.server_seed IS NOT NULL AND NEW.server_seed IS DISTINCT FROM OLD.server_seed)
        OR (OLD.beacon_signature IS NOT NULL AND NEW.beacon_signature IS DISTINCT FROM OLD.beacon_signature)
        OR (OLD.settled_at IS NOT NULL AND NEW.settled_at IS DISTINCT FROM OLD.settled_at)
        OR (OLD.revealed_at IS NOT NULL AND NEW.revealed_at IS DISTINCT FROM OLD.revealed_at)
        OR (OLD.voided_at IS NOT NULL AND NEW.voided_at IS DISTINCT FROM OLD.voided_at)
        OR (OLD.void_cause IS NOT NULL AND NEW.void_cause IS DISTINCT FROM OLD.void_cause)
        OR (OLD.void_reason <> '' AND NEW.void_reason IS DISTINCT FROM OLD.void_reason))
    EXECUTE FUNCTION public.rounds_refuse('what was published');

-- The time that a round goes by, without a call for the rounds of ordinary games: they have no clock of their own.
CREATE FUNCTION public.rounds_own_time(p_sandbox boolean, p_game bigint) RETURNS timestamptz LANGUAGE sql VOLATILE AS
    $$ SELECT CASE WHEN p_sandbox THEN public.game_clock(p_game) ELSE clock_timestamp() END $$;

-- Every arrow writes a new version of its row: with room on the same page it is found there, and pruned there.
ALTER TABLE public.rounds_round SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE public.rounds_game SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);

-- As `rounds_shut`, without waiting: those of these rounds whose gate is free, and is now this transaction's.
CREATE FUNCTION public.rounds_shut_free(p_rounds bigint[]) RETURNS bigint[] LANGUAGE sql VOLATILE AS $$
    SELECT coalesce(array_agg(one.id), ARRAY[]::bigint[])
    FROM (SELECT DISTINCT unnest(p_rounds) AS id ORDER BY 1) one
    WHERE pg_try_advisory_xact_lock(public.rounds_lock_key(one.id))
$$;
