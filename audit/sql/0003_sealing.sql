-- Old rows keep transaction 0: a default that is computed for each of them would write the whole table anew.
ALTER TABLE public.audit_auditentry ADD COLUMN transaction_number bigint NOT NULL DEFAULT 0;
ALTER TABLE public.audit_auditentry ALTER COLUMN transaction_number
    SET DEFAULT (pg_current_xact_id())::text::bigint;
