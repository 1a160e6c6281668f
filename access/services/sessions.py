"""Sessions of staff: begun, seen, confirmed anew, ended."""

from datetime import datetime, timedelta

from django.db import transaction

from access.models import Ending, StaffSession
from audit import services as audit
from keno_platform.core import clock

SEEN_EVERY = timedelta(seconds=15)
"""A page is asked for in many requests: not each of them writes."""
_BROWSER_MAX = 200


def begin_session(*, user_id: int, address: str | None, browser: str) -> StaffSession:
    """A session that begins now, with password and code just given."""
    now = clock.now()
    return StaffSession.objects.create(
        user_id=user_id,
        address=address,
        browser=browser.replace("\0", "")[:_BROWSER_MAX],
        began_at=now,
        seen_at=now,
        confirmed_at=now,
    )


def touch_session(session: StaffSession, *, at: datetime) -> None:
    """Note that something was done in a session."""
    if at - session.seen_at >= SEEN_EVERY:
        StaffSession.objects.filter(pk=session.pk, ended_at__isnull=True).update(seen_at=at)


def confirm_session(session: StaffSession, *, actor: str) -> None:
    """Note that password and code were given once more."""
    with transaction.atomic():
        StaffSession.objects.filter(pk=session.pk, ended_at__isnull=True).update(confirmed_at=clock.now())
        audit.record(
            "staff.confirmed",
            description="a member of staff gave password and code again",
            actor=actor,
            address=session.address,
            after={"session_id": str(session.pk)},
        )


@transaction.atomic
def end_session(session: StaffSession, *, ending: Ending, actor: str) -> bool:
    """End a session, once; what ended it first stays. Returns whether this did."""
    ended = StaffSession.objects.filter(pk=session.pk, ended_at__isnull=True)
    if not ended.update(ended_at=clock.now(), ending=ending):
        return False
    audit.record(
        "staff.session_ended",
        description=f"a session of {session.user.get_username()} was ended: {ending.label}",
        actor=actor,
        after={"session_id": str(session.pk), "ending": ending.value},
    )
    return True


@transaction.atomic
def end_sessions_of(user_id: int, *, ending: Ending, actor: str, but: StaffSession | None = None) -> int:
    """End every session of a member, or all but one. Returns how many."""
    found = StaffSession.objects.select_related("user").filter(user_id=user_id, ended_at__isnull=True)
    if but is not None:
        found = found.exclude(pk=but.pk)
    return sum(end_session(one, ending=ending, actor=actor) for one in found)


def end_other_sessions(session: StaffSession, *, actor: str) -> int:
    """Log a member out everywhere but here. Returns how many sessions that ended."""
    return end_sessions_of(session.user_id, ending=Ending.ELSEWHERE, actor=actor, but=session)
