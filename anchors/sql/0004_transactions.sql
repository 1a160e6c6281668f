-- The arrows in the life of a transaction, and that what was signed, and what is final, stays.
CREATE TABLE public.anchors_arrow (source text NOT NULL, target text NOT NULL, PRIMARY KEY (source, target));
INSERT INTO public.anchors_arrow VALUES
    ('built', 'signed'), ('signed', 'broadcast'), ('broadcast', 'mined'), ('mined', 'final'),
    -- Mined although nobody knew that it was out: the process ended between sending it and saying so.
    ('signed', 'mined'),
    ('mined', 'reorganised'), ('reorganised', 'broadcast'), ('reorganised', 'mined'),
    ('built', 'replaced'), ('signed', 'replaced'), ('broadcast', 'replaced'), ('reorganised', 'replaced'),
    -- Of two with the same nonce the chain may take the older one after all.
    ('replaced', 'mined'),
    ('built', 'failed'), ('signed', 'failed'), ('broadcast', 'failed'), ('mined', 'failed'), ('reorganised', 'failed');

CREATE FUNCTION public.anchors_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- One that is only found on the chain starts as mined, and its bytes are unknown.
        IF NOT (NEW.status = 'built' OR (NEW.status = 'mined' AND NEW.raw IS NULL)) THEN
            RAISE EXCEPTION 'a transaction starts as built, not as %', NEW.status USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.status IN ('final', 'failed') AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'transaction %: what is % stays', OLD.id, OLD.status USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.status <> OLD.status
       AND NOT EXISTS (SELECT 1 FROM public.anchors_arrow WHERE source = OLD.status AND target = NEW.status) THEN
        RAISE EXCEPTION 'transaction %: no arrow from % to %', OLD.id, OLD.status, NEW.status
            USING ERRCODE = 'check_violation';
    END IF;
    IF ROW(NEW.id, NEW.contract_id, NEW.seq, NEW.nonce, NEW.gas_limit, NEW.max_fee_wei, NEW.priority_fee_wei,
           NEW.previous_head, NEW.head, NEW.replaces_id, NEW.created_at, NEW.raw, NEW.hash)
       IS DISTINCT FROM
       ROW(OLD.id, OLD.contract_id, OLD.seq, OLD.nonce, OLD.gas_limit, OLD.max_fee_wei, OLD.priority_fee_wei,
           OLD.previous_head, OLD.head, OLD.replaces_id, OLD.created_at,
           CASE WHEN OLD.status = 'built' THEN NEW.raw ELSE OLD.raw END,
           CASE WHEN OLD.status = 'built' THEN NEW.hash ELSE OLD.hash END) THEN
        RAISE EXCEPTION 'transaction %: what was built and signed never changes', OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER anchors_guard BEFORE INSERT OR UPDATE ON public.anchors_transaction
    FOR EACH ROW EXECUTE FUNCTION public.anchors_guard();

CREATE FUNCTION public.anchors_tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.anchors_transactionevent (transaction_id, status, note, block_number, block_hash, at)
    VALUES (NEW.id, NEW.status, NEW.note, NEW.block_number, NEW.block_hash, clock_timestamp());
    RETURN NULL;
END $$;
CREATE TRIGGER anchors_tell_first AFTER INSERT ON public.anchors_transaction
    FOR EACH ROW EXECUTE FUNCTION public.anchors_tell();
CREATE TRIGGER anchors_tell AFTER UPDATE ON public.anchors_transaction
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION public.anchors_tell();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.anchors_transactionevent
    FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();

CREATE FUNCTION public.anchors_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% keeps its rows: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER anchors_keep BEFORE DELETE OR TRUNCATE ON public.anchors_transaction
    FOR EACH STATEMENT EXECUTE FUNCTION public.anchors_keep();
CREATE TRIGGER anchors_keep BEFORE DELETE OR TRUNCATE ON public.anchors_contract
    FOR EACH STATEMENT EXECUTE FUNCTION public.anchors_keep();

CREATE FUNCTION public.anchors_contract_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.retired_at IS NOT NULL
       OR ROW(NEW.id, NEW.chain_id, NEW.genesis, NEW.address, NEW.publisher, NEW.first_seq, NEW.first_head,
              NEW.created_at)
          IS DISTINCT FROM
          ROW(OLD.id, OLD.chain_id, OLD.genesis, OLD.address, OLD.publisher, OLD.first_seq, OLD.first_head,
              OLD.created_at) THEN
        RAISE EXCEPTION 'contract %: it can be retired once, and nothing else changes', OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER anchors_contract_guard BEFORE UPDATE ON public.anchors_contract
    FOR EACH ROW EXECUTE FUNCTION public.anchors_contract_guard();
