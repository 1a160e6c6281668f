"""Telling players about their own bets, after the commit."""

from typing import Any

from django.db import transaction

from bets.models import Bet, BetState
from bets.selectors import bets
from keno_platform.live.topics import player_topic, publish
from operators.models import Operator
from operators.tenancy import tenant_context
from rounds.models import Round
from wallet.selectors import balances_of

_CHUNK = 1000


def accepted(operator: Operator, placed: list[Bet]) -> None:
    """Tell each player what was accepted, and the balance that is left."""
    by_player: dict[int, list[Bet]] = {}
    for bet in placed:
        by_player.setdefault(bet.player_id, []).append(bet)
    balances = balances_of(by_player)
    frames = [
        (
            player_topic(operator.schema_name, player_id),
            {
                "type": "bet.accepted",
                "bets": [str(bet.pk) for bet in own],
                **_balance(operator, balances.get(player_id, 0)),
            },
        )
        for player_id, own in by_player.items()
    ]
    transaction.on_commit(lambda: publish(frames))


def settled(operator: Operator, one: Round) -> None:
    """
    Tell each player with bets in this round what became of them.

    Called after the settlement has committed: with many bets this takes a while, and no account may be held for it.
    """
    by_player: dict[int, list[BetState]] = {}
    with tenant_context(operator):
        for bet in bets().filter(round_id=one.pk).iterator(chunk_size=_CHUNK):
            by_player.setdefault(bet.player_id, []).append(bet)
        balances = balances_of(by_player)
    frames = [
        (
            player_topic(operator.schema_name, player_id),
            {
                "type": "bet.settled",
                "round_id": one.pk,
                "bets": [_result(operator, bet) for bet in own],
                **_balance(operator, balances.get(player_id, 0)),
            },
        )
        for player_id, own in by_player.items()
    ]
    publish(frames)


def _result(operator: Operator, bet: BetState) -> dict[str, Any]:
    return {
        "id": str(bet.pk),
        "status": bet.settlement_status,
        "win_amount": operator.money(bet.win_amount or 0),
        "stake": operator.money(bet.stake),
    }


def _balance(operator: Operator, minor: int) -> dict[str, str]:
    return {"balance": operator.money(minor), "currency": operator.currency_code}
