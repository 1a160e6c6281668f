"""Reading players and sessions. All of it inside an operator's schema."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from keno_platform.core.errors import Kind, Refusal, Retry
from operators.jurisdictions import Jurisdiction
from operators.models import Operator
from operators.selectors import hash_secret
from players.models import Exclusion, LimitKind, Player, PlayerLimit, Session


class PlayerNotFound(Refusal):
    """This operator has no such player."""

    code = "player_not_found"
    kind = Kind.NOT_FOUND
    title = "There is no such player"
    retry = Retry.NEW_KEY


def get_player(token: str) -> Player:
    """
    A player by the operator's token.

    :raises PlayerNotFound: never seen here.
    """
    player = None if "\x00" in token else Player.objects.filter(token=token).first()
    if player is None:
        raise PlayerNotFound(player_token=token)
    return player


def players_by_id(player_ids: Iterable[int]) -> dict[int, Player]:
    """These players of the bound operator."""
    return Player.objects.in_bulk(set(player_ids))


def players_by_token(tokens: Iterable[str]) -> dict[str, Player]:
    """Those of these tokens that are known."""
    return {player.token: player for player in Player.objects.filter(token__in=set(tokens))}


def find_live_session(secret: str) -> Session | None:
    """The session that carries this token, unless it expired or was revoked."""
    return (
        Session.objects.select_related("player")
        .filter(token_hash=hash_secret(secret), revoked_at__isnull=True, expires_at__gt=Now())
        .first()
    )


def get_session(session_id: UUID) -> Session:
    """A session that is known to be there, with its player, as they are now."""
    return Session.objects.select_related("player").get(pk=session_id)


def find_ended_by_limit(secret: str) -> Session | None:
    """The session that carried this token, when a limit of its time is what has ended it."""
    ended = Session.objects.filter(token_hash=hash_secret(secret), time_limited=True, revoked_at__isnull=True)
    return ended.filter(expires_at__lte=Now()).first()


def database_now() -> datetime:
    """The clock that limits and sessions go by."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def profile_of(operator: Operator, player: Player) -> Jurisdiction:
    """The profile whose rules hold for this player: that of the last session, else the operator's."""
    code = player.jurisdiction_code
    own = Jurisdiction.objects.filter(code=code).first() if code else None
    return own or operator.jurisdiction


def decisions_in_force(player: Player) -> list[PlayerLimit]:
    """The limits that hold for this player by decisions: one of each kind, period and source. Not the profile's."""
    latest = _standing(player).filter(effective_from__lte=Now())
    latest = latest.order_by("kind", "period", "source", "-id").distinct("kind", "period", "source")
    return [one for one in latest if one.amount is not None]


def decision_in_force(player: Player, kind: str, period: str, source: str) -> PlayerLimit | None:
    """The latest decision of this source about this limit that is effective; it may be that there is none any more."""
    found = _standing(player).filter(kind=kind, period=period, source=source, effective_from__lte=Now())
    return found.order_by("-id").first()


def decisions_waiting(player: Player) -> list[PlayerLimit]:
    """Decisions that are not effective yet."""
    return list(_standing(player).filter(effective_from__gt=Now()).order_by("kind", "period", "source"))


def _standing(player: Player) -> QuerySet[PlayerLimit]:
    return PlayerLimit.objects.filter(player=player, withdrawn_at__isnull=True)


def exclusion_in_force(player: Player) -> Exclusion | None:
    """The break or self-exclusion that keeps this player out longest, if any does now."""
    now = Exclusion.objects.filter(player=player, lifted_at__isnull=True, starts_at__lte=Now())
    now = now.filter(Q(until__isnull=True) | Q(until__gt=Now()))
    return max(now, key=lambda one: (one.until is None, one.until or one.starts_at), default=None)


def session_minutes_max(operator: Operator, player: Player) -> int | None:
    """How long a session of this player may last by limits and profile, the strictest of all; None: no limit."""
    own = [one.amount for one in decisions_in_force(player) if one.kind == LimitKind.SESSION]
    found = [minutes for minutes in (*own, profile_of(operator, player).session_max_minutes) if minutes is not None]
    return min(found, default=None)


def sessions_of(player: Player) -> QuerySet[Session]:
    """Every session of a player, the newest first."""
    return Session.objects.filter(player=player).order_by("-pk")


def limits_of(player: Player) -> QuerySet[PlayerLimit]:
    """Every decision about a limit of this player, the newest first."""
    return PlayerLimit.objects.filter(player=player).order_by("-pk")


def exclusions_of(player: Player) -> QuerySet[Exclusion]:
    """Every break and self-exclusion of a player, the newest first."""
    return Exclusion.objects.filter(player=player).order_by("-pk")
