"""Comparisons of an operator's books with ours, and what was found in them."""

from collections.abc import Iterator

from operators.models import Operator
from reports.columns import Column, Report, Row, Type
from reports.query import Query
from reports.reading import stream

# One line for the comparison itself, and one for each difference that it found.
_RUNS = """
    SELECT m.created_at, m.id, 'comparison', m.status, m.since, m.until, m.matched,
           m.missing_here + m.missing_there + m.different_amount, m.in_doubt, NULL::uuid, NULL::text,
           m.total_here::bigint, m.total_there::numeric, NULL::timestamptz, NULL::text, m.id AS run, 0 AS place
    FROM public.reconciliation_reconciliationrun m
    WHERE m.operator_id = %(operator)s AND m.created_at >= %(since)s AND m.created_at < %(until)s
    UNION ALL
    SELECT m.created_at, m.id, d.result, d.state_here, NULL, NULL, NULL, NULL, NULL, d.transaction_id, d.player_token,
           d.minor_here, d.minor_there, d.resolved_at, d.resolution, m.id, d.id
    FROM public.reconciliation_difference d JOIN public.reconciliation_reconciliationrun m ON m.id = d.run_id
    WHERE m.operator_id = %(operator)s AND m.created_at >= %(since)s AND m.created_at < %(until)s
    ORDER BY 1, 16, 17
"""


def read(operator: Operator, query: Query) -> Iterator[Row]:
    """Comparisons that were made in the period, each followed by its differences."""
    own = {"operator": operator.pk, "since": query.since, "until": query.until}
    for row in stream(operator, _RUNS, own):
        *first, there, resolved, note, _, _ = row
        yield *first, None if there is None else int(there), resolved, note


REPORT = Report(
    code="reconciliation",
    columns=(
        Column(name="at", type=Type.TIME),
        Column(name="run_id", type=Type.CODE),
        Column(name="what", type=Type.NAME),
        Column(name="status", type=Type.NAME),
        Column(name="since", type=Type.TIME),
        Column(name="until", type=Type.TIME),
        Column(name="matched", type=Type.INTEGER),
        Column(name="differences", type=Type.INTEGER),
        Column(name="in_doubt", type=Type.INTEGER),
        Column(name="transaction_id", type=Type.CODE),
        Column(name="player", type=Type.CODE),
        Column(name="amount_here", type=Type.MONEY),
        Column(name="amount_there", type=Type.MONEY),
        Column(name="resolved_at", type=Type.TIME),
        Column(name="resolution", type=Type.TEXT),
    ),
    read=read,
)
