"""Changing phases and limits. Each change is one function, one transaction and one entry of the audit log."""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from audit import services as audit
from banker import announce, selectors
from banker.models import THREE_DIGITS, Exposure, NumberLimit, Phase, PhaseStatus
from banker.slips.numbers import NUMBERS
from keno_platform.core.clock import to_text
from keno_platform.core.errors import Kind, Refusal, Retry
from keno_platform.core.money import AMOUNT_MAX
from operators.models import Operator
from operators.tenancy import call_function, tenant_context

GLOBAL_LIMIT = 50_000
"""What a phase takes on one number unless it says otherwise, in whole units of the currency."""
MULTIPLIER = 80
MULTIPLIER_MAX = 1000
"""A three-digit number has one chance in 1,000: a phase whose prizes came to more would lose by design."""
TODS, NEIGHBOURS = 5, 2
"""So many numbers at most are the winning one's permutations, and its neighbours."""


class PhaseInvalid(Refusal):
    """The description of a phase or limit does not hold together; `params.field` says where."""

    code = "phase_invalid"
    kind = Kind.INVALID
    title = "The phase's details are not valid"


class PhaseNotInStatus(Refusal):
    """The phase has not come so far yet, or is past this; `params.status` is where it stands."""

    code = "phase_not_in_status"
    kind = Kind.CONFLICT
    title = "The phase is not in the state that this needs"
    retry = Retry.NEW_KEY


class AnotherPhaseOpen(Refusal):
    """One phase is open at a time."""

    code = "another_phase_open"
    kind = Kind.CONFLICT
    title = "Another phase is open"
    retry = Retry.NEW_KEY


class NumberInvalid(Refusal):
    """A number of this lottery is three ASCII digits, 000 to 999."""

    code = "number_invalid"
    kind = Kind.INVALID
    title = "The number is not three digits"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseTerms:
    """What has to be known to create a phase. The limit is in minor units; None means GLOBAL_LIMIT."""

    name: str
    starts_at: datetime
    ends_at: datetime
    global_limit: int | None = None
    multiplier: int = MULTIPLIER
    tod_multiplier: int = 0
    neighbour_multiplier: int = 0
    cancellation: bool = True

    def check(self) -> None:
        """:raises PhaseInvalid: the first thing that is wrong, in `params.field`."""
        if not 1 <= len(self.name) <= 40 or not self.name.isprintable() or self.name != self.name.strip():
            raise PhaseInvalid("The name is 1 to 40 printable characters.", field="name")
        if self.ends_at <= self.starts_at:
            raise PhaseInvalid("The end must be after the start.", field="ends_at")
        if self.global_limit is not None and not 0 < self.global_limit <= AMOUNT_MAX:
            raise PhaseInvalid("The limit must be above zero.", field="global_limit")
        if not 0 < self.multiplier <= MULTIPLIER_MAX:
            raise PhaseInvalid(f"The multiplier is 1 to {MULTIPLIER_MAX}.", field="multiplier")
        for field in ("tod_multiplier", "neighbour_multiplier"):
            if not 0 <= getattr(self, field) <= self.multiplier:
                raise PhaseInvalid("It is 0, or at most what the number itself pays.", field=field)
        if self.multiplier + TODS * self.tod_multiplier + NEIGHBOURS * self.neighbour_multiplier > MULTIPLIER_MAX:
            raise PhaseInvalid("All prizes together pay more than is staked.", field="tod_multiplier")


def create_phase(*, operator: Operator, terms: PhaseTerms, actor: str) -> Phase:
    """
    A new phase, in draft.

    :raises PhaseInvalid: the terms do not hold together, or the name is taken.
    """
    terms.check()
    limit = terms.global_limit or GLOBAL_LIMIT * 10**operator.currency_exponent
    phase = Phase(
        name=terms.name,
        starts_at=terms.starts_at,
        ends_at=terms.ends_at,
        global_limit=limit,
        multiplier=terms.multiplier,
        tod_multiplier=terms.tod_multiplier,
        neighbour_multiplier=terms.neighbour_multiplier,
        cancellation=terms.cancellation,
    )
    with tenant_context(operator), transaction.atomic():
        # Not a look beforehand: of two calls with one name at once, the second must be refused too.
        Phase.objects.bulk_create([phase], ignore_conflicts=True)
        made = Phase.objects.filter(pk=phase.pk).first()
        if made is None:
            raise PhaseInvalid("A phase with this name exists.", field="name")
        _record("created", operator, made, actor, after=_terms(operator, made))
    return made


