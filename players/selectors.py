"""Reading players and sessions. All of it inside an operator's schema."""

from collections.abc import Iterable

from django.db.models.functions import Now

from keno_platform.core.errors import Kind, Refusal
from operators.selectors import hash_secret
from players.models import Player, Session


class PlayerNotFound(Refusal):
    """This operator has no such player."""

    code = "player_not_found"
    kind = Kind.NOT_FOUND
    title = "There is no such player"


def get_player(token: str) -> Player:
    """
    A player by the operator's token.

    :raises PlayerNotFound: never seen here.
    """
    player = None if "\x00" in token else Player.objects.filter(token=token).first()
    if player is None:
        raise PlayerNotFound(player_token=token)
    return player


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
