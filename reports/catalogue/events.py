"""What happened that a regulator asks about, and the sealed record with its proofs."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from audit.proofs import PAGE, StoredTree, state_document
from audit.selectors import Placed, log_of, placed_entries
from fairness.growing import inclusion_path
from operators.models import Operator
from reports.columns import Column, Report, Row, Type
from reports.query import Query
from reports.reading import fetch, stream

ROUTINE = (
    *("staff.logged_in", "staff.logged_out", "staff.viewed", "player.viewed", "session.viewed", "session.refused"),
    *("report.asked", "report.made", "report.downloaded", "report.expired", "record.exported", "webhook.replayed"),
    *("epoch.committed", "epoch.key_published", "results.sealed", "day.archived", "day.dropped"),
)
"""What is on record and is no significant event: what goes on all the time, and who looked at what."""

# What the house does with a round concerns every operator that had bets in it.
_EVENTS = """
    SELECT e.created_at, e.event_type, e.actor, e.round_id, e.bet_id, e.description, e.id
    FROM public.audit_auditentry e
    WHERE e.id >= %(low)s AND e.id < %(high)s AND e.event_type <> ALL (%(routine)s)
      AND (e.operator_id IS NOT DISTINCT FROM %(operator)s
           OR e.event_type = 'round.voided' AND EXISTS (
                SELECT 1 FROM public.rounds_participation p
                WHERE p.round_id = e.round_id AND p.operator_id = %(operator)s))
    ORDER BY e.id
"""


def read_events(operator: Operator | None, query: Query) -> Iterator[Row]:
    """Entries of the operator's own log without routine, or of the house's."""
    own = {"operator": operator.pk if operator else None, "low": query.low, "high": query.high}
    return stream(operator, _EVENTS, own | {"routine": list(ROUTINE)})


SIGNIFICANT_EVENTS = Report(
    code="significant_events",
    columns=(
        Column(name="at", type=Type.TIME),
        Column(name="event", type=Type.NAME),
        Column(name="actor", type=Type.TEXT),
        Column(name="round_id", type=Type.CODE),
        Column(name="bet_id", type=Type.CODE),
        Column(name="description", type=Type.TEXT),
        Column(name="entry_id", type=Type.CODE),
    ),
    read=read_events,
    house=True,
)

# By time as the entry says it; places follow each other, because an entry's place comes after that of what was written
# before it but for the seconds in which transactions overlap: so all places from the first to the last are given.
_RANGE = """
    SELECT min(l.index), max(l.index) FROM public.audit_auditentry e JOIN public.audit_leaf l ON l.entry_id = e.id
    WHERE l.log = %(log)s AND e.operator_id IS NOT DISTINCT FROM %(operator)s AND e.id >= %(low)s AND e.id < %(high)s
"""


def read_extract(operator: Operator | None, query: Query) -> Iterator[Row]:
    """Sealed entries without a gap, each with its place and the way from its leaf to the signed root."""
    log = log_of(operator.pk if operator else None)
    found = _range(operator, query)
    size = state_document(log)["size"] if found else 0
    for first, last in _pages(found):
        tree = StoredTree(log)  # of each page its own: what it has read it keeps
        for placed in placed_entries(log, first=first, last=last):
            yield _cells(placed, inclusion_path(tree.node, index=placed.index, size=size))


def _cells(placed: Placed, path: Sequence[bytes]) -> Row:
    one = placed.entry
    return (
        *(placed.index, one.id, one.created_at, one.transaction, one.event_type, one.actor, one.address),
        *(one.operator_id, one.round_id, one.bet_id, one.description, one.before, one.after),
        " ".join(step.hex() for step in path),
    )


def _pages(found: tuple[int, int] | None) -> Iterator[tuple[int, int]]:
    first, end = (found[0], found[1] + 1) if found else (0, 0)
    return ((at, min(at + PAGE, end)) for at in range(first, end, PAGE))


def extract_facts(operator: Operator | None, query: Query) -> Mapping[str, Any]:
    """The signed state of the log that the paths lead to, as a document."""
    if _range(operator, query) is None:
        return {}
    return {"report.fact_log_state": json.dumps(state_document(log_of(operator.pk if operator else None)))}


def _range(operator: Operator | None, query: Query) -> tuple[int, int] | None:
    log = log_of(operator.pk if operator else None)
    own = {"log": log, "operator": operator.pk if operator else None, "low": query.low, "high": query.high}
    [(first, last)] = fetch(operator, _RANGE, own)
    return None if first is None else (first, last)


AUDIT_EXTRACT = Report(
    code="audit_extract",
    columns=(
        Column(name="index", type=Type.INTEGER),
        Column(name="entry_id", type=Type.CODE),
        Column(name="created_at", type=Type.CODE, heading="at"),
        Column(name="transaction", type=Type.CODE, printed=False),
        Column(name="event_type", type=Type.NAME, heading="event"),
        Column(name="actor", type=Type.TEXT),
        Column(name="address", type=Type.CODE, printed=False),
        Column(name="operator_id", type=Type.CODE, printed=False),
        Column(name="round_id", type=Type.CODE),
        Column(name="bet_id", type=Type.CODE),
        Column(name="description", type=Type.TEXT),
        Column(name="before", type=Type.TEXT, printed=False),
        Column(name="after", type=Type.TEXT, printed=False),
        Column(name="path", type=Type.CODE, printed=False),
    ),
    read=read_extract,
    facts=extract_facts,
    house=True,
)
