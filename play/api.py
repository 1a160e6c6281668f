"""Sessions: opened by the operator's backend, entered by the client, ended by either."""

from datetime import timedelta
from typing import Literal
from uuid import UUID

import msgspec
from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from bets.selectors import bets
from bets.shapes import BetOutput, show_bet
from keno_platform.core import clock
from keno_platform.core.clock import to_text
from keno_platform.core.errors import NotFound
from keno_platform.core.ids import uuid7_floor
from keno_platform.core.money import CurrencyMismatch
from keno_platform.http.openapi import Problem
from keno_platform.http.parsing import Ask, ParameterInvalid, read
from keno_platform.limits import rates
from operators.authentication import Caller, CallerView
from operators.jurisdictions import Jurisdiction
from operators.limiting import OpenView
from operators.models import Operator
from operators.selectors import client_origin, get_jurisdiction, get_operator
from operators.tenancy import tenant_context
from play import demo
from play.protection import ProtectionOutput, protection_of
from players import announce, services
from players.details import SessionDetails, SessionDetailsInvalid
from players.models import Session
from rounds.selectors import rounds_by_id

PENDING_MAX = 100
PENDING_FOR = timedelta(days=7)
"""How far back pending bets are looked for: a round that is older is void, and its bets are pending no more."""


class SessionAsk(Ask, frozen=True, kw_only=True):
    """
    A session for one of the operator's players. The player is made when seen for the first time.

    `mode` "demo" plays for play money: `player_token` may be left out, and the currency becomes XTS.
    """

    player_token: str | None = None
    currency: str
    mode: Literal["real", "demo"] = "real"
    language: str | None = None
    country: str = ""
    brand: str = ""
    jurisdiction: str | None = None
    session_reference: str = ""
    lobby_url: str = ""
    cashier_url: str = ""
    history_url: str = ""
    reality_check_url: str = ""


class SessionOpened(msgspec.Struct, frozen=True, kw_only=True):
    """Where to send the player: the address works once and for a minute."""

    session_id: UUID
    session_reference: str
    mode: str
    player_token: str
    currency: str
    launch_url: str
    launch_token: str
    launch_expires_at: str
    expires_at: str


class EnterAsk(Ask, frozen=True, kw_only=True):
    """The one-time token of the launch address."""

    launch_token: str


class SessionEntered(msgspec.Struct, frozen=True, kw_only=True):
    """
    The token that every later call of the client carries, and what the client shows.

    `pending_bets` are the player's bets whose rounds are not finished, newest first. Addresses that the operator did
    not give are null. `operator_slug` names whose brand and domain it is, in a demo too.
    """

    session_token: str
    session_id: UUID
    session_reference: str
    mode: str
    player_token: str
    currency: str
    currency_exponent: int
    min_bet: str
    max_bet: str
    language: str
    operator: str
    operator_slug: str
    brand: str
    country: str
    jurisdiction: str
    minimum_age: int
    lobby_url: str | None
    cashier_url: str | None
    history_url: str | None
    reality_check_url: str | None
    expires_at: str
    pending_bets: list[BetOutput]
    protection: ProtectionOutput


class SessionsView(CallerView):
    """The operator's backend opens a session."""

    @extend_schema(
        operation_id="open_session",
        request=SessionAsk,
        responses={201: SessionOpened, 403: Problem, 409: Problem, 422: Problem},
    )
    def post(self, request: Request) -> Response:
        ask, operator = read(request, SessionAsk), self.operator
        language = ask.language or operator.default_language
        if language not in operator.offered_languages:
            raise ParameterInvalid(f"language must be one of {', '.join(operator.offered_languages)}.")
        if ask.country and not (len(ask.country) == 2 and ask.country.isascii() and ask.country.isupper()):
            raise ParameterInvalid("country must be an ISO 3166 code of two capital letters.")
        open_one = _open_demo if ask.mode == "demo" else _open_real
        house, session, launch = open_one(operator, ask, language, _details(operator, ask))
        return Response(_opened(operator, house, session, launch), status=201)


Opening = tuple[Operator, Session, str]
"""The operator whose books the session is in, the session, and its launch token."""


def _open_real(operator: Operator, ask: SessionAsk, language: str, details: SessionDetails) -> Opening:
    if ask.player_token is None:
        raise ParameterInvalid("player_token may be left out for a demo only.")
    details.check()
    player = services.ensure_player(operator=operator, token=ask.player_token, currency=ask.currency)
    session, launch = services.open_session(
        operator=operator, player=player, language=language, country=ask.country, details=details
    )
    return operator, session, launch


def _open_demo(operator: Operator, ask: SessionAsk, language: str, details: SessionDetails) -> Opening:
    if ask.currency not in (operator.currency_code, demo.CURRENCY):
        raise CurrencyMismatch(expected=demo.CURRENCY)
    return demo.open_demo_session(
        operator=operator, token=ask.player_token, language=language, country=ask.country, details=details
    )