def open_phase(*, operator: Operator, phase_id: UUID, actor: str) -> Phase:
    """
    Let slips be taken from `starts_at` on.

    :raises PhaseNotFound: none. :raises PhaseNotInStatus: not a draft. :raises AnotherPhaseOpen: there is one.
    :raises PhaseInvalid: its end has passed.
    """
    with tenant_context(operator), transaction.atomic():
        phase = hold_phase(phase_id, PhaseStatus.DRAFT)
        if not Phase.objects.filter(pk=phase.pk, ends_at__gt=Now()).exists():
            raise PhaseInvalid("The end of this phase has passed.", field="ends_at")
        try:
            with transaction.atomic():
                _move(phase, PhaseStatus.OPEN, opened_at=Now())
        except IntegrityError as error:
            # The only unique rule that a change of status can break.
            raise AnotherPhaseOpen() from error
        Exposure.objects.bulk_create(Exposure(phase=phase, number=number) for number in NUMBERS)
        _record("opened", operator, phase, actor)
        announce.phase_changed(operator, phase)
    return phase


def close_phase(*, operator: Operator, phase_id: UUID, actor: str) -> Phase:
    """
    Take no more slips. A closed phase does not open again. Waits for slips that have passed the gate; see
    docs/locking.md.

    :raises PhaseNotFound: none. :raises PhaseNotInStatus: not open.
    """
    with tenant_context(operator), transaction.atomic():
        call_function("banker_shut", [phase_id])
        phase = hold_phase(phase_id, PhaseStatus.OPEN)
        _move(phase, PhaseStatus.CLOSED, closed_at=selectors.ClockNow())
        _record("closed", operator, phase, actor)
        announce.phase_changed(operator, phase)
    return phase


def close_due(operator: Operator) -> list[UUID]:
    """Close an operator's phases whose end has passed by the database's clock. Returns their ids."""
    closed = []
    with tenant_context(operator):
        due = selectors.phases_to_close()
    for phase_id in due:
        with suppress(PhaseNotInStatus):
            closed.append(close_phase(operator=operator, phase_id=phase_id, actor=audit.SYSTEM).pk)
    return closed


def set_number_limit(*, operator: Operator, phase_id: UUID, number: str, max_amount: int, actor: str) -> NumberLimit:
    """
    Put a limit of its own on one number, in minor units; 0 bars the number.

    :raises NumberInvalid: not three digits. :raises PhaseInvalid: a limit below zero or out of range.
    :raises PhaseNotFound: none. :raises PhaseNotInStatus: betting on the phase is over.
    """
    if len(number) != 3 or not re.fullmatch(THREE_DIGITS, number):
        raise NumberInvalid(number=number[:16])
    if not 0 <= max_amount <= AMOUNT_MAX:
        raise PhaseInvalid("The limit must not be below zero.", field="max_amount")
    with tenant_context(operator), transaction.atomic():
        phase = hold_phase(phase_id, PhaseStatus.DRAFT, PhaseStatus.OPEN)
        # Slips on this number that are underway are counted first; those that come find the new limit.
        list(Exposure.objects.select_for_update().filter(phase=phase, number=number))
        before = selectors.room_limit(phase, number)
        limit, _ = NumberLimit.objects.update_or_create(phase=phase, number=number, defaults={"max_amount": max_amount})
        _record(
            "limit_set",
            operator,
            phase,
            actor,
            before={"number": number, "max_amount": operator.money(before)},
            after={"number": number, "max_amount": operator.money(max_amount)},
        )
        announce.phase_changed(operator, phase)
    return limit


def hold_phase(phase_id: UUID, *statuses: PhaseStatus) -> Phase:
    """The phase, locked until the transaction ends, when it is in one of these states."""
    phase = Phase.objects.select_for_update(no_key=True).filter(pk=phase_id).first()
    if phase is None:
        raise selectors.PhaseNotFound(phase_id=str(phase_id))
    if phase.status not in statuses:
        raise PhaseNotInStatus(status=phase.status, needed=[status.value for status in statuses])
    return phase


def _move(phase: Phase, target: PhaseStatus, **facts: Any) -> None:
    Phase.objects.filter(pk=phase.pk).update(status=target, **facts)
    phase.refresh_from_db()


def _terms(operator: Operator, phase: Phase) -> dict[str, Any]:
    return {
        "starts_at": to_text(phase.starts_at),
        "ends_at": to_text(phase.ends_at),
        "global_limit": operator.money(phase.global_limit),
        "multiplier": phase.multiplier,
        "tod_multiplier": phase.tod_multiplier,
        "neighbour_multiplier": phase.neighbour_multiplier,
        "cancellation": phase.cancellation,
    }


def _record(verb: str, operator: Operator, phase: Phase, actor: str, **change: Any) -> None:
    audit.record(
        f"phase.{verb}",
        description=f"phase {phase.name}: {verb.replace('_', ' ')}",
        actor=actor,
        operator_id=operator.pk,
        **change,
    )
