"""What waits in operators' books: money in doubt, dead letters, large wins, returns that drift, flags."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.urls import reverse

from audit.selectors import entries_of_type
from bets.selectors import active_paytable, sums_since
from configuration.catalogue import INBOX_CALL_MINUTES, INBOX_FLAG_HOURS
from configuration.selectors import value
from desk.addresses import story_of
from desk.inbox.items import KIND_MAX, Item
from desk.returns import returned, theory_of
from desk.sight import Sight
from desk.stories.sources import page_of
from flags.selectors import undecided
from operators.bound import shown_amount
from operators.models import Operator
from operators.tenancy import tenant_context
from wallet.models import CallState
from wallet.selectors import calls_in_doubt

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LARGE_WIN = "large_win.paid"
CALLS_MAX = 500


def items(sight: Sight, now: datetime) -> Iterator[Item]:
    """What this member may see of it, in the picked operator's books or in all."""
    for operator in [sight.operator] if sight.operator else sight.operators():
        with tenant_context(operator):
            yield from _of(operator, sight, now)


def _of(operator: Operator, sight: Sight, now: datetime) -> Iterator[Item]:
    if sight.sees("wallet.walletcall"):
        yield from _dead_letters(operator)
        yield from _stuck(operator, now)
    if sight.sees("bets.payout") and sight.sees("audit.auditentry"):
        yield from _large_wins(operator, now)
    if sight.sees("bets.settlement"):
        yield from _drift(operator, now)
    if sight.sees("flags.flag"):
        yield from _flags(operator)


def _dead_letters(operator: Operator) -> Iterator[Item]:
    for call in calls_in_doubt().filter(state=CallState.DEAD).order_by("pk")[:KIND_MAX]:
        yield Item(
            kind="Dead letter",
            title=f"{call.get_kind_display().capitalize()} of {shown_amount(call.amount)} for {call.player}",
            reason=f"Given up after {call.attempts} attempts: {call.error or 'no answer'}. Somebody has to settle it.",
            since=call.created_at,
            within=DAY,
            address=page_of("wallet.walletcall", call.pk),
            operator=operator,
        )


def _stuck(operator: Operator, now: datetime) -> Iterator[Item]:
    """Calls that are not over after their time: together, because they are often many and have one cause."""
    within = timedelta(minutes=value(INBOX_CALL_MINUTES))
    open_ones = calls_in_doubt().exclude(state=CallState.DEAD).filter(created_at__lt=now - within)
    found = list(open_ones.order_by("pk")[:CALLS_MAX])
    if not found:
        return
    count = f"{len(found):,}{' or more' if len(found) == CALLS_MAX else ''} calls"
    total = shown_amount(sum(call.amount for call in found))
    yield Item(
        kind="Wallet calls stuck",
        title=f"{count} of {total} have no definite answer",
        reason=f"The operator's wallet does not answer as it should: {found[0].error or 'no answer'}.",
        since=found[0].created_at,
        within=within,
        address=f"{reverse('admin:wallet_walletcall_changelist')}?state__exact={found[0].state}&day=any",
        operator=operator,
    )


def _large_wins(operator: Operator, now: datetime) -> Iterator[Item]:
    for entry in entries_of_type(LARGE_WIN, operator_id=operator.pk, since=now - DAY)[:KIND_MAX]:
        yield Item(
            kind="Large win",
            title=entry.description,
            reason="Beyond the operator's threshold. Its story shows the draw, its proof, and how it was paid.",
            since=entry.created_at,
            within=DAY,
            address=story_of("bet", entry.bet_id),
            operator=operator,
        )


def _drift(operator: Operator, now: datetime) -> Iterator[Item]:
    sums = sums_since(now - DAY)
    if not sums.stakes:
        return
    got = returned(sums, theory_of(active_paytable()))
    if got.has_drifted:
        yield Item(
            kind="Return drifts",
            title=f"Players got {got.actual:.2%} back in 24 hours",
            reason=f"{got.distance:+.1f} standard errors from theory, {got.theory}, over {got.rounds:,} rounds.",
            since=now - DAY,
            within=DAY,
            address=reverse("admin:bets_settlement_changelist"),
            operator=operator,
        )


def _flags(operator: Operator) -> Iterator[Item]:
    within = timedelta(hours=value(INBOX_FLAG_HOURS))
    for flag in undecided()[:KIND_MAX]:
        whose = f" of {flag.player}" if flag.player_id else ""
        yield Item(
            kind="Flag",
            title=f"{flag.get_rule_display().capitalize()}{whose}",
            reason=f"Found {flag.times} times; {flag.get_status_display()}.",
            since=flag.raised_at,
            within=within,
            address=page_of("flags.flag", flag.pk),
            operator=operator,
        )
