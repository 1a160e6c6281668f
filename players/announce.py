"""Telling a player's sockets what happened to the session."""

from django.db import transaction

from keno_platform.live.topics import player_topic, publish
from operators.models import Operator
from players.models import Session


def session_revoked(operator: Operator, session: Session) -> None:
    """The sockets of this session close themselves when they see this."""
    topic = player_topic(operator.schema_name, session.player_id)
    frame = {"type": "session.revoked", "session_id": str(session.pk)}
    transaction.on_commit(lambda: publish([(topic, frame)]))
