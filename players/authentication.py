"""Players' credentials: the session token, which names its operator and proves itself in that operator's schema."""

from rest_framework.request import Request

from keno_platform.core.errors import NotFound
from operators import selectors as operators
from operators.authentication import Caller, CallerView, KeyAuthentication, bearer
from operators.models import Operator
from operators.tenancy import tenant_context
from players.models import Session
from players.selectors import find_live_session
from players.services import SESSION_PREFIX, SessionExpired


def read_session(token: str) -> tuple[Operator, Session]:
    """
    The operator and the session behind a session token.

    :raises SessionExpired: malformed, unknown, expired, revoked or another operator's: all look the same.
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
    if session is None:
        raise SessionExpired()
    return operator, session


class SessionAuthentication(KeyAuthentication):
    """`Authorization: Bearer ps.<operator>.<secret>` of a player."""

    def authenticate(self, request: Request) -> tuple[Caller, Caller] | None:
        token = bearer(request)
        if token is None or not token.startswith(f"{SESSION_PREFIX}."):
            return None
        operator, session = read_session(token)
        caller = Caller(operator=operator, player_id=session.player_id, player_token=session.player.token)
        return caller, caller


class PlayerOrOperatorView(CallerView):
    """The base of calls that an operator's backend makes for its players, or a player for themselves."""

    authentication_classes = (KeyAuthentication, SessionAuthentication)
    players_allowed = True
