"""Events of a story, as the rooms that know them keep them."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.admin.utils import quote
from django.urls import reverse

from audit.models import AuditEntry
from audit.titles import title_of
from calls.models import Call, Direction
from desk.stories.timeline import BAD, GOOD, OPEN, PLAIN, Happening
from keno_platform.core.clock import to_text
from operators.bound import shown_amount
from rounds.models import Round
from wallet.models import CallState, Transaction, WalletCall
from webhooks.models import Delivery, DeliveryState

CALL_TONES = {
    CallState.OK: GOOD,
    CallState.RESOLVED: GOOD,
    CallState.PENDING: OPEN,
    CallState.IN_DOUBT: OPEN,
    CallState.DEAD: BAD,
}
_DELIVERY_TONES = {DeliveryState.DELIVERED: GOOD, DeliveryState.PENDING: OPEN, DeliveryState.FAILED: BAD}


def page_of(model: str, key: Any) -> str:
    """The address of a record's page: `page_of("rounds.round", 7)`."""
    app, _, name = model.partition(".")
    return reverse(f"admin:{app}_{name}_change", args=[quote(str(key))])


def of_round(one: Round) -> Iterator[Happening]:
    """The life of a round, as far as it has come."""
    link = page_of("rounds.round", one.pk)
    steps = (
        (one.created_at, "Round committed", f"its seed is fixed, in epoch {one.epoch_id}", PLAIN),
        (one.opened_at, "Betting opened", _opening(one), PLAIN),
        (one.closed_at, "Betting closed", _close(one), PLAIN),
        (one.drawn_at, "Numbers drawn", _numbers(one), PLAIN),
        (one.settled_at, "All operators have paid", "", GOOD),
        (one.revealed_at, "Seed revealed", "anybody can draw the numbers again", GOOD),
        (one.voided_at, "Round void", one.void_reason or "without a draw; every stake goes back", BAD),
    )
    for at, what, detail, tone in steps:
        if at is not None:
            yield Happening(at=at, source="round", what=what, detail=detail, link=link, tone=tone)


def _opening(one: Round) -> str:
    if one.signed_only is None:
        return ""
    return (
        "its commitment was signed only, not yet final on the chain" if one.signed_only else "its commitment is final"
    )


def _close(one: Round) -> str:
    sealed = f"{one.bets_count:,} bets under one signed root" if one.bets_count is not None else ""
    return f"{sealed}; due at {to_text(one.closes_at)}" if sealed else f"due at {to_text(one.closes_at)}"


def _numbers(one: Round) -> str:
    return " ".join(f"{number:02d}" for number in sorted(one.numbers_drawn or ()))


def of_movements(movements: Iterable[Transaction]) -> Iterator[Happening]:
    """Money that moved in our books."""
    for one in movements:
        yield Happening(
            at=one.created_at,
            source="money",
            what=f"{one.get_kind_display().capitalize()} of {shown_amount(one.amount)}",
            detail=f"balance then {shown_amount(one.balance_after)}",
            link=page_of("wallet.transaction", one.pk),
        )


def of_wallet_calls(calls: Iterable[WalletCall]) -> Iterator[Happening]:
    """What was asked of the operator's own wallet, when it was begun and when it ended."""
    for one in calls:
        what = f"{one.get_kind_display().capitalize()} of {shown_amount(one.amount)} at the operator"
        link = page_of("wallet.walletcall", one.pk)
        yield Happening(at=one.created_at, source="wallet", what=f"{what}: begun", detail=_why(one), link=link)
        tone = CALL_TONES.get(CallState(one.state), PLAIN)
        if one.finished_at is not None:
            said = f"after {one.attempts} attempts{_reference(one)}"
            yield Happening(
                at=one.finished_at,
                source="wallet",
                what=f"{what}: {one.get_state_display()}",
                detail=said,
                link=link,
                tone=tone,
            )
        elif one.due_at is not None or tone == BAD:
            detail = one.error or "no definite answer yet"
            yield Happening(
                at=one.due_at or one.created_at,
                source="wallet",
                what=f"{what}: {one.get_state_display()}",
                detail=f"{one.attempts} attempts so far; {detail}",
                link=link,
                tone=tone,
            )


def _why(one: WalletCall) -> str:
    return one.get_reason_display() if one.reason else ""


def _reference(one: WalletCall) -> str:
    return f"; the operator's reference is {one.operator_reference}" if one.operator_reference else ""


def of_calls(calls: Iterable[Call]) -> Iterator[Happening]:
    """What the request log has: calls that came in, and each attempt of ours."""
    for one in calls:
        came = one.direction == Direction.IN
        answer = str(one.status) if one.status else "no answer"
        yield Happening(
            at=one.started_at,
            source="call",
            what=f"{'Call in' if came else 'Call out'}: {one.method} {one.endpoint}",
            detail=f"{answer}{f' {one.code}' if one.code else ''} in {one.duration_us / 1000:.1f} ms; {one.request_id}",
            link=page_of("calls.call", one.pk),
            tone=BAD if one.failed else PLAIN,
        )


def of_deliveries(deliveries: Iterable[Delivery]) -> Iterator[Happening]:
    """What the operator's endpoints were told."""
    for one in deliveries:
        yield Happening(
            at=one.finished_at or one.created_at,
            source="webhook",
            what=f"Webhook {one.event.type}: {one.get_state_display()}",
            detail=f"{one.endpoint.url}; {one.attempts} attempts{f'; {one.error}' if one.error else ''}",
            link=page_of("webhooks.delivery", one.pk),
            tone=_DELIVERY_TONES[DeliveryState(one.state)],
        )


def of_record(entries: Iterable[AuditEntry]) -> Iterator[Happening]:
    """What is on record, staff's own doings among it."""
    for one in entries:
        by = f"by {one.actor}{f' from {one.address}' if one.address else ''}"
        yield Happening(
            at=one.created_at,
            source="staff" if one.actor.startswith("staff:") else "record",
            what=title_of(one.event_type),
            detail=f"{one.event_type}: {one.description}; {by}",
            link=page_of("audit.auditentry", one.pk),
        )
