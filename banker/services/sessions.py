"""Signing in and out."""

import secrets
from datetime import timedelta
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models.functions import Now

from audit import services as audit
from banker import announce, second_factor
from banker.models import Member, MemberSession
from banker.services.slips import actor_of
from keno_platform.core import clock
from keno_platform.core.errors import Kind, Refusal
from operators.models import Operator
from operators.selectors import hash_secret
from operators.tenancy import tenant_context

LIFETIME = timedelta(hours=12)
PREFIX = "bm"
FAILURES_MAX = 10
LOCKED = timedelta(minutes=15)
_NOBODYS = make_password(secrets.token_urlsafe())
"""Compared with for names that nobody has, so that they take as long."""


class SignInRefused(Refusal):
    """The name, the password or the code is wrong, or the member may not work: all look the same."""

    code = "sign_in_refused"
    kind = Kind.UNAUTHENTICATED
    title = "The name, the password or the code is not right"


def sign_in(*, operator: Operator, username: str, password: str, code: str = "") -> tuple[MemberSession, str]:
    """
    A new session and its token. An admin also gives the code of the second factor, each of which is good once. After
    FAILURES_MAX wrong tries in a row nobody signs in under this name for LOCKED.

    :raises SignInRefused: not so.
    """
    with tenant_context(operator):
        made = _try(operator, username, password, code)
    if made is None:
        raise SignInRefused()  # here, where the count of failures is committed
    session, secret = made
    return session, f"{PREFIX}.{operator.slug}.{secret}"


def sign_out(*, operator: Operator, session_id: UUID) -> None:
    """End a session at once."""
    with tenant_context(operator), transaction.atomic():
        MemberSession.objects.filter(pk=session_id, revoked_at__isnull=True).update(revoked_at=Now())
        announce.sessions_ended(operator, [session_id])


@transaction.atomic
def _try(operator: Operator, username: str, password: str, code: str) -> tuple[MemberSession, str] | None:
    member = Member.objects.select_for_update(no_key=True).filter(username=username, active=True).first()
    fits = check_password(password, member.password_hash if member else _NOBODYS)
    if member is None or is_locked(member):
        return None
    if not fits or not _second_factor_fits(member, code):
        count_failure(operator, member)
        return None
    Member.objects.filter(pk=member.pk).update(failures=0)
    secret = secrets.token_urlsafe(32)
    session = MemberSession.objects.create(member=member, token_hash=hash_secret(secret), expires_at=Now() + LIFETIME)
    session.refresh_from_db(fields=["expires_at"])
    _record("signed_in", operator, member)
    return session, secret


def is_locked(member: Member) -> bool:
    """Whether too many wrong tries keep everybody out under this name for now."""
    return member.locked_until is not None and member.locked_until > clock.now()


def count_failure(operator: Operator, member: Member) -> None:
    """One more wrong try in a row, of a member whose row is held; after FAILURES_MAX of them the name is locked."""
    failures = member.failures + 1
    if failures < FAILURES_MAX:
        Member.objects.filter(pk=member.pk).update(failures=failures)
        return
    Member.objects.filter(pk=member.pk).update(failures=0, locked_until=Now() + LOCKED)
    _record("locked", operator, member)


def _record(verb: str, operator: Operator, member: Member) -> None:
    audit.record(
        f"member.{verb}",
        description=f"member {member.username}: {verb.replace('_', ' ')}",
        actor=actor_of(member),
        operator_id=operator.pk,
    )


def _second_factor_fits(member: Member, code: str) -> bool:
    if member.totp_sealed is None:
        return not member.is_admin
    secret = second_factor.open_sealed(bytes(member.totp_sealed), member.pk)
    step = second_factor.step_of(secret, code, at_s=clock.now().timestamp(), after=member.totp_step)
    if step is None:
        return False
    member.totp_step = step
    member.save(update_fields=["totp_step"])
    return True
