"""Whether bets are placed one by one or together, each meets the same: the same accepted, refused and replayed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bets.services.placement import place_slips
from keno_platform.core.errors import Refusal
from operators.models import Operator
from operators.tenancy import tenant_context
from players.models import Player
from players.services import set_blocked
from rounds.models import Game, Round
from tests.support.bets import backend, balance, bet_body, new_player, slip
from tests.support.door import Door, open_door
from tests.support.protection import limit, shut_out
from wallet.models import Transaction

pytestmark = pytest.mark.usefixtures("committed")
PURSES = (0, 30, 100, 1_000, 1_000, 1_000, 1_000)
BLOCKED, CAREFUL, MODEST, EXCLUDED = 3, 4, 5, 6
"""Of the rich ones: one is blocked, two have limits, and one takes a break."""


@dataclass(frozen=True)
class Wish:
    """One bet that somebody wants to place, in units of the currency."""

    player: int
    stake: int
    picks: tuple[int, ...]
    key: int
    round: str
    rounds: int


wishes = st.builds(
    Wish,
    player=st.integers(0, 7),
    stake=st.sampled_from([0, 1, 7, 20, 60, 2_000]),
    picks=st.sampled_from([(7, 21, 63), (1,), (1, 1), (81,), tuple(range(1, 12))]),
    key=st.integers(0, 12),
    round=st.sampled_from(["game", "open", "later", "unknown"]),
    rounds=st.sampled_from([1, 1, 1, 3, 99]),
)
histories = st.lists(st.lists(wishes, min_size=1, max_size=8, unique_by=lambda wish: wish.key), min_size=1, max_size=6)
"""Batches. A key comes twice in two batches: within one, both would be on their way at once."""


@dataclass(frozen=True)
class World:
    """An operator with players of its own, equal but for its currency."""

    operator: Operator
    players: list[Player]
    run: str

    def ask(self, wish: Wish, game: Game, rounds: Sequence[Round]) -> dict[str, Any]:
        """The members of its slip."""
        operator = self.operator
        where: dict[str, Any] = {
            "game": {"game": game.code},
            "open": {"round_id": rounds[0].pk},
            "later": {"round_id": rounds[1].pk},
            "unknown": {"round_id": 10**12},
        }[wish.round]
        token = self.players[wish.player].token if wish.player < len(self.players) else "nobody"
        stake = operator.money(wish.stake * 10**operator.currency_exponent)
        return {"picks": list(wish.picks), "stake": stake, "rounds": wish.rounds, "player_token": token, **where}

    def key(self, wish: Wish) -> str:
        return f"{self.run}-{wish.key}"

    def books(self) -> list[tuple[int, int]]:
        """Each player's balance and number of stakes, the balance in units."""
        unit = 10**self.operator.currency_exponent
        with tenant_context(self.operator):
            return [
                (
                    balance(self.operator, player) // unit,
                    Transaction.objects.filter(account__player=player, amount__lt=0).count(),
                )
                for player in self.players
            ]


def world_of(operator: Operator) -> World:
    unit = 10**operator.currency_exponent
    players = [new_player(operator, money=purse * unit) for purse in PURSES]
    with tenant_context(operator):
        set_blocked(operator=operator, token=players[BLOCKED].token, blocked=True, actor="test")
    limit(operator, players[CAREFUL], "stake", "bet", 50 * unit)
    limit(operator, players[CAREFUL], "loss", "day", 70 * unit)
    limit(operator, players[MODEST], "stake", "week", 90 * unit, source="operator")
    shut_out(operator, players[EXCLUDED])
    return World(operator, players, uuid4().hex)


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    with open_door() as opened:
        yield opened


def _place(world: World, wishes: Sequence[Wish], game: Game, rounds: Sequence[Round]) -> list[str]:
    asks = [
        slip(world.operator, world.players[0], **world.ask(wish, game, rounds), key=f"o:{world.key(wish)}")
        for wish in wishes
    ]
    placed = place_slips(operator=world.operator, asks=asks)
    return [one.code if isinstance(one, Refusal) else f"{len(one)} bets" for one in placed]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories)
def test_a_batch_does_what_its_slips_one_by_one_do(
    operator_a: Operator, operator_b: Operator, standing_game: Game, standing_rounds: list[Round], history: Any
) -> None:
    together, alone = world_of(operator_a), world_of(operator_b)
    for batch in history:
        found = _place(together, batch, standing_game, standing_rounds)
        expected = [_place(alone, [wish], standing_game, standing_rounds)[0] for wish in batch]
        assert found == expected
    assert together.books() == alone.books()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories)
def test_the_hot_door_does_what_the_service_does(
    door: Door,
    operator_a: Operator,
    operator_b: Operator,
    standing_game: Game,
    standing_rounds: list[Round],
    history: Any,
) -> None:
    bulk, alone = world_of(operator_a), world_of(operator_b)
    secret = backend(operator_a).secret
    for batch in history:
        calls = [
            door.ask(secret, _body(bulk, wish, standing_game, standing_rounds), key=bulk.key(wish)) for wish in batch
        ]
        found = [_told(door.run(call)) for call in calls]
        expected = [_place(alone, [wish], standing_game, standing_rounds)[0] for wish in batch]
        assert found == expected
    assert bulk.books() == alone.books()


def _body(world: World, wish: Wish, game: Game, rounds: Sequence[Round]) -> dict[str, Any]:
    return bet_body(world.operator, None, **world.ask(wish, game, rounds))


def _told(answer: Any) -> str:
    said = answer.json()
    return f"{len(said['ticket'])} bets" if answer.status_code == 201 else str(said["code"])
