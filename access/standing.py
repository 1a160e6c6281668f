"""
Whether a request comes from a member of staff whose session counts. Asked once for each request to the staff's pages,
before any of them; what no longer counts is logged out there and then.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.http import HttpRequest

from access import selectors, services
from access.models import Ending, StaffMember, StaffSession
from configuration import selectors as configuration
from configuration.catalogue import STAFF_FRESH_MINUTES, STAFF_SESSION_MINUTES
from keno_platform.core import clock
from operators.origins import may_call_from
from operators.staff_record import staff_address

SESSION_FIELD = "staff_session"
"""Under this name Django's session holds the id of ours."""
AGE_MAX = timedelta(hours=12)
WORDS = {
    Ending.IDLE: "You were logged out, because nothing was done for a while.",
    Ending.AGE: "You were logged out after twelve hours. Log in again to go on.",
    Ending.ADDRESS: "Your role may not come from this address.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Who asks, and in which session."""

    member: StaffMember
    session: StaffSession

    @property
    def actor(self) -> str:
        """As the record names staff."""
        return f"staff:{self.member.user.get_username()}"

    @property
    def operator_id(self) -> UUID | None:
        """The operator beyond whose rows there is nothing; None: no operator in particular."""
        return self.member.operator_id

    def is_fresh(self, at: datetime) -> bool:
        """Whether password and code were given so lately that a sensitive step may be taken."""
        return at - self.session.confirmed_at < timedelta(minutes=configuration.value(STAFF_FRESH_MINUTES))


_ATTRIBUTE = "_staff_standing"


def standing_of(request: HttpRequest) -> Standing | None:
    """The standing that `judge` found; None for whoever is no member of staff with a session that counts."""
    found: Standing | None = getattr(request, _ATTRIBUTE, None)
    return found


def require_standing(request: HttpRequest) -> Standing:
    """:raises RuntimeError: nobody; the site lets nobody in without one, so this is a fault of ours."""
    found = standing_of(request)
    if found is None:
        raise RuntimeError("a page was asked for without a standing")
    return found


def judge(request: HttpRequest) -> Ending | None:
    """
    Find out who asks, and note it in the request. Returns why a session that was open until now is over, None where it
    goes on or where there was none.
    """
    member = selectors.find_member(request.user)
    session = _session(request, member)
    if member is None or session is None:
        return None
    now = clock.now()
    ending = _ending(request, member, session, now)
    if ending is not None:
        services.end_session(session, ending=ending, actor=f"staff:{member.user.get_username()}")
        return ending
    services.touch_session(session, at=now)
    setattr(request, _ATTRIBUTE, Standing(member=member, session=session))
    return None


def begin(request: HttpRequest, user_id: int) -> StaffSession:
    """A session for whoever has just shown who they are, named by Django's session of this request."""
    address, browser = staff_address(request), request.META.get("HTTP_USER_AGENT", "")
    session = services.begin_session(user_id=user_id, address=address, browser=browser)
    request.session[SESSION_FIELD] = str(session.pk)
    return session


def _session(request: HttpRequest, member: StaffMember | None) -> StaffSession | None:
    named = request.session.get(SESSION_FIELD)
    return selectors.find_session(str(named), member.user_id) if member and named else None


def _ending(request: HttpRequest, member: StaffMember, session: StaffSession, now: datetime) -> Ending | None:
    if now - session.seen_at >= timedelta(minutes=configuration.value(STAFF_SESSION_MINUTES)):
        return Ending.IDLE
    if now - session.began_at >= AGE_MAX:
        return Ending.AGE
    if not may_come_from(staff_address(request), member.role):
        return Ending.ADDRESS
    return None


def may_come_from(address: str | None, role: str) -> bool:
    """Whether a role may come from this address. One that cannot be told is none of its networks."""
    return may_call_from(address or "", selectors.networks_of(role))
