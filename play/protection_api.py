"""Limits, exclusion and reality checks: for the player, and for the operator's backend about its players."""

from typing import Any, Literal
from uuid import UUID

import msgspec
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from keno_platform.core.money import parse_amount
from keno_platform.http.openapi import Problem, query_parameters
from keno_platform.http.parsing import Ask, ParameterInvalid, read, read_query
from operators.authentication import CallerNotAllowed, CallerView
from play.protection import ProtectionOutput, protection_of, session_turnover
from players import services
from players.authentication import SessionAuthentication
from players.models import Choice, LimitKind, Player, Session, Source
from players.selectors import get_player, get_session
from players.services import ExclusionTerms, LimitTerms

Owner = Literal["player", "operator"]
ANSWERS: dict[int, Any] = {200: ProtectionOutput, 401: Problem, 404: Problem, 422: Problem}


class LimitAsk(Ask, frozen=True, kw_only=True):
    """A limit: an amount of the currency, or minutes for the length of a session. Null takes it away."""

    amount: str | msgspec.UnsetType | None = msgspec.UNSET
    minutes: int | msgspec.UnsetType | None = msgspec.UNSET


class PlayerLimitAsk(LimitAsk, frozen=True, kw_only=True):
    """The same from an operator's backend: its own limit, or on behalf of the player."""

    source: Owner = "operator"


class ExclusionAsk(Ask, frozen=True, kw_only=True):
    """A break of some hours, or self-exclusion for some days or for ever."""

    kind: Literal["cool_off", "self_exclusion"]
    hours: int | None = None
    days: int | None = None
    forever: bool = False


class PlayerExclusionAsk(ExclusionAsk, frozen=True, kw_only=True):
    """The same from an operator's backend. Only what is its own, and a break, can it lift."""

    source: Owner = "operator"
    reason: str = ""


class LiftAsk(Ask, frozen=True, kw_only=True):
    """Why a break is lifted; it goes to the audit log."""

    reason: str


class RealityAsk(Ask, frozen=True, kw_only=True):
    """What the player answers."""

    choice: Literal["continue", "stop"]


class SourceQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Whose limit is meant."""

    source: Owner = "operator"


class _OwnView(CallerView):
    """Calls of a player's client. An operator's backend has calls of its own, which name the player."""

    authentication_classes = (SessionAuthentication,)
    players_allowed = True

    def session(self) -> Session:
        """The session that asks, as it is now."""
        if self.caller.session_id is None:
            raise CallerNotAllowed()
        return get_session(self.caller.session_id)

    def answer(self, status: int = 200) -> Response:
        session = self.session()
        return Response(protection_of(self.operator, session.player, session), status=status)


class _PlayersView(CallerView):
    """Calls of an operator's backend about one of its players."""

    def answer(self, player: Player, status: int = 200) -> Response:
        player.refresh_from_db()
        return Response(protection_of(self.operator, player), status=status)


def _limit(view: CallerView, ask: LimitAsk, kind: str, period: str, source: Source) -> LimitTerms:
    wanted, other = (ask.minutes, ask.amount) if kind == LimitKind.SESSION else (ask.amount, ask.minutes)
    if wanted is msgspec.UNSET or other is not msgspec.UNSET:
        raise ParameterInvalid("Give minutes for the length of a session, amount for everything else; or null.")
    amount = parse_amount(wanted, exponent=view.operator.currency_exponent) if isinstance(wanted, str) else wanted
    return LimitTerms(kind=kind, period=period, amount=amount, source=source)


class ProtectionView(_OwnView):
    """What protects the player who asks."""

    @extend_schema(operation_id="read_protection", responses={200: ProtectionOutput, 401: Problem})
    def get(self, request: Request) -> Response:
        return self.answer()


class LimitView(_OwnView):
    """The player's own limits. Tighter counts at once, looser waits."""

    @extend_schema(operation_id="set_limit", request=LimitAsk, responses=ANSWERS)
    def put(self, request: Request, kind: str, period: str) -> Response:
        terms = _limit(self, read(request, LimitAsk), kind, period, Source.PLAYER)
        services.set_limit(operator=self.operator, player=self.session().player, terms=terms, actor=self.caller.actor)
        return self.answer()


