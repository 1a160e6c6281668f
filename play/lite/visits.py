"""Who is there: the session, kept in a signed cookie of this host that no script can read."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from keno_platform.core import clock
from operators.models import Operator
from play.brand import Looks, looks_of
from players.authentication import read_session
from players.models import Session
from players.services import SessionExpired

COOKIE = f"{settings.COOKIE_PREFIX}keno_lite"
PATH = "/lite"
_SALT = "play.lite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """
    A request's operator, language and session. `house` is the operator in whose books the session is: the play-money
    house in a demo. Without a session there is no token.
    """

    looks: Looks
    language: str
    token: str = ""
    house: Operator | None = None
    session: Session | None = None

    @property
    def operator(self) -> Operator:
        """Whose domain this is."""
        return self.looks.operator


def visit_of(request: HttpRequest) -> Visit:
    """
    Who is there. A session that is over, or of another operator, is as good as none.

    :raises Http404: no operator's domain.
    """
    looks, kept = looks_of(request), _read(request)
    offered, language = looks.operator.offered_languages, str(kept.get("language", ""))
    found = find_session(looks.operator, str(kept.get("token", "")))
    if found is None:
        return Visit(looks=looks, language=language if language in offered else looks.language)
    house, session = found
    spoken = next((code for code in (language, session.language) if code in offered), looks.language)
    return Visit(looks=looks, language=spoken, token=kept["token"], house=house, session=session)


def find_session(operator: Operator, token: str) -> tuple[Operator, Session] | None:
    """The house and the session behind a token, if it is one of this operator's, or of a demo under its brand."""
    try:
        house, session = read_session(token)
    except SessionExpired:
        return None
    return (house, session) if operator.pk == (session.demo_for or house.pk) else None


def keep(response: HttpResponse, *, token: str, session: Session | None, language: str = "") -> None:
    """Go on with this session, and with this language where the player has chosen one."""
    kept = {"token": token, "language": language}
    left = int((session.expires_at - clock.now()).total_seconds()) if session else None
    response.set_cookie(
        COOKIE,
        signing.dumps(kept, salt=_SALT),
        max_age=left,
        path=PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def forget(response: HttpResponse) -> None:
    """End the visit. The session itself goes on until it ends."""
    response.delete_cookie(COOKIE, path=PATH, samesite="Lax")


def _read(request: HttpRequest) -> dict[str, Any]:
    try:
        return dict(signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT))
    except signing.BadSignature:
        return {}
