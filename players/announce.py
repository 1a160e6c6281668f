"""Telling a player's sockets what happened to the session, and to what protects the player."""

from django.db import transaction

from keno_platform.live.topics import player_topic, publish
from operators.models import Operator
from players.models import Player, Session


def session_revoked(operator: Operator, session: Session) -> None:
    """The sockets of this session close themselves when they see this."""
    topic = player_topic(operator.schema_name, session.player_id)
    frame = {"type": "session.revoked", "session_id": str(session.pk)}
    transaction.on_commit(lambda: publish([(topic, frame)]))


def protection_changed(operator: Operator, player: Player) -> None:
    """Limits of this player have changed, or are about to: clients read them again."""
    topic = player_topic(operator.schema_name, player.pk)
    transaction.on_commit(lambda: publish([(topic, {"type": "protection.changed"})]))
