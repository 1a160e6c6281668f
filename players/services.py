"""Changing players and sessions. All of it inside an operator's schema."""

import re
import secrets
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from audit import services as audit
from keno_platform.core.errors import Kind, NotFound, Refusal
from keno_platform.core.money import CurrencyMismatch
from operators.models import Operator
from operators.selectors import hash_secret
from players.models import Player, Session

LAUNCH_LIFETIME = timedelta(seconds=60)
SESSION_LIFETIME = timedelta(hours=12)
SESSION_PREFIX = "ps"
_TOKEN = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)


class PlayerTokenInvalid(Refusal):
    """Not a token: 1 to 64 of A-Z a-z 0-9 . _ : and -."""

    code = "player_token_invalid"
    kind = Kind.INVALID
    title = "The player token is not valid"


class PlayerBlocked(Refusal):
    """The operator has blocked this player."""

    code = "player_blocked"
    kind = Kind.FORBIDDEN
    title = "This player is blocked"


class RegionRestricted(Refusal):
    """The operator does not offer the game in this country."""

    code = "region_restricted"
    kind = Kind.FORBIDDEN
    title = "The game is not available in this country"


class SessionExpired(Refusal):
    """The launch or session token is used up, expired, revoked or unknown."""

    code = "session_expired"
    kind = Kind.UNAUTHENTICATED
    title = "The session has ended"


def ensure_player(*, operator: Operator, token: str, currency: str) -> Player:
    """
    The player with this token, made when seen for the first time.

    :raises PlayerTokenInvalid: not a token. :raises CurrencyMismatch: not the operator's currency.
    """
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise PlayerTokenInvalid()
    if currency != operator.currency_code:
        raise CurrencyMismatch(expected=operator.currency_code)
    player, _ = Player.objects.get_or_create(token=token, defaults={"currency_code": currency})
    return player


@transaction.atomic
def open_session(*, operator: Operator, player: Player, language: str, country: str) -> tuple[Session, str]:
    """
    A new session and its launch token, good once and for LAUNCH_LIFETIME.

    :raises PlayerBlocked: the operator blocked the player. :raises RegionRestricted: not offered in this country.
    """
    if player.blocked:
        raise PlayerBlocked()
    if country and country in operator.region_restrictions:
        raise RegionRestricted(country=country)
    launch = secrets.token_urlsafe(32)
    session = Session.objects.create(
        player=player,
        launch_hash=hash_secret(launch),
        launch_expires_at=Now() + LAUNCH_LIFETIME,
        language=language,
        country=country,
        expires_at=Now() + SESSION_LIFETIME,
    )
    return session, f"{operator.slug}.{launch}"


@transaction.atomic
def enter_session(*, operator: Operator, launch: str) -> tuple[Session, str]:
    """
    Swap a launch token for the session token. The second try finds it used up.

    :raises SessionExpired: unknown, used or too old.
    """
    secret = secrets.token_urlsafe(32)
    entered = Session.objects.filter(
        launch_hash=hash_secret(launch),
        launched_at__isnull=True,
        revoked_at__isnull=True,
        launch_expires_at__gt=Now(),
    ).update(launched_at=Now(), token_hash=hash_secret(secret))
    if entered != 1:
        raise SessionExpired()
    session = Session.objects.select_related("player").get(token_hash=hash_secret(secret))
    return session, f"{SESSION_PREFIX}.{operator.slug}.{secret}"


@transaction.atomic
def revoke_session(*, session_id: UUID) -> Session:
    """
    End a session at once.

    :raises NotFound: this operator has no such session.
    """
    session = Session.objects.select_related("player").filter(pk=session_id).first()
    if session is None:
        raise NotFound()
    Session.objects.filter(pk=session_id, revoked_at__isnull=True).update(revoked_at=Now())
    return session


@transaction.atomic
def set_blocked(*, operator: Operator, token: str, blocked: bool, actor: str) -> Player:
    """
    Block a player's bets and sessions, or allow them again. Money that is owed is paid all the same.

    :raises NotFound: no such player.
    """
    player = Player.objects.select_for_update().filter(token=token).first()
    if player is None:
        raise NotFound()
    if player.blocked != blocked:
        player.blocked = blocked
        player.save(update_fields=["blocked"])
        audit.record(
            "player.blocked" if blocked else "player.unblocked",
            description=f"a player of {operator.name}",
            actor=actor,
            operator_id=operator.pk,
            after={"player_id": player.pk, "blocked": blocked},
        )
    return player
