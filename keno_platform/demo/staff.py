"""The demo's member of staff: a super-admin whose password and second factor are known."""

from typing import Any

from cryptography.exceptions import InvalidTag
from django.contrib.auth import get_user_model

from access import codes, selectors, services
from access.models import Role, StaffMember
from keno_platform.demo.making import ACTOR

ADMIN = "admin"


def ensure_admin(known: dict[str, str]) -> dict[str, str]:
    """Name, password and key of the second factor: those of the last run, unless they were changed since."""
    member = selectors.find_member_by_name(ADMIN)
    password, key = known.get("password", ""), known.get("second_factor", "")
    if member is None:
        member, password = _make()
    elif not password or not member.user.check_password(password):
        password = services.invite_again(member=member, actor=ACTOR)
    if not key or not _is_second_factor(member, key):
        key = codes.as_text(codes.new_key())
        services.enrol_with(member, codes.from_text(key), actor=ACTOR)
    return {"username": ADMIN, "password": password, "second_factor": key}


def _make() -> tuple[StaffMember, str]:
    user: Any = get_user_model()._default_manager.filter(username=ADMIN).first()
    if user is None:
        return services.create_member(terms=services.MemberTerms(name=ADMIN, role=Role.SUPER_ADMIN), actor=ACTOR)
    member = services.appoint(user=user, role=Role.SUPER_ADMIN, actor=ACTOR)  # an installation from before there were
    return member, services.invite_again(member=member, actor=ACTOR)


def _is_second_factor(member: StaffMember, key: str) -> bool:
    device = selectors.find_authenticator(member.user_id)
    if device is None or not device.confirmed:
        return False
    try:
        return codes.open_key(bytes(device.sealed), user_id=member.user_id) == codes.from_text(key)
    except (InvalidTag, ValueError):
        return False
