"""Passwords and second factors, after a member was added: changed by the member, or made anew for one who lost them."""

from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from audit import services as audit
from banker import announce, second_factor, selectors
from banker.models import Member
from banker.services.members import AdminsByOperator, MemberInvalid, check_password_length, end_sessions
from banker.services.sessions import count_failure, is_locked
from banker.services.slips import actor_of
from keno_platform.core.errors import Kind, Refusal
from operators.models import Operator
from operators.tenancy import tenant_context


class PasswordRefused(Refusal):
    """The present password that was given is wrong, or too many wrong ones were. It counts as a wrong sign-in."""

    code = "password_refused"
    kind = Kind.FORBIDDEN
    title = "The present password is not right"


def change_password(*, operator: Operator, member: Member, present: str, password: str) -> None:
    """
    Another password of one's own. All of the member's sessions end: it signs in again.

    :raises MemberInvalid: too short or too long. :raises PasswordRefused: `present` is not the password.
    """
    check_password_length(password)
    with tenant_context(operator):
        changed = _try_change(operator, member.pk, present, password)
    if not changed:
        raise PasswordRefused()  # here, where the count of failures is committed


def set_password(*, operator: Operator, member_id: UUID, password: str, actor: str, by: Member | None = None) -> Member:
    """
    Another password for a member that has lost its own; its sessions end. `by` is the admin who does it; None for the
    operator itself.

    :raises MemberNotFound: none. :raises MemberInvalid: too short or too long.
    :raises AdminsByOperator: an admin would change an admin's.
    """
    check_password_length(password)
    with tenant_context(operator), transaction.atomic():
        member = selectors.hold_member(member_id)
        if by is not None and member.is_admin:
            raise AdminsByOperator()
        _write_password(operator, member, password)
        _record("password_set", operator, member, actor)
    return member


def renew_second_factor(
    *, operator: Operator, member_id: UUID, actor: str, by: Member | None = None
) -> tuple[Member, str]:
    """
    A new second factor for an admin that has lost its own, whose sessions end. Returns the secret, which is shown once.

    :raises MemberNotFound: none. :raises AdminsByOperator: an admin asks. :raises MemberInvalid: not an admin.
    """
    with tenant_context(operator), transaction.atomic():
        member = selectors.hold_member(member_id)
        if by is not None:
            raise AdminsByOperator()
        if not member.is_admin:
            raise MemberInvalid("Only an admin has a second factor.", field="member_id")
        secret = second_factor.new_secret()
        member.totp_sealed, member.totp_step = second_factor.seal(secret, member.pk), 0
        member.save(update_fields=["totp_sealed", "totp_step"])
        announce.sessions_ended(operator, end_sessions(member))
        _record("second_factor_renewed", operator, member, actor)
    return member, secret


@transaction.atomic
def _try_change(operator: Operator, member_id: UUID, present: str, password: str) -> bool:
    member = selectors.hold_member(member_id)
    if is_locked(member):
        return False
    if not check_password(present, member.password_hash):
        count_failure(operator, member)
        return False
    _write_password(operator, member, password)
    _record("password_changed", operator, member, actor_of(member))
    return True


def _write_password(operator: Operator, member: Member, password: str) -> None:
    member.password_hash, member.failures, member.locked_until = make_password(password), 0, None
    member.save(update_fields=["password_hash", "failures", "locked_until"])
    announce.sessions_ended(operator, end_sessions(member))


def _record(verb: str, operator: Operator, member: Member, actor: str) -> None:
    audit.record(
        f"member.{verb}",
        description=f"member {member.username}: {verb.replace('_', ' ')}",
        actor=actor,
        operator_id=operator.pk,
    )