class PendingLimitView(_OwnView):
    """A looser limit that waits."""

    @extend_schema(operation_id="withdraw_limit", responses=ANSWERS)
    def delete(self, request: Request, kind: str, period: str) -> Response:
        terms = LimitTerms(kind=kind, period=period, amount=None)
        services.withdraw_limit(
            operator=self.operator, player=self.session().player, terms=terms, actor=self.caller.actor
        )
        return self.answer()


class ExclusionsView(_OwnView):
    """A break, or self-exclusion. With this answer the session is over."""

    @extend_schema(
        operation_id="exclude_oneself",
        request=ExclusionAsk,
        responses={201: ProtectionOutput, 401: Problem, 422: Problem},
    )
    def post(self, request: Request) -> Response:
        ask = read(request, ExclusionAsk)
        terms = ExclusionTerms(kind=ask.kind, hours=ask.hours, days=ask.days, forever=ask.forever)
        services.exclude(operator=self.operator, player=self.session().player, terms=terms, actor=self.caller.actor)
        return self.answer(status=201)


class RealityChecksView(_OwnView):
    """The answer to a reality check. With `stop` the session is over."""

    @extend_schema(
        operation_id="answer_reality_check",
        request=RealityAsk,
        responses={201: ProtectionOutput, 401: Problem, 422: Problem},
    )
    def post(self, request: Request) -> Response:
        choice, session = Choice(read(request, RealityAsk).choice), self.session()
        turnover = session_turnover(session)
        services.answer_reality_check(
            operator=self.operator,
            session_id=session.pk,
            choice=choice,
            staked=turnover.staked,
            returned=turnover.returned,
            actor=self.caller.actor,
        )
        return self.answer(status=201)


class PlayerProtectionView(_PlayersView):
    """What protects one of the operator's players."""

    @extend_schema(operation_id="read_players_protection", responses={200: ProtectionOutput, 404: Problem})
    def get(self, request: Request, player_token: str) -> Response:
        return self.answer(get_player(player_token))


class PlayerLimitView(_PlayersView):
    """The operator's limits of a player, and on behalf of the player the player's own."""

    @extend_schema(operation_id="set_players_limit", request=PlayerLimitAsk, responses=ANSWERS)
    def put(self, request: Request, player_token: str, kind: str, period: str) -> Response:
        ask, player = read(request, PlayerLimitAsk), get_player(player_token)
        terms = _limit(self, ask, kind, period, Source(ask.source))
        services.set_limit(operator=self.operator, player=player, terms=terms, actor=self.caller.actor)
        return self.answer(player)


class PlayerPendingLimitView(_PlayersView):
    """A looser limit of a player that waits."""

    @extend_schema(operation_id="withdraw_players_limit", parameters=query_parameters(SourceQuery), responses=ANSWERS)
    def delete(self, request: Request, player_token: str, kind: str, period: str) -> Response:
        source, player = Source(read_query(request, SourceQuery).source), get_player(player_token)
        terms = LimitTerms(kind=kind, period=period, amount=None, source=source)
        services.withdraw_limit(operator=self.operator, player=player, terms=terms, actor=self.caller.actor)
        return self.answer(player)


class PlayerExclusionsView(_PlayersView):
    """A break or self-exclusion of a player."""

    @extend_schema(
        operation_id="exclude_player",
        request=PlayerExclusionAsk,
        responses={201: ProtectionOutput, 404: Problem, 422: Problem},
    )
    def post(self, request: Request, player_token: str) -> Response:
        ask, player = read(request, PlayerExclusionAsk), get_player(player_token)
        terms = ExclusionTerms(
            kind=ask.kind,
            hours=ask.hours,
            days=ask.days,
            forever=ask.forever,
            source=Source(ask.source),
            reason=ask.reason,
        )
        services.exclude(operator=self.operator, player=player, terms=terms, actor=self.caller.actor)
        return self.answer(player, status=201)


class LiftExclusionView(_PlayersView):
    """The end of a break that the operator began itself. Nothing else is ended early."""

    @extend_schema(operation_id="lift_exclusion", request=LiftAsk, responses=ANSWERS)
    def post(self, request: Request, player_token: str, exclusion_id: UUID) -> Response:
        reason, player = read(request, LiftAsk).reason, get_player(player_token)
        services.lift_exclusion(
            operator=self.operator,
            player=player,
            exclusion_id=exclusion_id,
            reason=reason,
            actor=self.caller.actor,
        )
        return self.answer(player)
