"""What waits in the house itself: rounds, record, chain, approvals, endpoints that were given up, differences."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.urls import reverse

from anchors.selectors import list_alarms
from approvals.selectors import may_decide, open_requests
from audit.standing import sealing
from configuration.catalogue import INBOX_APPROVAL_MINUTES, ROUNDS_OVERDUE_SECONDS, SEALING_STALLED_SECONDS
from configuration.selectors import value
from desk.inbox.items import KIND_MAX, Item
from desk.sight import Sight
from desk.stories.sources import page_of
from keno_platform.core.clock import to_text
from operators.models import Operator
from reconciliation.selectors import open_differences
from rounds.selectors import count_overdue
from webhooks.selectors import disabled_endpoints

AT_ONCE, DAY = timedelta(0), timedelta(days=1)


def items(sight: Sight, now: datetime) -> Iterator[Item]:
    """What this member may see of it."""
    if sight.sees("rounds.round"):
        yield from _rounds(now)
    if sight.sees("audit.checkpoint"):
        yield from _record(now)
    if sight.sees("anchors.alarm"):
        yield from _chain()
    if sight.sees("approvals.request"):
        yield from _approvals(sight)
    yield from _endpoints(sight)
    yield from _differences(sight)


def _rounds(now: datetime) -> Iterator[Item]:
    overdue_s = value(ROUNDS_OVERDUE_SECONDS)
    overdue = count_overdue(by_s=overdue_s)
    if overdue:
        yield Item(
            kind="Rounds overdue",
            title=f"{overdue:,} rounds should have opened or closed",
            reason="Nobody drives them: is there a worker for the queue `rounds`, and beat?",
            since=now - timedelta(seconds=overdue_s),
            within=AT_ONCE,
            address=f"{reverse('admin:rounds_round_changelist')}?status__exact=open",
        )


def _record(now: datetime) -> Iterator[Item]:
    state = sealing()
    if trouble := state.trouble(after_s=value(SEALING_STALLED_SECONDS)):
        yield Item(
            kind="Sealing stalled",
            title="The record is not sealed",
            reason=trouble,
            since=now - timedelta(seconds=max(state.oldest_s, state.checkpoint_s or 0)),
            within=AT_ONCE,
            address=reverse("admin:audit_auditentry_changelist"),
        )


def _chain() -> Iterator[Item]:
    for alarm in list_alarms():
        yield Item(
            kind="Chain",
            title=str(alarm.code).replace("_", " "),
            reason=alarm.detail or "See docs/anchoring.md.",
            since=alarm.began_at,
            within=AT_ONCE,
            address=page_of("anchors.alarm", alarm.pk),
        )


def _approvals(sight: Sight) -> Iterator[Item]:
    within = timedelta(minutes=value(INBOX_APPROVAL_MINUTES))
    operators = {one.pk: one for one in sight.operators()}
    for one in sight.narrowed("approvals.request", open_requests()):
        if _is_picked(sight, one.operator_id):
            yours = "" if may_decide(one, sight.user) else " Somebody else has to decide it."
            yield Item(
                kind="Approval",
                title=f"{one.action}: {one.subject}",
                reason=f"{one.asked_by} asks: {one.reason}. Expires at {to_text(one.expires_at)}.{yours}",
                since=one.asked_at,
                within=within,
                address=page_of("approvals.request", one.pk),
                operator=operators.get(one.operator_id) if one.operator_id else None,
            )


def _endpoints(sight: Sight) -> Iterator[Item]:
    for one in sight.narrowed("webhooks.endpoint", disabled_endpoints()):
        if _is_picked(sight, one.operator_id):
            yield Item(
                kind="Webhook endpoint",
                title=one.url,
                reason=f"Given up: {one.state_reason or 'no reason is noted'}. What happens since is not told there.",
                since=one.last_success_at or one.created_at,
                within=DAY,
                address=page_of("webhooks.endpoint", one.pk),
                operator=one.operator,
            )


def _differences(sight: Sight) -> Iterator[Item]:
    found = sight.narrowed("reconciliation.difference", open_differences())
    for one in found[:KIND_MAX]:
        if _is_picked(sight, one.operator_id):
            yield Item(
                kind="Difference",
                title=f"{one.kind} {one.transaction_id}",
                reason=one.get_result_display(),
                since=one.run.created_at,
                within=DAY,
                address=page_of("reconciliation.difference", one.pk),
                operator=one.operator,
            )


def _is_picked(sight: Sight, operator_id: object) -> bool:
    """With a picked operator only its own and the house's; otherwise everybody's."""
    picked: Operator | None = sight.operator
    return picked is None or operator_id in (None, picked.pk)
