-- The three-digit lottery's movements, on its members' accounts: slips (9), credit taken back (13) and reversals (15) take
-- money, prizes (10), refunds of slips (11), credit given (12) and commission (14) bring it.
ALTER TABLE {schema}.wallet_transaction
    DROP CONSTRAINT wallet_kind_known, DROP CONSTRAINT wallet_amount_has_its_sign,
    ADD CONSTRAINT wallet_kind_known CHECK (kind IN (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)),
    ADD CONSTRAINT wallet_amount_has_its_sign CHECK (
        CASE WHEN kind IN (1, 5, 7, 8, 9, 13, 15) THEN amount < 0 ELSE amount > 0 END);

-- As before, with the kind as one hexadecimal digit.
CREATE OR REPLACE FUNCTION {schema}.movement_id(p_cause uuid, p_kind int) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$ SELECT (left(p_cause::text, 35) || to_hex(p_kind))::uuid $$;
