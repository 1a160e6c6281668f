"""Telling players their balance when the operator's wallet has told it to us."""

from collections.abc import Mapping

from django.db import transaction

from keno_platform.live.topics import player_topic, publish
from operators.models import Operator


def balances(operator: Operator, minor_by_player: Mapping[int, int]) -> None:
    """After the commit: each player's new balance."""
    frames = [
        (
            player_topic(operator.schema_name, player_id),
            {"type": "balance", "balance": operator.money(minor), "currency": operator.currency_code},
        )
        for player_id, minor in minor_by_player.items()
    ]
    if frames:
        transaction.on_commit(lambda: publish(frames))
