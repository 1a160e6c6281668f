"""Members: who they are, what they may have, and the credit that admins give them."""

import hashlib
import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from audit import services as audit
from banker import announce, second_factor, selectors
from banker.models import Member, MemberSession, Role
from banker.models.members import USERNAME, WHOLE
from keno_platform.core import ids
from keno_platform.core.errors import Kind, Refusal, Retry
from operators.models import Operator
from operators.tenancy import tenant_context
from players import services as players
from wallet import services as wallet
from wallet.models import Kind as Movement

PASSWORD_MIN, PASSWORD_MAX = 10, 128


class MemberInvalid(Refusal):
    """The description of a member does not hold together; `params.field` says where."""

    code = "member_invalid"
    kind = Kind.INVALID
    title = "The member's details are not valid"


class AdminsByOperator(Refusal):
    """
    An admin makes no admin and changes no admin's way of signing in, or one person could be two at a phase's number.
    The operator's backend does, with its key.
    """

    code = "admins_by_operator"
    kind = Kind.FORBIDDEN
    title = "Only the operator's own system makes admins"


class CreditInvalid(Refusal):
    """Credit is an amount above zero, given to a collector or taken from one."""

    code = "credit_invalid"
    kind = Kind.INVALID
    title = "The credit is not valid"


class CreditNotThere(Refusal):
    """The collector's balance is smaller than what is to be taken back; `params.balance` is what there is."""

    code = "credit_not_there"
    kind = Kind.CONFLICT
    title = "The collector's balance is smaller"
    retry = Retry.NEW_KEY


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberTerms:
    """What a new member is. The commission is in hundredths of a percent; who has no password never signs in."""

    username: str
    role: Role
    password: str | None = None
    parent_id: UUID | None = None
    commission: int = 0

    def check(self) -> None:
        """:raises MemberInvalid: the first thing that is wrong, in `params.field`."""
        if len(self.username) > 30 or not re.fullmatch(USERNAME.rstrip("$"), self.username, re.ASCII):
            raise MemberInvalid("2 to 30 of a-z 0-9 . _ and -, a letter or digit first.", field="username")
        if self.password is not None:
            check_password_length(self.password)
        if not 0 <= self.commission <= WHOLE:
            raise MemberInvalid(f"0 to {WHOLE} hundredths of a percent.", field="commission")
        if self.role is Role.ADMIN and (self.parent_id or self.commission):
            raise MemberInvalid("An admin stands in no hierarchy.", field="role")


def check_password_length(password: str) -> None:
    """:raises MemberInvalid: too short, or too long."""
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise MemberInvalid(f"{PASSWORD_MIN} to {PASSWORD_MAX} characters.", field="password")


def add_member(
    *, operator: Operator, terms: MemberTerms, actor: str, by: Member | None = None
) -> tuple[Member, str | None]:
    """
    A new member with an account of its own, and for an admin the secret of its second factor, which is shown once. `by`
    is the admin who adds it; None for the operator itself.

    :raises MemberInvalid: the terms do not hold together, the name is taken, or the agent above has less commission.
    :raises AdminsByOperator: an admin would make another.
    """
    terms.check()
    if by is not None and terms.role is Role.ADMIN:
        raise AdminsByOperator()
    secret = second_factor.new_secret() if terms.role is Role.ADMIN else None
    member_id = ids.uuid7()
    with tenant_context(operator), transaction.atomic():
        parent = _agent(terms)
        try:
            with transaction.atomic():
                holder = players.add_holder(operator=operator, name=terms.username)
        except IntegrityError as error:
            raise MemberInvalid("A member with this name exists.", field="username") from error
        wallet.open_account(holder)
        member = Member.objects.create(
            id=member_id,
            username=terms.username,
            role=terms.role,
            holder=holder,
            parent=parent,
            commission=terms.commission,
            password_hash=make_password(terms.password),
            totp_sealed=second_factor.seal(secret, member_id) if secret else None,
        )
        _record("added", operator, member, actor, after=_facts(member))
    return member, secret


