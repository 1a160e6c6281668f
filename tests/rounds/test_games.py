"""What an operator is told of the games that its players can play."""

import pytest

from operators.models import Operator
from tests.support.bets import backend
from tests.support.rounds import new_game


@pytest.mark.django_db
def test_games_come_with_the_limits_of_a_bet_in_the_operators_own_currency(
    operator_a: Operator, operator_b: Operator
) -> None:
    code = new_game().code
    told = {
        operator.slug: next(one for one in backend(operator).get("games").json() if one["code"] == code)
        for operator in (operator_a, operator_b)
    }
    assert {key: told["alpha"][key] for key in ("currency", "min_stake", "max_stake", "max_win")} == {
        "currency": "KES",
        "min_stake": "1.00",
        "max_stake": "1000.00",
        "max_win": "10000000.00",
    }
    assert (told["beta"]["currency"], told["beta"]["min_stake"]) == ("XOF", "1")


@pytest.mark.django_db
def test_another_operators_private_game_is_not_among_them(operator_a: Operator, operator_b: Operator) -> None:
    code = new_game(owner_id=operator_a.pk).code
    assert code in {one["code"] for one in backend(operator_a).get("games").json()}
    assert code not in {one["code"] for one in backend(operator_b).get("games").json()}
