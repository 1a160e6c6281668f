"""What must always hold of the books."""

from keno_platform.core.invariants import Invariant, Scope

INVARIANTS = (
    Invariant(
        code="I2-balances-are-sums",
        claim="Every balance is the sum of its account's transactions",
        scope=Scope.OPERATOR,
        violations="""
            SELECT a.id FROM wallet_account a LEFT JOIN wallet_transaction t ON t.account_id = a.id
            GROUP BY a.id, a.balance HAVING a.balance <> coalesce(sum(t.amount), 0)""",
    ),
    Invariant(
        code="I2-transactions-have-accounts",
        claim="Every transaction belongs to an account",
        scope=Scope.OPERATOR,
        violations="""
            SELECT t.id FROM wallet_transaction t
            WHERE NOT EXISTS (SELECT 1 FROM wallet_account a WHERE a.id = t.account_id)""",
    ),
    Invariant(
        code="I3-no-negative-balance",
        claim="No balance is or ever was below zero",
        scope=Scope.OPERATOR,
        violations="""
            SELECT id::text FROM wallet_account WHERE balance < 0
            UNION ALL SELECT id::text FROM wallet_transaction WHERE balance_after < 0""",
    ),
    Invariant(
        code="I9-keys-have-their-effect",
        claim="Every transfer key has the one transaction that it became, and every transfer its key",
        scope=Scope.OPERATOR,
        violations="""
            SELECT k.key FROM wallet_transferkey k
            WHERE NOT EXISTS (SELECT 1 FROM wallet_transaction t WHERE t.id = k.transaction_id)
            UNION ALL
            SELECT t.id::text FROM wallet_transaction t
            WHERE t.kind IN (4, 5) AND NOT EXISTS (
                SELECT 1 FROM wallet_transferkey k WHERE k.transaction_id = t.id)""",
    ),
)
