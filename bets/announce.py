"""Telling players about their own bets, after the commit."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from bets.slips import Accepted, Slip
from keno_platform.core.errors import Refusal
from keno_platform.live.topics import player_topic, publish
from keno_platform.observability.instruments import BETS, STAKES
from operators.models import Operator

LIMITS = frozenset({"stake_limit_reached", "loss_limit_reached"})
"""Refusals of which the player's other clients are told."""


def accepted(operator: Operator, slips: Sequence[Accepted], balances: Mapping[int, int] | None = None) -> None:
    """Tell each player what was accepted, and the balance that is left: the one here, unless others are given."""
    frames = frames_of(operator, slips, balances)
    if frames:
        transaction.on_commit(lambda: publish(frames))
        transaction.on_commit(lambda: count(operator, slips))


def count(operator: Operator, slips: Sequence[Accepted]) -> None:
    """Add what was accepted to the counts of this process: bets, and their stakes."""
    if slips:
        BETS.labels(operator.slug).inc(sum(len(one.slip.bet_ids) for one in slips))
        stakes = sum(one.slip.stake * len(one.slip.bet_ids) for one in slips)
        STAKES.labels(operator.slug, operator.currency_code).inc(stakes)


def frames_of(
    operator: Operator, slips: Sequence[Accepted], balances: Mapping[int, int] | None = None
) -> list[tuple[str, dict[str, Any]]]:
    """One frame for each player with slips among these."""
    by_player: dict[int, list[Accepted]] = {}
    for one in slips:
        by_player.setdefault(one.slip.player.pk, []).append(one)
    return [
        (
            player_topic(operator.schema_name, player_id),
            {
                "type": "bet.accepted",
                "bets": [str(bet_id) for one in own for bet_id in one.slip.bet_ids],
                **balance_members(operator, own[-1].balance if balances is None else balances.get(player_id)),
            },
        )
        for player_id, own in by_player.items()
    ]


def balance_members(operator: Operator, minor: int | None) -> dict[str, str]:
    """Nothing while only the operator knows it: a frame `balance` follows when it has told."""
    if minor is None:
        return {}
    return {"balance": operator.money(minor), "currency": operator.currency_code}


def limits_reached(operator: Operator, answers: Sequence[tuple[object, object]]) -> None:
    """Tell players which of their limits have refused a slip: pairs of slips and what became of them."""
    frames = limit_frames(operator, answers)
    if frames:
        transaction.on_commit(lambda: publish(frames))


def limit_frames(operator: Operator, answers: Sequence[tuple[object, object]]) -> list[tuple[str, dict[str, Any]]]:
    """One frame for each player and limit, whose facts are those of the last refusal."""
    last = {
        (slip.player.pk, refusal.code, refusal.params.get("period")): refusal
        for slip, refusal in answers
        if isinstance(slip, Slip) and isinstance(refusal, Refusal) and refusal.code in LIMITS
    }
    return [
        (
            player_topic(operator.schema_name, player_id),
            {"type": "limit.reached", "code": refusal.code, "params": refusal.params},
        )
        for (player_id, _, _), refusal in last.items()
    ]
