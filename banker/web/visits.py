"""Who is there: the session of the API, kept in a signed cookie of this host that no script can read."""

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse

from banker.authentication import read_session
from banker.models import Member, MemberSession
from keno_platform.core import clock
from keno_platform.http.problems import Unauthenticated
from operators.models import Operator
from operators.selectors import find_operator_by_domain

COOKIE, ZONE_COOKIE = f"{settings.COOKIE_PREFIX}lottery", "lottery_zone"
PATH = "/lottery"
UTC = ZoneInfo("UTC")
_SALT = "banker.web"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A request's operator, language and time zone; and the session, which may have ended (`ended`) or never been."""

    operator: Operator
    language: str
    zone: ZoneInfo
    token: str = ""
    session: MemberSession | None = None
    ended: bool = False

    @property
    def member(self) -> Member | None:
        """Who is signed in."""
        return self.session.member if self.session else None


def visit_of(request: HttpRequest) -> Visit:
    """
    Who is there. A session that is over, or of another operator, is as good as none.

    :raises Http404: no operator's domain.
    """
    operator = find_operator_by_domain(request.get_host().partition(":")[0])
    if operator is None:
        raise Http404
    kept = _read(request)
    language, token = str(kept.get("language", "")), str(kept.get("token", ""))
    session = find_session(operator, token) if token else None
    return Visit(
        operator=operator,
        language=language if language in operator.offered_languages else operator.default_language,
        zone=zone_of(request.COOKIES.get(ZONE_COOKIE, "")),
        token=token if session else "",
        session=session,
        ended=bool(token) and session is None,
    )


def find_session(operator: Operator, token: str) -> MemberSession | None:
    """The session behind a token, if it is one of this operator's."""
    try:
        owner, session = read_session(token)
    except Unauthenticated:
        return None
    return session if owner.pk == operator.pk else None


def zone_of(name: str) -> ZoneInfo:
    """The time zone that the device says it is in; UTC where it says none that there is."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def keep(response: HttpResponse, *, token: str, session: MemberSession | None, language: str) -> None:
    """Go on with this session and this language."""
    left = int((session.expires_at - clock.now()).total_seconds()) if session else None
    response.set_cookie(
        COOKIE,
        signing.dumps({"token": token, "language": language}, salt=_SALT),
        max_age=left,
        path=PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _read(request: HttpRequest) -> dict[str, Any]:
    try:
        return dict(signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT))
    except signing.BadSignature:
        return {}
