"""Players' credentials: the session token, which names its operator and proves itself in that operator's schema."""

from rest_framework.request import Request

from keno_platform.core.errors import NotFound, Refusal
from keno_platform.http.problems import Unauthenticated
from operators import selectors as operators
from operators.authentication import Caller, CallerView, KeyAuthentication, bearer
from operators.models import Operator
from operators.tenancy import tenant_context
from players.models import Session
from players.selectors import find_ended_by_limit, find_live_session
from players.services import SESSION_PREFIX, SessionExpired, check_region
from players.services.sessions import limit_reached


def read_session(token: str) -> tuple[Operator, Session]:
    """
    The operator and the session behind a session token.

    :raises SessionExpired: malformed, unknown, expired, revoked or another operator's: all look the same.
    :raises SessionLimitReached: it has expired because a limit of its time has.
    """
    parts = token.split(".")
    if len(parts) != 3 or parts[0] != SESSION_PREFIX:
        raise SessionExpired()
    try:
        operator = operators.get_operator(slug=parts[1])
    except NotFound as error:
        raise SessionExpired() from error
    with tenant_context(operator):
        session = find_live_session(parts[2])
        ended = find_ended_by_limit(parts[2]) if session is None else None
    if ended is not None:
        raise limit_reached(ended)
    if session is None:
        raise SessionExpired()
    return operator, session


class SessionAuthentication(KeyAuthentication):
    """`Authorization: Bearer ps.<operator>.<secret>` of a player."""

    def authenticate(self, request: Request) -> tuple[Caller, Caller] | None:
        token = bearer(request)
        if token is None or not token.startswith(f"{SESSION_PREFIX}."):
            return None
        caller = _caller_of(*read_session(token))
        return caller, caller


def _caller_of(operator: Operator, session: Session) -> Caller:
    return Caller(
        operator=operator,
        player_id=session.player_id,
        player_token=session.player.token,
        session_id=session.pk,
        country=session.country,
    )


def find_callers(tokens: set[str]) -> dict[str, Caller | Refusal]:
    """
    Who is behind each of these bearer tokens that come with bets, keys and sessions alike; or why nobody is, or may not
    bet from there.
    """
    sessions = {token for token in tokens if token.startswith(f"{SESSION_PREFIX}.")}
    keys = operators.find_valid_keys(tokens - sessions) if tokens - sessions else {}
    found: dict[str, Caller | Refusal] = {token: _caller_of_session(token) for token in sessions}
    for token in tokens - sessions:
        key = keys.get(token)
        found[token] = Caller(operator=key.operator, key=key) if key else Unauthenticated()
    return found


def _caller_of_session(token: str) -> Caller | Refusal:
    try:
        operator, session = read_session(token)
        check_region(operator=operator, country=session.country)
        return _caller_of(operator, session)
    except Refusal as refusal:
        return refusal


class PlayerOrOperatorView(CallerView):
    """The base of calls that an operator's backend makes for its players, or a player for themselves."""

    authentication_classes = (KeyAuthentication, SessionAuthentication)
    players_allowed = True
