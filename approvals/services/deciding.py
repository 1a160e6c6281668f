"""The second pair of eyes. What is approved is carried out in the same transaction, or not at all."""

from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from approvals.actions import Action, effect_of, get_action
from approvals.models import Decision, Request, State, Verdict
from approvals.ports import ports
from approvals.selectors import case_of, changed_facts, facts_of, fingerprint_of
from approvals.services.people import NotOpen, Person, close, held, record, require_permission
from approvals.shapes import Parties, description_of, plain
from keno_platform.core.errors import Kind, Refusal

Ended = tuple[State, str]
"""How a request came to its end, and what came of it in words."""


class SamePerson(Refusal):
    """Whoever asks for something does not decide on it, whatever their rights."""

    code = "four_eyes"
    kind = Kind.FORBIDDEN
    title = "Another person has to decide this"


class NotConfirmed(Refusal):
    """An approval is typed, so that nobody gives it by a slip of the hand."""

    code = "approval_not_confirmed"
    kind = Kind.INVALID
    title = "The confirmation does not match"


@transaction.atomic(durable=True)
def approve(*, request_id: UUID, person: Person, reason: str, confirmation: str) -> Request:
    """
    Approve a request, and carry it out. It fails, and changes nothing, when what it rests on has changed since it was
    asked, or when what it asks for is refused: then its state says so, and `outcome` why.

    :raises NotFound: there is no such request. :raises NotOpen: it has come to its end.
    :raises SamePerson: this person asked for it. :raises NotPermitted: they have not what the action needs.
    :raises NotConfirmed: `confirmation` is not what the request's description wants typed.
    """
    request, action = _begun(request_id, person)
    wanted = description_of(request.description).confirm
    if confirmation.strip() != wanted:
        raise NotConfirmed(f"Type {wanted!r} to approve it.")
    _decide(request, action, person, Verdict.APPROVE, reason)
    state, outcome = _carried_out(request, action, person)
    close(request, state, outcome)
    record(request, state.value, person, said=outcome)
    return request


@transaction.atomic(durable=True)
def reject(*, request_id: UUID, person: Person, reason: str) -> Request:
    """
    Reject a request: nothing is changed.

    :raises NotFound: there is no such request. :raises NotOpen: it has come to its end.
    :raises SamePerson: this person asked for it. :raises NotPermitted: they have not what the action needs.
    """
    request, action = _begun(request_id, person)
    _decide(request, action, person, Verdict.REJECT, reason)
    close(request, State.REJECTED, reason)
    record(request, "rejected", person, said=f"rejected: {reason}")
    return request


def _begun(request_id: UUID, person: Person) -> tuple[Request, Action]:
    request = held(request_id)
    if not Request.objects.filter(Q(expires_at__gt=Now()), pk=request_id).exists():
        raise NotOpen(state=State.EXPIRED.value)
    if person.user.pk == request.asked_by_user_id or person.name.lower() == request.asked_by.lower():
        raise SamePerson()
    if ports.may_be_one_person(person.user, request.asked_by_user):
        raise SamePerson(
            "One of you has let the other in, or somebody else both of you, and nobody has vouched since that you are "
            "two people: see Staff, Vouch."
        )
    action = get_action(request.action)
    require_permission(action.permission, person, request.operator_id)
    return request, action


def _decide(request: Request, action: Action, person: Person, verdict: Verdict, reason: str) -> None:
    Decision.objects.create(
        request=request,
        verdict=verdict,
        reason=reason,
        asked_by=request.asked_by,
        asked_by_user_id=request.asked_by_user_id,
        decided_by=person.name,
        decided_by_user=person.user,
        effect=_effect_now(request, action),
    )


def _effect_now(request: Request, action: Action) -> object:
    """What the decision was made on; what was shown when it was asked, where it cannot be said any more."""
    try:
        with transaction.atomic():
            return plain(effect_of(action, case_of(request)))
    except Refusal:
        return request.effect


def _carried_out(request: Request, action: Action, person: Person) -> Ended:
    case = case_of(request)
    parties = Parties(request_id=request.pk, asked_by=request.asked_by, decided_by=person.name, reason=request.reason)
    try:
        with transaction.atomic():
            facts = facts_of(action, case)
            if fingerprint_of(facts) != bytes(request.fingerprint):
                return State.FAILED, _what_changed(request, changed_facts(request, facts))
            return State.APPROVED, action.carry_out(case, parties)
    except Refusal as refusal:
        return State.FAILED, f"{refusal.title}: {refusal.detail or 'nothing was changed'} ({refusal.code})"


def _what_changed(request: Request, names: list[str]) -> str:
    return f"Nothing was done: what it changes has changed since it was asked ({', '.join(names)}). Ask again."
