"""What approvals need from rooms above them, without knowing them. Each room plugs in its own part when it is ready."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.http import HttpRequest

MayAct = Callable[[User, str, UUID | None], bool]
"""Whether a member of staff has a permission for what belongs to this operator, or to none."""


def _has_permission(user: User, permission: str, operator_id: UUID | None) -> bool:
    return user.is_active and user.has_perm(permission)


def _are_one_user(one: User, other: User) -> bool:
    return one.pk == other.pk


@dataclass(slots=True)
class Ports:
    """The sockets in the wall; one instance in this process."""

    may_act: MayAct = _has_permission
    may_be_one_person: Callable[[User, User], bool] = _are_one_user
    address_of: Callable[[HttpRequest], str | None] | None = None
    lifetime: Callable[[], timedelta] | None = None
    operator_name: Callable[[UUID], str] | None = None


ports = Ports()
