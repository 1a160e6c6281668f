"""Many calls at once for one player's money, or with one key."""

from collections import Counter
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from bets.models import Bet
from operators.models import Operator
from operators.tenancy import tenant_context
from rounds.models import Game
from tests.support.bets import Backend, backend, balance, bet_body, new_player, player_client
from tests.support.threads import at_once

pytestmark = pytest.mark.usefixtures("committed")
THREADS = 40


def test_of_200_concurrent_bets_with_money_for_50_exactly_50_are_accepted(
    operator_a: Operator, standing_game: Game
) -> None:
    player = new_player(operator_a, money=50 * 1_000)
    api = backend(operator_a)
    body = bet_body(operator_a, player, game=standing_game.code, stake="10.00")

    def five(caller: Backend) -> list[tuple[int, str | None]]:
        answers = [caller.post("bets", body) for _ in range(200 // THREADS)]
        return [(answer.status_code, answer.json().get("code")) for answer in answers]

    answers = at_once([partial(five, api.again()) for _ in range(THREADS)])

    told = Counter(answer for own in answers for answer in own)  # type: ignore[union-attr]
    assert told == {(201, None): 50, (409, "insufficient_funds"): 150}
    assert balance(operator_a, player) == 0
    with tenant_context(operator_a):
        assert Bet.objects.filter(player=player).count() == 50


@pytest.mark.parametrize("as_player", [False, True])
def test_20_concurrent_calls_with_one_key_are_one_bet_and_20_equal_answers(
    operator_a: Operator, standing_game: Game, as_player: bool
) -> None:
    player = new_player(operator_a, money=100_000)
    api = player_client(operator_a, player) if as_player else backend(operator_a)
    body = bet_body(operator_a, None if as_player else player, game=standing_game.code)
    key = str(uuid4())

    def call(caller: Backend) -> tuple[int, bytes]:
        answer = caller.post("bets", body, key=key)
        return answer.status_code, answer.content

    answers = at_once([partial(call, api.again()) for _ in range(20)])

    assert len(set(answers)) == 1, answers
    assert answers[0][0] == 201  # type: ignore[index]
    assert balance(operator_a, player) == 100_000 - 1_000
    with tenant_context(operator_a):
        assert Bet.objects.filter(player=player).count() == 1


def test_concurrent_batches_with_one_key_are_placed_once(operator_a: Operator, standing_game: Game) -> None:
    players = [new_player(operator_a, money=100_000) for _ in range(5)]
    api = backend(operator_a)
    body = {"bets": [bet_body(operator_a, players[n % 5], game=standing_game.code) for n in range(25)]}
    key = str(uuid4())

    answers = at_once([lambda: api.again().post("bets/batch", body, key=key).content] * 8)

    assert len(set(answers)) == 1
    assert {balance(operator_a, player) for player in players} == {100_000 - 5 * 1_000}


def test_concurrent_calls_with_one_key_for_different_requests_are_one_bet(
    operator_a: Operator, standing_game: Game
) -> None:
    """Also for different players, whose accounts do not make the calls wait for each other."""
    players = [new_player(operator_a, money=10_000) for _ in range(10)]
    api = backend(operator_a)
    key = str(uuid4())

    def call(caller: Backend, body: dict[str, Any]) -> tuple[int, str | None]:
        answer = caller.post("bets", body, key=key)
        return answer.status_code, answer.json().get("code")

    bodies = [bet_body(operator_a, player, game=standing_game.code) for player in players]
    answers = at_once([partial(call, api.again(), body) for body in bodies])

    assert Counter(answers) == {(201, None): 1, (422, "idempotency_key_reused"): 9}
    assert sorted(balance(operator_a, player) for player in players) == [9_000] + [10_000] * 9


def test_batches_of_the_same_players_in_any_order_never_lock_each_other_out(
    operator_a: Operator, standing_game: Game
) -> None:
    players = [new_player(operator_a, money=1_000_000) for _ in range(8)]
    api = backend(operator_a)

    def call(caller: Backend, turn: int) -> set[int]:
        mixed = players[turn:] + players[:turn] if turn % 2 else players[turn::-1] + players[:turn:-1]
        bets = [bet_body(operator_a, player, game=standing_game.code, stake="1.00") for player in mixed]
        return {
            item["status"] for _ in range(3) for item in caller.post("bets/batch", {"bets": bets}).json()["results"]
        }

    assert at_once([partial(call, api.again(), turn) for turn in range(8)]) == [{201}] * 8
    assert {balance(operator_a, player) for player in players} == {1_000_000 - 24 * 100}
