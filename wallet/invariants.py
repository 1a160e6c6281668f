"""
What must always hold of the books. Days below the horizon are in the archive: their movements count by what was carried
forward, and what stays of them (keys, calls) is counted against it.
"""

from keno_platform.core.invariants import Invariant, Scope

_ONLINE = "(SELECT * FROM wallet_transaction WHERE id >= (SELECT archive_horizon()))"

INVARIANTS = (
    Invariant(
        code="I2-balances-are-sums",
        claim="Every balance is the sum of its account's transactions",
        scope=Scope.OPERATOR,
        violations=f"""
            SELECT a.id FROM wallet_account a
            LEFT JOIN (SELECT account_id, sum(amount) AS amount FROM {_ONLINE} GROUP BY 1) t ON t.account_id = a.id
            LEFT JOIN (SELECT account_id, sum(amount) AS amount FROM wallet_carriedbalance GROUP BY 1) c
              ON c.account_id = a.id
            WHERE a.balance <> coalesce(t.amount, 0) + coalesce(c.amount, 0)""",
    ),
    Invariant(
        code="I2-transactions-have-accounts",
        claim="Every transaction belongs to an account",
        scope=Scope.OPERATOR,
        violations="""
            SELECT t.id::text FROM wallet_transaction t
            WHERE NOT EXISTS (SELECT 1 FROM wallet_account a WHERE a.id = t.account_id)
            UNION ALL
            SELECT c.day || ' of ' || c.account_id FROM wallet_carriedbalance c
            WHERE NOT EXISTS (SELECT 1 FROM wallet_account a WHERE a.id = c.account_id)""",
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
        claim="Every transfer key has the one transaction that it became, and every transfer or credit its key",
        scope=Scope.OPERATOR,
        violations=f"""
            SELECT k.key FROM wallet_transferkey k WHERE k.transaction_id >= (SELECT archive_horizon())
              AND NOT EXISTS (SELECT 1 FROM {_ONLINE} t WHERE t.id = k.transaction_id)
            UNION ALL
            SELECT t.id::text FROM {_ONLINE} t
            WHERE t.kind IN (4, 5, 12, 13) AND NOT EXISTS (
                SELECT 1 FROM wallet_transferkey k WHERE k.transaction_id = t.id)""",
    ),
    Invariant(
        code="I4-debits-are-booked",
        claim="Each debit that the operator's wallet confirmed has come onto its account once, and nothing else has",
        scope=Scope.OPERATOR,
        violations=f"""
            SELECT coalesce(c.id, t.id)::text
            FROM (SELECT * FROM wallet_walletcall c
                  WHERE c.kind = 6 AND c.id >= (SELECT archive_horizon()) AND (c.state = 'ok'
                     OR c.state = 'rolled_back' AND EXISTS (SELECT 1 FROM wallet_transaction d WHERE d.id = c.id))) c
            FULL JOIN (SELECT * FROM {_ONLINE} o WHERE kind = 6) t ON t.id = c.id
            WHERE c.id IS NULL OR t.id IS NULL OR t.amount <> c.amount""",
    ),
    Invariant(
        code="I7-rollbacks-are-booked",
        claim="Money of a debit leaves its account once its rollback is confirmed; no rolled back bet was credited",
        scope=Scope.OPERATOR,
        violations=f"""
            SELECT coalesce(c.id, t.id)::text
            FROM (SELECT * FROM wallet_walletcall c
                  WHERE c.kind = 8 AND c.state = 'ok' AND c.id >= (SELECT archive_horizon())
                    AND EXISTS (SELECT 1 FROM wallet_transaction d WHERE d.id = movement_id(c.bet_id, 6))) c
            FULL JOIN (SELECT * FROM {_ONLINE} o WHERE kind = 8) t ON t.id = c.id
            WHERE c.id IS NULL OR t.id IS NULL OR t.amount <> -c.amount
            UNION ALL
            SELECT r.id::text FROM wallet_walletcall r JOIN wallet_walletcall d ON d.id = movement_id(r.bet_id, 6)
            WHERE r.kind = 8 AND (r.state = 'ok') <> (d.state = 'rolled_back')
            UNION ALL
            SELECT r.id::text FROM wallet_walletcall r JOIN wallet_walletcall c ON r.bet_id = ANY (c.bet_ids)
            WHERE r.kind = 8 AND c.kind = 7""",
    ),
    Invariant(
        code="I6-credits-are-booked",
        claim="Each credit that was delivered or booked by hand has left its account once, and nothing else has",
        scope=Scope.OPERATOR,
        violations=f"""
            SELECT coalesce(c.id, t.id)::text
            FROM (SELECT * FROM wallet_walletcall
                  WHERE kind = 7 AND state IN ('ok', 'resolved') AND amount > 0
                    AND id >= (SELECT archive_horizon())) c
            FULL JOIN (SELECT * FROM {_ONLINE} o WHERE kind = 7) t ON t.id = c.id
            WHERE c.id IS NULL OR t.id IS NULL OR t.amount <> -c.amount""",
    ),
    Invariant(
        code="I8-accounts-clear",
        claim="In seamless mode a balance is exactly what is still owed to the operator",
        scope=Scope.OPERATOR,
        violations="""
            SELECT a.id::text FROM wallet_account a
            LEFT JOIN (
                SELECT c.player_id, sum(c.amount) AS amount FROM wallet_walletcall c
                WHERE c.kind = 7 AND c.state IN ('pending', 'dead')
                   OR c.kind = 8 AND c.state = 'pending' AND EXISTS (
                        SELECT 1 FROM wallet_transaction d WHERE d.id = movement_id(c.bet_id, 6))
                GROUP BY c.player_id) o ON o.player_id = a.player_id
            WHERE a.balance <> coalesce(o.amount, 0)
              AND NOT EXISTS (SELECT 1 FROM players_player h WHERE h.id = a.player_id AND h.token LIKE '@%')
              AND EXISTS (
                SELECT 1 FROM public.operators_operator p
                WHERE p.schema_name = current_schema() AND p.wallet_mode = 'seamless')""",
    ),
    Invariant(
        code="I10-nothing-is-forgotten",
        claim="No debit is undecided for a minute, and what is in doubt has its rollback on the way",
        scope=Scope.OPERATOR,
        violations="""
            SELECT c.id::text FROM wallet_walletcall c
            WHERE c.kind = 6 AND c.state = 'pending' AND c.created_at < clock_timestamp() - interval '1 minute'
            UNION ALL
            SELECT c.id::text FROM wallet_walletcall c WHERE c.kind = 6 AND c.state = 'in_doubt' AND NOT EXISTS (
                SELECT 1 FROM wallet_walletcall r WHERE r.id = movement_id(c.bet_id, 8) AND r.state = 'pending')
            UNION ALL
            SELECT c.id::text FROM wallet_walletcall c
            WHERE c.due_at < clock_timestamp() - interval '20 minutes' AND EXISTS (
                SELECT 1 FROM public.operators_walletconnection w JOIN public.operators_operator o USING (operator_id)
                WHERE o.schema_name = current_schema() AND w.active)""",
    ),
    Invariant(
        code="I37-archived-days-add-up",
        claim="What was carried forward of an archived day is what its files hold, and days follow each other",
        scope=Scope.OPERATOR,
        violations="""
            SELECT d.day::text FROM wallet_archivedday d
            LEFT JOIN (SELECT day, sum(movements) AS movements, sum(amount) AS amount
                       FROM wallet_carriedbalance GROUP BY 1) b ON b.day = d.day
            LEFT JOIN (SELECT day, sum(movements) AS movements, sum(amount) AS amount
                       FROM wallet_carriedkind GROUP BY 1) k ON k.day = d.day
            WHERE (d.movements, d.moved) <> (coalesce(b.movements, 0), coalesce(b.amount, 0))
               OR (d.movements, d.moved) <> (coalesce(k.movements, 0), coalesce(k.amount, 0))
               OR day_of_id(d.upper) <> d.day + 1
            UNION ALL
            SELECT c.day::text FROM (SELECT day FROM wallet_carriedbalance UNION SELECT day FROM wallet_carriedkind) c
            WHERE c.day NOT IN (SELECT day FROM wallet_archivedday)""",
    ),
    Invariant(
        code="I37-archived-days-have-their-keys",
        claim="Transfers' keys and the calls at the operator's wallet are as many as the movements that are archived",
        scope=Scope.OPERATOR,
        violations="""
            SELECT coalesce(k.day, c.day)::text || ': transfers'
            FROM (SELECT day_of_id(transaction_id) AS day, count(*) AS n FROM wallet_transferkey
                  WHERE transaction_id < (SELECT archive_horizon()) GROUP BY 1) k
            FULL JOIN (SELECT day, sum(movements) AS n FROM wallet_carriedkind
                       WHERE kind IN (4, 5, 12, 13) GROUP BY 1) c ON c.day = k.day
            WHERE coalesce(k.n, 0) <> coalesce(c.n, 0)
            UNION ALL
            -- A debit that was taken and given back has both movements: what remains are those that stand.
            SELECT coalesce(k.day, c.day)::text || ': calls'
            FROM (SELECT day_of_id(id) AS day, count(*) FILTER (WHERE kind = 6 AND state = 'ok') AS debits,
                         coalesce(sum(amount) FILTER (WHERE kind = 6 AND state = 'ok'), 0) AS debited,
                         count(*) FILTER (WHERE kind = 7) AS credits,
                         coalesce(sum(amount) FILTER (WHERE kind = 7), 0) AS credited
                  FROM wallet_walletcall
                  WHERE id < (SELECT archive_horizon())
                    AND (kind = 6 AND state = 'ok' OR kind = 7 AND state IN ('ok', 'resolved') AND amount > 0)
                  GROUP BY 1) k
            FULL JOIN (SELECT day, sum(CASE kind WHEN 6 THEN movements WHEN 8 THEN -movements ELSE 0 END) AS debits,
                              sum(CASE WHEN kind IN (6, 8) THEN amount ELSE 0 END) AS debited,
                              sum(CASE WHEN kind = 7 THEN movements ELSE 0 END) AS credits,
                              sum(CASE WHEN kind = 7 THEN -amount ELSE 0 END) AS credited
                       FROM wallet_carriedkind WHERE kind IN (6, 7, 8) GROUP BY 1) c ON c.day = k.day
            WHERE (coalesce(k.debits, 0), coalesce(k.debited, 0), coalesce(k.credits, 0), coalesce(k.credited, 0))
               <> (coalesce(c.debits, 0), coalesce(c.debited, 0), coalesce(c.credits, 0), coalesce(c.credited, 0))""",
    ),
    Invariant(
        code="I38-who-is-protected-is-guarded",
        claim="Whoever has a limit, a break or a profile of the own is guarded, and the account as the player is",
        scope=Scope.OPERATOR,
        violations="""
            SELECT p.id::text FROM players_player p
            WHERE NOT p.guarded AND (
                p.jurisdiction_code <> ''
                OR EXISTS (SELECT 1 FROM players_exclusion e WHERE e.player_id = p.id AND e.lifted_at IS NULL
                           AND (e.until IS NULL OR e.until > clock_timestamp()))
                OR EXISTS (SELECT 1 FROM (
                        SELECT DISTINCT ON (l.kind, l.period, l.source) l.amount FROM players_playerlimit l
                        WHERE l.player_id = p.id AND l.withdrawn_at IS NULL
                        ORDER BY l.kind, l.period, l.source, l.id DESC) latest WHERE latest.amount IS NOT NULL))
            UNION ALL
            SELECT a.player_id::text FROM wallet_account a JOIN players_player p ON p.id = a.player_id
            WHERE a.guarded <> p.guarded
            UNION ALL
            SELECT p.id::text FROM players_player p
            WHERE p.guarded AND NOT EXISTS (SELECT 1 FROM wallet_account a WHERE a.player_id = p.id)""",
    ),
)