def _details(operator: Operator, ask: SessionAsk) -> SessionDetails:
    jurisdiction: Jurisdiction = operator.jurisdiction
    if ask.jurisdiction is not None:
        try:
            jurisdiction = get_jurisdiction(ask.jurisdiction)
        except NotFound as error:
            raise SessionDetailsInvalid("There is no such jurisdiction.", field="jurisdiction") from error
    return SessionDetails(
        brand=ask.brand,
        jurisdiction_code=jurisdiction.code,
        reference=ask.session_reference,
        lobby_url=ask.lobby_url,
        cashier_url=ask.cashier_url,
        history_url=ask.history_url,
        reality_check_url=ask.reality_check_url,
    )


def _opened(operator: Operator, house: Operator, session: Session, launch: str) -> SessionOpened:
    return SessionOpened(
        session_id=session.pk,
        session_reference=session.reference,
        mode=session.mode,
        player_token=session.player.token,
        currency=house.currency_code,
        launch_url=f"{client_origin(operator)}/?launch={launch}",
        launch_token=launch,
        launch_expires_at=to_text(session.launch_expires_at),
        expires_at=to_text(session.expires_at),
    )


class EnterView(OpenView):
    """The client swaps the launch token for its session token. Needs no other credential."""

    address_limits = (rates.ADDRESS_CALLS, rates.ADDRESS_ENTRIES)

    @extend_schema(
        operation_id="enter_session",
        request=EnterAsk,
        responses={201: SessionEntered, 401: Problem, 429: Problem},
        auth=[],
    )
    def post(self, request: Request) -> Response:
        slug, _, launch = read(request, EnterAsk).launch_token.partition(".")
        try:
            house = get_operator(slug=slug)
        except NotFound as error:
            raise services.SessionExpired() from error
        with tenant_context(house):
            session, token = _enter(house, launch)
            request._request.keno_caller = Caller(operator=house)  # type: ignore[attr-defined]  # for the log of calls
            pending = _pending_bets(house, session.player_id)
            protection = protection_of(house, session.player, session)
        return Response(_entered(house, session, token, pending, protection), status=201)


@transaction.atomic
def _enter(house: Operator, launch: str) -> tuple[Session, str]:
    session, token = services.enter_session(operator=house, launch=launch)
    if session.demo_for:
        services.check_region(operator=get_operator(operator_id=session.demo_for), country=session.country)
    return session, token


def _pending_bets(operator: Operator, player_id: int) -> list[BetOutput]:
    since = uuid7_floor(clock.now() - PENDING_FOR)
    found = bets().filter(player_id=player_id, pk__gte=since, settlement_status="pending").order_by("-pk")
    pending = list(found[:PENDING_MAX])
    rounds = rounds_by_id(bet.round_id for bet in pending)
    return [show_bet(operator, bet, rounds[bet.round_id]) for bet in pending]


def _entered(
    house: Operator, session: Session, token: str, pending: list[BetOutput], protection: ProtectionOutput
) -> SessionEntered:
    operator = get_operator(operator_id=session.demo_for) if session.demo_for else house
    return SessionEntered(
        session_token=token,
        session_id=session.pk,
        session_reference=session.reference,
        mode=session.mode,
        player_token=session.player.token,
        currency=house.currency_code,
        currency_exponent=house.currency_exponent,
        min_bet=house.money(house.min_bet),
        max_bet=house.money(house.max_bet),
        language=session.language,
        operator=operator.name,
        operator_slug=operator.slug,
        brand=session.brand or operator.name,
        country=session.country,
        jurisdiction=session.jurisdiction_code or operator.jurisdiction.code,
        minimum_age=_minimum_age(session, operator),
        lobby_url=session.lobby_url or operator.home_url or None,
        cashier_url=_cashier(session, operator),
        history_url=session.history_url or None,
        reality_check_url=session.reality_check_url or None,
        expires_at=to_text(session.expires_at),
        pending_bets=pending,
        protection=protection,
    )


def _cashier(session: Session, operator: Operator) -> str | None:
    """Nobody pays in or out in a demo."""
    return session.cashier_url or (operator.cashier_url if session.demo_for is None else "") or None


def _minimum_age(session: Session, operator: Operator) -> int:
    try:
        profile = get_jurisdiction(session.jurisdiction_code)
    except NotFound:  # opened before sessions had one, or the profile is gone
        profile = operator.jurisdiction
    return profile.minimum_age


class SessionView(CallerView):
    """The operator's backend ends a session; its sockets close."""

    @extend_schema(operation_id="revoke_session", responses={204: None, 404: Problem})
    def delete(self, request: Request, session_id: UUID) -> Response:
        house = self.operator
        try:
            session = services.revoke_session(session_id=session_id)
        except NotFound:
            house, session = demo.revoke_demo_session(operator=self.operator, session_id=session_id)
        announce.session_revoked(house, session)
        return Response(status=204)
