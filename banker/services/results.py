"""
A phase's number: entered by one admin, confirmed by another, and settled once. What was confirmed stands in the phase
before anything is paid, so a settlement that dies is found again; see `banker.tasks`.
"""

import re
from uuid import UUID

from django.db import IntegrityError, transaction

from audit import services as audit
from banker import announce, selectors
from banker.models import THREE_DIGITS, Member, Phase, PhaseStatus, ResultEntry, Settlement
from banker.services.phases import NumberInvalid, PhaseNotInStatus, hold_phase
from banker.services.slips import actor_of
from keno_platform.core import ids
from keno_platform.core.errors import Kind, Refusal, Retry
from operators.models import Operator
from operators.tenancy import call_function, tenant_context, tenant_transaction


class ResultPending(Refusal):
    """Another number of this phase waits for a decision already."""

    code = "result_pending"
    kind = Kind.CONFLICT
    title = "A number waits for a decision already"
    retry = Retry.NEW_KEY


class SecondAdminNeeded(Refusal):
    """Who entered a number does not decide about it: another admin does."""

    code = "second_admin_needed"
    kind = Kind.FORBIDDEN
    title = "Another admin must decide this"


class ResultDiffers(Refusal):
    """The number that was confirmed is not the one that was entered. Neither counts until both admins agree."""

    code = "result_differs"
    kind = Kind.CONFLICT
    title = "The number is not the one that was entered"
    retry = Retry.NEW_KEY


class CorrectionInvalid(Refusal):
    """A correction names another number than the one that counts now, and its reason."""

    code = "correction_invalid"
    kind = Kind.INVALID
    title = "The correction is not valid"


class CorrectionNotCovered(Refusal):
    """
    Collectors have less than what is to be taken back; `params.members` says who lacks how much. Nothing was moved:
    give them credit first, or have it paid in.
    """

    code = "correction_not_covered"
    kind = Kind.CONFLICT
    title = "Collectors' balances do not cover the correction"
    retry = Retry.NEW_KEY


def enter_result(*, operator: Operator, phase_id: UUID, number: str, admin: Member) -> ResultEntry:
    """
    Enter the winning number of a closed phase, for another admin to confirm.

    :raises NumberInvalid: not three digits. :raises PhaseNotFound: none. :raises ResultPending: one waits already.
    :raises PhaseNotInStatus: not closed, or its number is confirmed.
    """
    _require_number(number)
    with tenant_context(operator), transaction.atomic():
        phase = hold_phase(phase_id, PhaseStatus.CLOSED)
        if phase.winning_number is not None:
            raise PhaseNotInStatus(status="confirmed", needed=[PhaseStatus.CLOSED.value])
        return _enter(operator, phase, admin, number=number)


def propose_correction(*, operator: Operator, phase_id: UUID, number: str, reason: str, admin: Member) -> ResultEntry:
    """
    Enter another number for a settled phase, for another admin to confirm.

    :raises NumberInvalid: or PhaseNotFound, ResultPending, as `enter_result`. :raises PhaseNotInStatus: not settled.
    :raises CorrectionInvalid: the number that counts already, or no reason.
    """
    _require_number(number)
    if not 1 <= len(reason.strip()) <= 400 or "\x00" in reason:
        raise CorrectionInvalid("A reason of 1 to 400 characters.", field="reason")
    with tenant_context(operator), transaction.atomic():
        phase = hold_phase(phase_id, PhaseStatus.SETTLED)
        if number == number_now(phase):
            raise CorrectionInvalid("This number counts already.", field="number")
        return _enter(operator, phase, admin, number=number, correction=True, reason=reason)


def reject_result(*, operator: Operator, phase_id: UUID, admin: Member) -> ResultEntry:
    """
    Throw away the number that waits, as another admin than who entered it.

    :raises PhaseNotFound: none. :raises ResultNotFound: none waits. :raises SecondAdminNeeded: it is one's own.
    """
    with tenant_context(operator), transaction.atomic():
        phase, entry = _waiting(phase_id, admin)
        _decide(entry, admin, confirmed=False)
        _record("result_rejected", operator, phase, admin, number=entry.number)
    return entry