def set_commission(*, operator: Operator, member_id: UUID, commission: int, actor: str) -> Member:
    """
    Change a collector's commission, for phases that are settled from now on. Hundredths of a percent.

    :raises MemberNotFound: none. :raises MemberInvalid: more than the agent above has, or less than one below.
    """
    with tenant_context(operator), transaction.atomic():
        member = selectors.hold_member(member_id)
        highest = member.parent.commission if member.parent else WHOLE
        lowest = max((child.commission for child in member.children.all()), default=0)
        if member.is_admin or not lowest <= commission <= highest:
            raise MemberInvalid(f"It must be {lowest} to {highest}.", field="commission")
        before = member.commission
        member.commission = commission
        member.save(update_fields=["commission"])
        change = {"before": {"commission": before}, "after": {"commission": commission}}
        _record("commission_set", operator, member, actor, **change)
    return member


def set_active(
    *, operator: Operator, member_id: UUID, active: bool, actor: str, by: Member | None = None, reason: str = ""
) -> Member:
    """
    Let a member work, or no longer: its sessions end, and it sells nothing. What it is owed is paid all the same. `by`
    is the admin who does it; None for the operator itself. A reason goes to the audit log.

    :raises MemberNotFound: none. :raises AdminsByOperator: an admin would bring another back.
    """
    with tenant_context(operator), transaction.atomic():
        member = selectors.hold_member(member_id)
        if by is not None and member.is_admin and active:
            raise AdminsByOperator()
        if member.active != active:
            member.active = active
            member.save(update_fields=["active"])
            why = {"after": {"reason": reason}} if reason else {}
            _record("activated" if active else "deactivated", operator, member, actor, **why)
        if not active:
            announce.sessions_ended(operator, end_sessions(member))
    return member


def move_credit(*, operator: Operator, member_id: UUID, amount: int, key: str, actor: str) -> tuple[Member, int]:
    """
    Give a collector credit (above zero) or take it back (below zero), in minor units. The same key again changes
    nothing more. Returns the member and the balance.

    :raises MemberNotFound: none. :raises CreditInvalid: zero, or not a collector. :raises CreditNotThere: too much.
    :raises IdempotencyKeyReused: the key moved something else.
    """
    if amount == 0:
        raise CreditInvalid(field="amount")
    kind = Movement.CREDIT_GIVEN if amount > 0 else Movement.CREDIT_TAKEN
    with tenant_context(operator), transaction.atomic(durable=True):
        member = selectors.get_member(member_id)
        if member.is_admin:
            raise CreditInvalid("Only a collector has credit.", field="member_id")
        wallet.hold_accounts([member.holder_id])
        cause = wallet.claim_cause(key=_own_key(key), kind=kind, player=member.holder, amount=amount)
        balance = selectors.balance_of(member)
        if cause is None:
            return member, balance
        if balance + amount < 0:
            raise CreditNotThere(balance=operator.money(balance))
        wallet.post_movements(kind, causes=[cause], players=[member.holder_id], amounts=[amount], reference=actor[:128])
        verb = "credit_given" if amount > 0 else "credit_taken"
        change = {
            "before": {"balance": operator.money(balance)},
            "after": {"balance": operator.money(balance + amount)},
        }
        _record(verb, operator, member, actor, **change)
    return member, balance + amount


def end_sessions(member: Member) -> list[UUID]:
    """End all of a member's sessions. Returns their ids, for `announce.sessions_ended`."""
    live = MemberSession.objects.filter(member=member, revoked_at__isnull=True)
    ended = list(live.values_list("pk", flat=True))
    live.update(revoked_at=Now())
    return ended


def _own_key(key: str) -> str:
    """A key that no operator's deposit can have: theirs are without spaces."""
    return f"banker {hashlib.sha256(key.encode()).hexdigest()}"


def _agent(terms: MemberTerms) -> Member | None:
    if terms.parent_id is None:
        return None
    parent = selectors.hold_member(terms.parent_id)
    if parent.is_admin or parent.commission < terms.commission:
        raise MemberInvalid("The agent above must be a collector with at least this commission.", field="parent_id")
    return parent


def _facts(member: Member) -> dict[str, object]:
    return {
        "username": member.username,
        "role": member.role,
        "parent": member.parent.username if member.parent else None,
        "commission": member.commission,
    }


def _record(verb: str, operator: Operator, member: Member, actor: str, **change: Any) -> None:
    audit.record(
        f"member.{verb}",
        description=f"member {member.username}: {verb.replace('_', ' ')}",
        actor=actor,
        operator_id=operator.pk,
        **change,
    )
