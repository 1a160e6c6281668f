"""Lifting a lock-out before its quarter of an hour is over."""

from axes.handlers.proxy import AxesProxyHandler
from django.db import transaction

from access.models import StaffMember
from audit import services as audit


@transaction.atomic
def lift_lock_out(member: StaffMember, *, actor: str) -> int:
    """Forget the refused log-ins of a member. Returns how many attempts, by address and browser, those were."""
    name = member.user.get_username()
    forgotten: int = AxesProxyHandler.reset_attempts(username=name)
    if forgotten:
        audit.record("staff.lock_out_lifted", description=f"{name}: may try again", actor=actor)
    return forgotten
