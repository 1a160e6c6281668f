"""Telling players and operators what became of a round's bets, when its settlement has committed or with it."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from celery import current_app
from kombu.exceptions import OperationalError

from bets import results
from bets.announce import balance_members
from bets.results import PlayersResults
from keno_platform.live.topics import player_topic, publish
from operators.models import Operator
from operators.tenancy import tenant_context
from rounds.selectors import RoundOutcome

logger = logging.getLogger(__name__)
TELL_TASK = "bets.tell_settled"
_CHUNK = 1000
Frame = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Settled:
    """
    What a settlement says of its bets: parallel sequences, amounts in minor units, no win where the stake went back.

    None where there are too many to come along; balances are also None where only the operator's wallet knows them.
    """

    bet_count: int
    bets: list[UUID] | None
    players: list[int] | None
    stakes: list[int] | None
    wins: list[int | None] | None
    holders: list[int] | None
    balances: list[int] | None

    def by_player(self) -> Iterable[PlayersResults]:
        """The bets that came along, sorted out by their players."""
        known = dict(zip(self.holders or (), self.balances or (), strict=True))
        found: dict[int, PlayersResults] = {}
        bets = zip(self.players or (), self.bets or (), self.stakes or (), self.wins or (), strict=True)
        for player_id, bet_id, stake, win in bets:
            own = found.get(player_id)
            if own is None:
                own = found[player_id] = PlayersResults(player_id, known.get(player_id), [], [], [])
            own.bets.append(bet_id)
            own.stakes.append(stake)
            own.wins.append(win)
        return found.values()


def settled(operator: Operator, one: RoundOutcome, settlement: Settled) -> None:
    """
    Tell each player with bets in this round what became of them; or with many bets, let a worker tell them.

    Called after the settlement has committed: no account may be held for it.
    """
    if settlement.bets is not None:
        publish(_frames(operator, one, settlement.by_player()))
    elif settlement.bet_count:
        _hand_over(operator, one)


def settled_many(operator: Operator, one: RoundOutcome) -> None:
    """The same for a round with many bets, which are read again. Balances are those of now."""
    with tenant_context(operator):
        found = results.by_player(one, balances=not operator.is_seamless)
        frames = _frames(operator, one, found)
        while chunk := list(islice(frames, _CHUNK)):
            publish(chunk)


def events(operator: Operator, one: RoundOutcome) -> Iterator[tuple[str, dict[str, Any]]]:
    """The event `bet.settled` of each bet in this round, under the bet's id. Inside the operator's schema."""
    for each in results.by_bet(one):
        yield (
            str(each.bet_id),
            {
                "bet_id": str(each.bet_id),
                "player_token": each.player_token,
                "round_id": one.round_id,
                "game": one.game,
                "status": results.status_of(each.win),
                "stake": operator.money(each.stake),
                "win_amount": operator.money(each.win or 0),
                "currency": operator.currency_code,
                "hits": each.hits,
            },
        )


def _hand_over(operator: Operator, one: RoundOutcome) -> None:
    arguments = {"operator_id": str(operator.pk), "round_id": one.round_id}
    try:
        current_app.send_task(TELL_TASK, kwargs=arguments, queue="settlement", retry=False, expires=30)
    except OperationalError as error:
        logger.warning("nobody is told of round %s, clients will refetch: %s", one.round_id, error)


def _frames(operator: Operator, one: RoundOutcome, found: Iterable[PlayersResults]) -> Iterator[Frame]:
    for each in found:
        yield (
            player_topic(operator.schema_name, each.player_id),
            {
                "type": "bet.settled",
                "round_id": one.round_id,
                "bets": [
                    {
                        "id": str(bet_id),
                        "status": results.status_of(win),
                        "win_amount": operator.money(win or 0),
                        "stake": operator.money(stake),
                    }
                    for bet_id, stake, win in zip(each.bets, each.stakes, each.wins, strict=True)
                ],
                **balance_members(operator, each.balance),
            },
        )
