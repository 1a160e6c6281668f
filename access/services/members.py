"""Members of staff: made, given another role, narrowed down, sent away. Nobody does it to themselves."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.db import transaction

from access import selectors
from access.models import OF_AN_OPERATOR, Ending, Role, StaffMember
from access.services.sessions import end_sessions_of
from audit import services as audit
from keno_platform.core import clock
from keno_platform.core.errors import Kind, Refusal

INVITED_FOR = timedelta(hours=72)
"""For so long a password alone is enough to set up the second factor."""
_PASSWORD_BYTES = 12


class MemberInvalid(Refusal):
    """A member of staff cannot be so: a name that is taken, a role without its operator, or the last super-admin."""

    code = "member_of_staff_invalid"
    kind = Kind.INVALID
    title = "This is not possible for a member of staff"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberTerms:
    """Who it is, what for, and for which operator alone, if for one."""

    name: str
    role: Role
    operator_id: UUID | None = None


@transaction.atomic
def create_member(*, terms: MemberTerms, actor: str) -> tuple[StaffMember, str]:
    """
    A new member, invited to set up a second factor. Returns the first password too, which is kept nowhere.

    :raises MemberInvalid: the name is taken or no name, or the role does not fit the operator.
    """
    _check_place(terms.role, terms.operator_id)
    user, password = User(username=terms.name, is_staff=True, is_superuser=terms.role == Role.SUPER_ADMIN), _password()
    user.set_password(password)
    try:
        user.full_clean()
    except ValidationError as error:
        raise MemberInvalid(" ".join(error.messages), field="name") from error
    user.save()
    return appoint(user=user, role=terms.role, operator_id=terms.operator_id, actor=actor), password


@transaction.atomic
def appoint(
    *, user: User, role: Role, actor: str, operator_id: UUID | None = None, narrowed: bool = False
) -> StaffMember:
    """
    Make a user a member of staff.

    :raises MemberInvalid: the role does not fit the operator.
    """
    _check_place(role, operator_id)
    member = StaffMember.objects.create(
        user=user,
        role=role,
        operator_id=operator_id,
        narrowed=narrowed,
        invited_until=clock.now() + INVITED_FOR,
        let_in_by=_user_of(actor),
        first_password=True,
    )
    _align(member)
    _record("staff.created", f"{role.label}", member, actor)
    return member


@transaction.atomic
def change_role(*, member: StaffMember, role: Role, operator_id: UUID | None, reason: str, actor: str) -> StaffMember:
    """
    Give a member another role, or the same within another operator. Their sessions end.

    :raises MemberInvalid: it is oneself, the last super-admin, or the role does not fit the operator.
    """
    member = _hold(member)
    _check_not_oneself(member, actor)
    _check_place(role, operator_id)
    before = _facts(member)
    if role != Role.SUPER_ADMIN:
        _check_not_the_last(member)
    member.role, member.operator_id, member.narrowed = role, operator_id, False
    member.save(update_fields=["role", "operator", "narrowed"])
    member = _hold(member)
    _align(member)
    end_sessions_of(member.user_id, ending=Ending.REVOKED, actor=actor)
    _record("staff.role_changed", reason, member, actor, before=before)
    return member


@transaction.atomic
def narrow_member(*, member: StaffMember, only: Iterable[str] | None, reason: str, actor: str) -> StaffMember:
    """
    Let a member do only these permissions of those that the role has (`players.view_player`), or all of them again.

    :raises MemberInvalid: it is oneself, the last super-admin, or a permission that the role does not have.
    """
    member = _hold(member)
    _check_not_oneself(member, actor)
    before, names = _facts(member), frozenset(only or ())
    if only is not None:
        _check_not_the_last(member)
        allowed = selectors.all_permissions() if member.role == Role.SUPER_ADMIN else selectors.role_permissions(member)
        if beyond := sorted(names - allowed):
            raise MemberInvalid(f"The role does not have {', '.join(beyond)}.", field="only")
    member.user.user_permissions.set(_permissions(names))
    member.narrowed = only is not None
    member.save(update_fields=["narrowed"])
    _align(member)
    end_sessions_of(member.user_id, ending=Ending.REVOKED, actor=actor)
    _record("staff.narrowed" if member.narrowed else "staff.widened", reason, member, actor, before=before)
    return member


@transaction.atomic
def set_active(*, member: StaffMember, active: bool, reason: str, actor: str) -> StaffMember:
    """
    Keep a member out from now on, or let them in again. What they did stays theirs.

    :raises MemberInvalid: it is oneself, or the last super-admin.
    """
    member = _hold(member)
    _check_not_oneself(member, actor)
    if not active:
        _check_not_the_last(member)
    member.user.is_active = active
    member.user.save(update_fields=["is_active"])
    if not active:
        end_sessions_of(member.user_id, ending=Ending.REVOKED, actor=actor)
    _record("staff.activated" if active else "staff.deactivated", reason, member, actor)
    return member


@transaction.atomic
def invite_again(*, member: StaffMember, actor: str) -> str:
    """A new first password, and time to set up the second factor. Returns the password, which is kept nowhere."""
    member, password = _hold(member), _password()
    member.user.set_password(password)
    member.user.save(update_fields=["password"])
    member.invited_until = clock.now() + INVITED_FOR
    member.let_in_by, member.vouched_by, member.first_password = _user_of(actor), None, True
    member.save(update_fields=["invited_until", "let_in_by", "vouched_by", "first_password"])
    end_sessions_of(member.user_id, ending=Ending.REVOKED, actor=actor)
    _record("staff.invited", "with a new first password", member, actor)
    return password


@transaction.atomic
def password_changed(*, member: StaffMember, actor: str, address: str | None) -> None:
    """A member has chosen a password of their own, which nobody else has seen."""
    member = _hold(member)
    member.first_password = False
    member.save(update_fields=["first_password"])
    audit.record(
        "staff.password_changed",
        description=f"{member}: changed their own password",
        actor=actor,
        address=address,
        after={"member_id": member.pk},
    )


@transaction.atomic
def vouch(*, member: StaffMember, reason: str, actor: str) -> StaffMember:
    """
    Say that a member is a person of its own: until then whoever has seen the first password counts as the same one,
    and cannot decide on what the member asks for, nor the member on theirs.

    :raises MemberInvalid: nobody needs to, or whoever says so may be the same person.
    """
    member, voucher = _hold(member), _user_of(actor)
    if member.let_in_by_id is None or member.vouched_by_id is not None:
        raise MemberInvalid("This member counts as a person of their own already.", field="member")
    if voucher is None or not selectors.people_behind(member.user_id).isdisjoint(selectors.people_behind(voucher.pk)):
        raise MemberInvalid(
            "Somebody else has to vouch: neither the member, nor who has let them in, nor whom that one has let in.",
            field="member",
        )
    member.vouched_by = voucher
    member.save(update_fields=["vouched_by"])
    _record("staff.vouched", reason, member, actor)
    return member


def _user_of(actor: str) -> User | None:
    """The member of staff that acts; None for the command line and the platform itself."""
    kind, _, name = actor.partition(":")
    return User.objects.filter(username=name).first() if kind == "staff" else None


def _hold(member: StaffMember) -> StaffMember:
    return StaffMember.objects.select_for_update(of=("self",)).select_related("user", "operator").get(pk=member.pk)


def _check_place(role: str, operator_id: UUID | None) -> None:
    if role in OF_AN_OPERATOR and operator_id is None:
        raise MemberInvalid("This role is one within an operator: name it.", field="operator")
    if role == Role.SUPER_ADMIN and operator_id is not None:
        raise MemberInvalid("A super-admin belongs to no operator.", field="operator")


def _check_not_oneself(member: StaffMember, actor: str) -> None:
    if actor == f"staff:{member.user.get_username()}":
        raise MemberInvalid("Nobody changes their own rights: ask another super-admin.", field="member")


def _check_not_the_last(member: StaffMember) -> None:
    """Somebody must be left who can let others in. Whoever takes one away waits for whoever does so beside it."""
    if member.role != Role.SUPER_ADMIN or member.narrowed or not member.user.is_active:
        return
    held = StaffMember.objects.select_for_update().filter(role=Role.SUPER_ADMIN).order_by("pk")
    if len(held) and selectors.active_super_admins() < 2:
        raise MemberInvalid("This is the last super-admin: make another one first.", field="member")


def _align(member: StaffMember) -> None:
    """Django's own flag says what the role says; an invariant compares them."""
    whole = member.role == Role.SUPER_ADMIN and not member.narrowed
    if (member.user.is_superuser, member.user.is_staff) != (whole, True):
        member.user.is_superuser, member.user.is_staff = whole, True
        member.user.save(update_fields=["is_superuser", "is_staff"])


def _permissions(names: Iterable[str]) -> list[Permission]:
    wanted = set(names)
    found = Permission.objects.select_related("content_type")
    return [one for one in found if f"{one.content_type.app_label}.{one.codename}" in wanted]


def _password() -> str:
    return secrets.token_urlsafe(_PASSWORD_BYTES)


def _facts(member: StaffMember) -> dict[str, object]:
    return {
        "member_id": member.pk,
        "role": member.role,
        "operator_id": str(member.operator_id) if member.operator_id else None,
        "narrowed": member.narrowed,
    }


def _record(event: str, said: str, member: StaffMember, actor: str, before: dict[str, object] | None = None) -> None:
    audit.record(
        event,
        description=f"{member.user.get_username()}: {said}",
        actor=actor,
        operator_id=member.operator_id,
        before=before,
        after=_facts(member),
    )