def confirm_result(*, operator: Operator, phase_id: UUID, number: str, admin: Member) -> ResultEntry:
    """
    Confirm the number that another admin entered, by typing it again. It counts from then on; a phase is then settled,
    a settled one corrected in this transaction.

    :raises PhaseNotFound: none. :raises ResultNotFound: none waits. :raises SecondAdminNeeded: it is one's own.
    :raises ResultDiffers: another number. :raises CorrectionNotCovered: balances do not cover what is taken back.
    """
    _require_number(number)
    with tenant_transaction(operator):
        phase, entry = _waiting(phase_id, admin)
        if entry.number != number:
            raise ResultDiffers()
        _decide(entry, admin, confirmed=True)
        if entry.correction:
            _correct(operator, phase, entry, admin)
        else:
            Phase.objects.filter(pk=phase.pk).update(winning_number=number)
            _record("result_confirmed", operator, phase, admin, number=number)
    return entry


def settle_phase(*, operator: Operator, phase_id: UUID) -> bool:
    """Pay a phase whose number is confirmed, once. Whether this call did it; False when there was nothing to do."""
    with tenant_transaction(operator):
        base = UUID(int=ids.uuid7().int & ~selectors.PART_MASK)
        [(done,)] = call_function("banker_settle", [phase_id, base])
        if done:
            phase = selectors.get_phase(phase_id)
            _record("settled", operator, phase, None, **_figures(operator, Settlement.objects.get(phase=phase)))
            announce.phase_changed(operator, phase)
    return bool(done)


def number_now(phase: Phase) -> str | None:
    """The number that counts: the confirmed one, or that of the latest correction."""
    latest = selectors.corrections(phase).last()
    return latest.number_after if latest else phase.winning_number


def _correct(operator: Operator, phase: Phase, entry: ResultEntry, admin: Member) -> None:
    base = UUID(int=ids.uuid7().int & ~selectors.PART_MASK)
    [(outcome, before, reversed_, paid, members, lacks)] = call_function("banker_correct", [entry.pk, base])
    if outcome == "not_covered":
        lacking = zip(members, lacks, strict=True)
        raise CorrectionNotCovered(members={name: operator.money(amount) for name, amount in lacking})
    _record(
        "corrected",
        operator,
        phase,
        admin,
        number=entry.number,
        number_before=before,
        reason=entry.reason,
        reversed=operator.money(reversed_),
        paid=operator.money(paid),
    )
    announce.phase_changed(operator, phase)


def _enter(operator: Operator, phase: Phase, admin: Member, **facts: object) -> ResultEntry:
    try:
        with transaction.atomic():
            entry = ResultEntry.objects.create(phase=phase, entered_by=admin, **facts)
    except IntegrityError as error:
        raise ResultPending() from error
    _record("result_entered", operator, phase, admin, number=entry.number, reason=entry.reason)
    return entry


def _waiting(phase_id: UUID, admin: Member) -> tuple[Phase, ResultEntry]:
    phase = hold_phase(phase_id, PhaseStatus.CLOSED, PhaseStatus.SETTLED)
    entry = selectors.find_result(phase)
    if entry is None:
        raise selectors.ResultNotFound(phase_id=str(phase_id))
    if entry.entered_by_id == admin.pk:
        raise SecondAdminNeeded()
    return phase, entry


def _decide(entry: ResultEntry, admin: Member, *, confirmed: bool) -> None:
    ResultEntry.objects.filter(pk=entry.pk).update(
        decided_by=admin, decided_at=selectors.ClockNow(), confirmed=confirmed
    )
    entry.refresh_from_db()


def _require_number(number: str) -> None:
    if len(number) != 3 or not re.fullmatch(THREE_DIGITS, number):
        raise NumberInvalid(number=number[:16])


def _figures(operator: Operator, one: Settlement) -> dict[str, object]:
    return {
        "total_in": operator.money(one.total_in),
        "total_out": operator.money(one.total_out),
        "net_profit": operator.money(one.net_profit),
        "commission": operator.money(one.commission_total),
    }


def _record(verb: str, operator: Operator, phase: Phase, admin: Member | None, **facts: object) -> None:
    audit.record(
        f"phase.{verb}",
        description=f"phase {phase.name}: {verb.replace('_', ' ')}",
        actor=actor_of(admin) if admin else audit.SYSTEM,
        operator_id=operator.pk,
        after={name: value for name, value in facts.items() if value != ""},
    )
