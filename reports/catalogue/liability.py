"""What is owed and what is in doubt at this moment."""

from collections.abc import Iterator
from typing import Any

from operators.models import Operator
from reports.columns import Column, Report, Row, Type
from reports.query import Query
from reports.reading import fetch

# `owed` is what the house, or the operator, may have to pay on account of the line; lines do not overlap but for the
# stakes of pending bets, whose highest wins stand beside them.
_LINES = """
    SELECT 'pending_bets', count(*), coalesce(sum(b.stake), 0), coalesce(sum(b.potential_max_win), 0), min(b.created_at)
    FROM {s}.bets_bet b
    WHERE b.round_id IN (
            SELECT p.round_id FROM public.rounds_participation p
            WHERE p.operator_id = %(operator)s AND p.settled_at IS NULL)
      AND NOT EXISTS (SELECT 1 FROM {s}.bets_settlement s WHERE s.round_id = b.round_id)
      AND NOT EXISTS (SELECT 1 FROM {s}.bets_cancellation c WHERE c.bet_id = b.id)
    UNION ALL
    SELECT 'balances', count(*), coalesce(sum(a.balance), 0), coalesce(sum(a.balance), 0), NULL
    FROM {s}.wallet_account a WHERE a.balance > 0
    UNION ALL
    SELECT l.line, count(c.id), coalesce(sum(c.amount), 0),
           coalesce(sum(c.amount) FILTER (WHERE l.kind <> 6), 0), min(c.created_at)
    FROM (VALUES ('debits_in_doubt', 6, '{{pending,in_doubt}}'::text[]), ('credits_on_their_way', 7, '{{pending}}'),
                 ('rollbacks_on_their_way', 8, '{{pending}}'), ('credits_dead', 7, '{{dead}}'),
                 ('rollbacks_dead', 8, '{{dead}}')) AS l (line, kind, states)
    LEFT JOIN {s}.wallet_walletcall c ON c.kind = l.kind AND c.state = ANY (l.states)
    GROUP BY l.line
"""
LINES = (
    *("balances", "pending_bets", "debits_in_doubt", "credits_on_their_way", "credits_dead", "rollbacks_on_their_way"),
    "rollbacks_dead",
)


def read(operator: Operator, query: Query) -> Iterator[Row]:
    """A line for each kind of liability, also where it is zero."""
    found: dict[str, tuple[Any, ...]] = {
        line: tuple(rest) for line, *rest in fetch(operator, _LINES, {"operator": operator.pk})
    }
    for line in LINES:
        count, amount, owed, oldest = found[line]
        yield line, int(count), int(amount), int(owed), oldest


REPORT = Report(
    code="liability",
    columns=(
        Column(name="line", type=Type.NAME),
        Column(name="count", type=Type.INTEGER),
        Column(name="amount", type=Type.MONEY),
        Column(name="owed_at_most", type=Type.MONEY),
        Column(name="oldest_at", type=Type.TIME),
    ),
    read=read,
    now=True,
)
