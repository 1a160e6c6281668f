"""Limits in seamless mode: what is forbidden is not debited, and what only the gate can tell is given back."""

import pytest

from bets.door.desk import place_together
from operators.models import Operator
from operators.tenancy import tenant_context
from players.models import Player
from rounds.models import Round
from tests.seamless.books import held_by_operator
from tests.support.bets import backend, code_of, slip
from tests.support.protection import licensed, limit, shut_out
from tests.support.seamless import START, Sandbox, deliver, new_player, place_seamless
from wallet.models import CallState, Kind, WalletCall

pytestmark = pytest.mark.usefixtures("committed")


def debits(operator: Operator, player: Player) -> list[str]:
    """The states of the player's debits."""
    with tenant_context(operator):
        found = WalletCall.objects.filter(player=player, kind=Kind.DEBIT).order_by("id")
        return list(found.values_list("state", flat=True))


@pytest.mark.parametrize("kind", ["stake", "loss"])
def test_what_a_limit_forbids_is_refused_before_any_money_is_asked_for(
    gamma: Operator, standing_rounds: list[Round], kind: str
) -> None:
    player, where = new_player(gamma), {"round_id": standing_rounds[0].pk}
    limit(gamma, player, kind, "day", 15_00)
    assert code_of(place_seamless(gamma, player, **where)) == "accepted"
    refused = place_seamless(gamma, player, **where)
    assert code_of(refused) == f"{kind}_limit_reached"
    assert not isinstance(refused, list)
    assert (refused.params["used"], refused.params["left"]) == ("10.00", "5.00")
    assert debits(gamma, player) == [CallState.OK]
    assert code_of(place_seamless(gamma, player, **where, stake="5.00")) == "accepted"


def test_an_excluded_player_is_not_debited(gamma: Operator, standing_rounds: list[Round]) -> None:
    player, where = new_player(gamma), {"round_id": standing_rounds[0].pk}
    shut_out(gamma, player)
    assert code_of(place_seamless(gamma, player, **where)) == "player_excluded"
    assert debits(gamma, player) == []


def test_the_profiles_rules_hold(gamma: Operator, standing_rounds: list[Round]) -> None:
    where = {"round_id": standing_rounds[0].pk}
    with licensed(gamma, autobet_allowed=False, currency_code="KES", stake_max=5_00) as operator:
        player = new_player(operator)
        assert code_of(place_seamless(operator, player, **where)) == "stake_above_maximum"
        assert code_of(place_seamless(operator, player, **where, stake="5.00", rounds=2)) == "ticket_length"
        assert debits(operator, player) == []
        assert code_of(place_seamless(operator, player, **where, stake="5.00")) == "accepted"


def test_of_bets_on_their_way_at_once_the_limit_lets_in_what_it_has_room_for_and_the_rest_is_given_back(
    gamma: Operator, sandbox: Sandbox, standing_rounds: list[Round]
) -> None:
    player = new_player(gamma)
    limit(gamma, player, "stake", "day", 20_00)
    asks = [slip(gamma, player, round_id=standing_rounds[0].pk) for _ in range(5)]

    found = sorted(code_of(answer) for answer in place_together(gamma, asks))
    assert found == ["accepted"] * 2 + ["stake_limit_reached"] * 3
    for _ in range(4):
        deliver(gamma)
    states = debits(gamma, player)
    assert states.count(CallState.OK) == 2
    assert set(states) <= {CallState.OK, CallState.ROLLED_BACK}
    assert held_by_operator(sandbox, player) == START - 20_00


def test_a_retry_of_an_accepted_bet_is_answered_when_the_limit_is_reached(
    gamma: Operator, standing_rounds: list[Round]
) -> None:
    player, one = new_player(gamma), {"round_id": standing_rounds[0].pk, "key": "o:again-and-again"}
    limit(gamma, player, "stake", "day", 10_00)
    first, again = place_seamless(gamma, player, **one), place_seamless(gamma, player, **one)
    assert isinstance(first, list)
    assert isinstance(again, list)
    assert first[0].pk == again[0].pk


def test_deposits_are_the_operators_own_affair(gamma: Operator) -> None:
    player, api = new_player(gamma), backend(gamma)
    path = f"players/{player.token}/protection"
    kinds = [one["kind"] for one in api.get(path).json()["limits_offered"]]
    assert kinds == ["stake", "loss", "session"]
    headers = {"Authorization": f"Bearer {api.secret}"}
    refused = api.client.put(
        f"/api/v1/{path}/limits/deposit/day", {"amount": "1.00"}, content_type="application/json", headers=headers
    )
    assert (refused.status_code, refused.json()["code"]) == (422, "limit_invalid")
