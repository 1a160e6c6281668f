"""Reading members of staff, where they may come from, and their sessions."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.db.models import QuerySet

from access.models import Authenticator, BackupCode, Role, RoleNetwork, StaffMember, StaffSession
from access.roles import permissions_of


def find_member(user: AbstractBaseUser | AnonymousUser) -> StaffMember | None:
    """Whom a log-in is of; None for whoever is no active member of staff."""
    if user.pk is None:
        return None
    found = StaffMember.objects.select_related("user", "operator").filter(user_id=user.pk, user__is_active=True)
    return found.first()


def find_member_by_name(name: str) -> StaffMember | None:
    """The member with exactly this user name."""
    return StaffMember.objects.select_related("user", "operator").filter(user__username=name).first()


def permissions_of_member(member: StaffMember) -> frozenset[str]:
    """What a member may: what the role may, and where it is narrowed only what the member's own list has of that."""
    allowed = all_permissions() if member.role == Role.SUPER_ADMIN else role_permissions(member)
    return allowed & own_list(member.user_id) if member.narrowed else allowed


def role_permissions(member: StaffMember) -> frozenset[str]:
    """What the role may where this member has it."""
    return permissions_of(Role(member.role), within_an_operator=member.operator_id is not None)


def all_permissions() -> frozenset[str]:
    """Every permission that there is."""
    return _named(_permissions())


def own_list(user_id: int) -> frozenset[str]:
    """The permissions that stand in a user's own list."""
    return _named(_permissions().filter(user=user_id))


def may_act(user: User, permission: str, operator_id: UUID | None) -> bool:
    """Whether a member has a permission for what belongs to this operator, or to none in particular."""
    member = find_member(user)
    if member is None or member.operator_id not in (None, operator_id):
        return False
    return permission in permissions_of_member(member)


def people_behind(user_id: int) -> frozenset[int]:
    """
    Everybody who could act as this user without anybody else's knowing, the user included: whoever has let the user in,
    as long as nobody else has vouched for the user, and so on for that one. By user's id.
    """
    behind = set[int]()
    next_id: int | None = user_id
    while next_id is not None and next_id not in behind:
        behind.add(next_id)
        unvouched = StaffMember.objects.filter(user_id=next_id, vouched_by__isnull=True)
        next_id = unvouched.values_list("let_in_by_id", flat=True).first()
    return frozenset(behind)


def may_be_one_person(one: User, other: User) -> bool:
    """Whether one and the same person could be behind two users."""
    return not people_behind(one.pk).isdisjoint(people_behind(other.pk))


def networks_of(role: str) -> tuple[str, ...]:
    """From where a role may come; none: from anywhere."""
    return tuple(RoleNetwork.objects.filter(role=role).order_by("pk").values_list("network", flat=True))


def find_authenticator(user_id: int) -> Authenticator | None:
    """A member's second factor, confirmed or not."""
    found: Authenticator | None = Authenticator.objects.filter(user_id=user_id).first()
    return found


def has_second_factor(user_id: int) -> bool:
    """Whether a member has a second factor that was shown to work."""
    return bool(Authenticator.objects.filter(user_id=user_id, confirmed=True).exists())


def count_backup_codes(user_id: int) -> int:
    """How many of a member's backup codes are left."""
    return BackupCode.objects.filter(user_id=user_id, used_at__isnull=True).count()


def find_session(session_id: str, user_id: int) -> StaffSession | None:
    """A session that is not over, of exactly this user."""
    try:
        return StaffSession.objects.filter(pk=UUID(session_id), user_id=user_id, ended_at__isnull=True).first()
    except ValueError:
        return None


def open_sessions(user_id: int, *, seen_since: datetime) -> Sequence[StaffSession]:
    """A member's sessions in which something was done lately, newest first."""
    return list(
        StaffSession.objects.filter(user_id=user_id, ended_at__isnull=True, seen_at__gte=seen_since).order_by("-pk")
    )


def active_super_admins() -> int:
    """How many could let others in again."""
    return StaffMember.objects.filter(role=Role.SUPER_ADMIN, narrowed=False, user__is_active=True).count()


def _permissions() -> "QuerySet[Permission]":
    return Permission.objects.select_related("content_type")


def _named(found: "QuerySet[Permission]") -> frozenset[str]:
    return frozenset(f"{app}.{name}" for app, name in found.values_list("content_type__app_label", "codename"))
