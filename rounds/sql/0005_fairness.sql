-- What came with the chain: signed epochs, published keys, results, countersignatures.
CREATE OR REPLACE FUNCTION public.rounds_guard() RETURNS trigger LANGUAGE plpgsql AS $$
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
    IF ROW(NEW.id, NEW.game_id, NEW.number, NEW.epoch_id, NEW.leaf_index, NEW.network, NEW.anchoring, NEW.opens_at,
           NEW.closes_at, NEW.beacon_round, NEW.server_seed_hash, NEW.created_at)
       IS DISTINCT FROM
       ROW(OLD.id, OLD.game_id, OLD.number, OLD.epoch_id, OLD.leaf_index, OLD.network, OLD.anchoring, OLD.opens_at,
           OLD.closes_at, OLD.beacon_round, OLD.server_seed_hash, OLD.created_at) THEN
        RAISE EXCEPTION 'round %: what was committed never changes', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    -- The RESULT leaf is made of the row: with it in a tree, the row is finished.
    IF OLD.results_tree_id IS NOT NULL AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'round %: its result is in a tree and never changes', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    -- Everything else is filled in once: what is there stays.
    IF ROW(NEW.opened_at, NEW.signed_only, NEW.closed_at, NEW.bets_count, NEW.bets_root, NEW.close_message,
           NEW.close_signature, NEW.close_key_id, NEW.drawn_at, NEW.numbers_drawn, NEW.server_seed,
           NEW.beacon_signature, NEW.settled_at, NEW.revealed_at, NEW.voided_at, NEW.void_cause, NEW.void_reason)
       IS DISTINCT FROM
       ROW(coalesce(OLD.opened_at, NEW.opened_at), coalesce(OLD.signed_only, NEW.signed_only),
           coalesce(OLD.closed_at, NEW.closed_at),
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

-- An epoch's key may be sealed anew, under another key; its place on the chain is filled in once.
DROP TRIGGER rounds_keep ON public.rounds_epoch;
CREATE TRIGGER rounds_keep BEFORE DELETE OR TRUNCATE ON public.rounds_epoch
    FOR EACH STATEMENT EXECUTE FUNCTION public.rounds_keep();
CREATE FUNCTION public.rounds_epoch_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF ROW(NEW.id, NEW.root, NEW.size, NEW.nodes, NEW.statement, NEW.statement_signature, NEW.statement_key_id,
           NEW.anchor_seq, NEW.starts_at, NEW.ends_at, NEW.committed_at)
       IS DISTINCT FROM
       ROW(OLD.id, OLD.root, OLD.size, OLD.nodes, OLD.statement, OLD.statement_signature, OLD.statement_key_id,
           coalesce(OLD.anchor_seq, NEW.anchor_seq), OLD.starts_at, OLD.ends_at, OLD.committed_at) THEN
        RAISE EXCEPTION 'epoch %: what was committed never changes', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rounds_epoch_guard BEFORE UPDATE ON public.rounds_epoch
    FOR EACH ROW EXECUTE FUNCTION public.rounds_epoch_guard();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.rounds_epochkey
    FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.rounds_resultstree
    FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.rounds_countersignature
    FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();
CREATE TRIGGER rounds_keep BEFORE DELETE OR TRUNCATE ON public.rounds_signingkey
    FOR EACH STATEMENT EXECUTE FUNCTION public.rounds_keep();

-- Epochs from before this version have their place in the order of the chain already; and one key has signed so far.
UPDATE public.rounds_epoch e SET anchor_seq = a.seq
FROM public.anchors_root a WHERE a.kind = 1 AND a.root = e.root;
INSERT INTO public.rounds_signingkey (key_id, public_key, sealed, created_at)
SELECT encode(substr(sha256(public_key), 1, 8), 'hex'), public_key, sealed, created_at
FROM public.rounds_sealedkey WHERE name = 'close-signing';
DELETE FROM public.rounds_sealedkey WHERE name = 'close-signing';

CREATE OR REPLACE VIEW public.rounds_seedlog AS
    SELECT r.id AS seed_id, r.id AS round_id, r.server_seed, r.server_seed_hash,
           committed.transaction::text AS commit_tx_reference, ended.transaction::text AS reveal_tx_reference,
           coalesce(r.revealed_at, r.voided_at) AS reveal_timestamp
    FROM public.rounds_round r
    JOIN public.rounds_epoch e ON e.id = r.epoch_id
    LEFT JOIN public.anchors_reference committed ON committed.seq = e.anchor_seq
    LEFT JOIN public.rounds_resultstree t ON t.id = r.results_tree_id
    LEFT JOIN public.anchors_reference ended ON ended.seq = t.anchor_seq
    WHERE r.status IN ('revealed', 'void') AND r.server_seed IS NOT NULL;
