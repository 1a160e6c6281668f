"""Sessions: opened by the operator's backend, entered by the client."""

from uuid import UUID

import msgspec
from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from keno_platform.core.clock import to_text
from keno_platform.core.errors import NotFound
from keno_platform.http.openapi import Problem
from keno_platform.http.parsing import Ask, ParameterInvalid, read
from operators.authentication import CallerView
from operators.models import Operator
from operators.selectors import get_operator, primary_domain
from operators.tenancy import tenant_context
from players import announce, services
from players.models import Session


class SessionAsk(Ask, frozen=True, kw_only=True):
    """A session for one of the operator's players. The player is made when seen for the first time."""

    player_token: str
    currency: str
    language: str | None = None
    country: str = ""


class SessionOpened(msgspec.Struct, frozen=True, kw_only=True):
    """Where to send the player: the address works once and for a minute."""

    session_id: UUID
    launch_url: str
    launch_token: str
    launch_expires_at: str
    expires_at: str


class EnterAsk(Ask, frozen=True, kw_only=True):
    """The one-time token of the launch address."""

    launch_token: str


class SessionEntered(msgspec.Struct, frozen=True, kw_only=True):
    """The token that every later call of the client carries, and what the client shows."""

    session_token: str
    player_token: str
    currency: str
    currency_exponent: int
    language: str
    operator: str
    expires_at: str


class SessionsView(CallerView):
    """The operator's backend opens a session."""

    @extend_schema(operation_id="open_session", request=SessionAsk, responses={201: SessionOpened, 422: Problem})
    def post(self, request: Request) -> Response:
        ask, operator = read(request, SessionAsk), self.operator
        language = ask.language or operator.default_language
        if language not in dict(settings.LANGUAGES):
            raise ParameterInvalid(f"language must be one of {', '.join(dict(settings.LANGUAGES))}.")
        if ask.country and not (len(ask.country) == 2 and ask.country.isascii() and ask.country.isupper()):
            raise ParameterInvalid("country must be an ISO 3166 code of two capital letters.")
        player = services.ensure_player(operator=operator, token=ask.player_token, currency=ask.currency)
        session, launch = services.open_session(
            operator=operator, player=player, language=language, country=ask.country
        )
        return Response(_opened(operator, session, launch), status=201)


def _opened(operator: Operator, session: Session, launch: str) -> SessionOpened:
    session.refresh_from_db()
    scheme, _, rest = settings.BASE_URL.partition("://")
    port = f":{rest.rpartition(':')[2]}" if ":" in rest else ""
    return SessionOpened(
        session_id=session.pk,
        launch_url=f"{scheme}://{primary_domain(operator)}{port}/?launch={launch}",
        launch_token=launch,
        launch_expires_at=to_text(session.launch_expires_at),
        expires_at=to_text(session.expires_at),
    )


class EnterView(APIView):
    """The client swaps the launch token for its session token. Needs no other credential."""

    @extend_schema(
        operation_id="enter_session", request=EnterAsk, responses={201: SessionEntered, 401: Problem}, auth=[]
    )
    def post(self, request: Request) -> Response:
        slug, _, launch = read(request, EnterAsk).launch_token.partition(".")
        try:
            operator = get_operator(slug=slug)
        except NotFound as error:
            raise services.SessionExpired() from error
        with tenant_context(operator):
            session, token = services.enter_session(operator=operator, launch=launch)
        return Response(
            SessionEntered(
                session_token=token,
                player_token=session.player.token,
                currency=operator.currency_code,
                currency_exponent=operator.currency_exponent,
                language=session.language,
                operator=operator.name,
                expires_at=to_text(session.expires_at),
            ),
            status=201,
        )


class SessionView(CallerView):
    """The operator's backend ends a session; its sockets close."""

    @extend_schema(operation_id="revoke_session", responses={204: None, 404: Problem})
    def delete(self, request: Request, session_id: UUID) -> Response:
        session = services.revoke_session(session_id=session_id)
        announce.session_revoked(self.operator, session)
        return Response(status=204)
