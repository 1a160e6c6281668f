"""Deposits are held to the player's limits, exactly; withdrawals never are."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from operators.models import Operator
from operators.tenancy import tenant_context
from players.models import Player
from tests.support.bets import backend, balance, give, new_player
from tests.support.protection import licensed, limit, shut_out
from tests.support.threads import at_once
from wallet.models import Account
from wallet.services import deposit

pytestmark = pytest.mark.usefixtures("committed")


def pay(operator: Operator, player: Player, amount: str, *, way: str = "deposits", key: str | None = None) -> Any:
    body = {"player_token": player.token, "amount": amount, "currency": operator.currency_code}
    return backend(operator).post(f"wallet/{way}", body, key=key)


@pytest.mark.parametrize("period", ["day", "week", "month"])
def test_deposits_of_a_period_add_up_and_the_refusal_says_what_is_left(operator_a: Operator, period: str) -> None:
    player = new_player(operator_a)
    give(operator_a, player, 30_00)
    limit(operator_a, player, "deposit", period, 50_00)
    refused = pay(operator_a, player, "20.01")
    told = refused.json()
    assert (refused.status_code, told["code"], told["retry"]) == (409, "deposit_limit_reached", "new_key")
    facts = {"period": period, "source": "player", "limit": "50.00", "used": "30.00", "left": "20.00"}
    assert {name: told["params"][name] for name in facts} == facts
    assert pay(operator_a, player, "20.00").status_code == 201
    assert balance(operator_a, player) == 50_00


def test_withdrawals_give_no_room_and_are_never_refused_for_a_limit(operator_a: Operator) -> None:
    player = new_player(operator_a, money=50_00)
    limit(operator_a, player, "deposit", "day", 0)
    assert pay(operator_a, player, "50.00", way="withdrawals").status_code == 201
    assert pay(operator_a, player, "0.01").json()["code"] == "deposit_limit_reached"


def test_an_excluded_player_is_paid_out_and_pays_nothing_in(operator_a: Operator) -> None:
    player = new_player(operator_a, money=50_00)
    shut_out(operator_a, player, "self_exclusion", forever=True)
    assert pay(operator_a, player, "1.00").json()["code"] == "player_excluded"
    assert pay(operator_a, player, "50.00", way="withdrawals").status_code == 201


def test_a_deposit_before_the_limit_is_answered_again_under_its_key(operator_a: Operator) -> None:
    player, key = new_player(operator_a), uuid4().hex
    first = pay(operator_a, player, "10.00", key=key)
    limit(operator_a, player, "deposit", "day", 0)
    again = pay(operator_a, player, "10.00", key=key)
    assert (again.status_code, again.content) == (201, first.content)


def test_the_profiles_limit_holds_for_every_player_in_its_currency(operator_a: Operator, operator_b: Operator) -> None:
    rules = {"currency_code": "KES", "deposit_day_max": 10_00}
    with licensed(operator_a, **rules) as operator:
        player = new_player(operator)
        told = pay(operator, player, "10.01").json()
        assert (told["code"], told["params"]["source"]) == ("deposit_limit_reached", "jurisdiction")
        assert pay(operator, player, "10.00").status_code == 201
    with licensed(operator_b, **rules) as operator:
        assert pay(operator, new_player(operator), "2000").status_code == 201


def together(operator: Operator, player: Player) -> list[str]:
    def one() -> str:
        with tenant_context(operator):
            deposit(key=uuid4().hex, player=player, amount=10_00, reference="")
        return "paid"

    return sorted(getattr(found, "code", str(found)) for found in at_once([one] * 6))


def test_of_deposits_at_once_as_many_are_taken_as_the_limit_has_room_for(operator_a: Operator) -> None:
    player = new_player(operator_a)
    limit(operator_a, player, "deposit", "day", 20_00)
    assert together(operator_a, player) == ["deposit_limit_reached"] * 4 + ["paid"] * 2
    assert balance(operator_a, player) == 20_00


def test_control_without_the_accounts_lock_they_break_the_limit(
    operator_a: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wallet import selectors
    from wallet.services import transfers

    player = new_player(operator_a)
    limit(operator_a, player, "deposit", "day", 10_00)
    exact = selectors.limits_of

    def slowly(operator: Operator, player_id: int) -> Any:
        found = exact(operator, player_id)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.3)")  # the race, made wide
        return found

    class Unlocked:
        """The manager, without its lock."""

        def __getattr__(self, name: str) -> Any:
            return getattr(Account.objects, name)

        def select_for_update(self) -> Any:
            return Account.objects.all()

    class Accounts:
        objects = Unlocked()

        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            return Account(*args, **kwargs)

    monkeypatch.setattr(transfers, "Account", Accounts)
    monkeypatch.setattr(transfers.selectors, "limits_of", slowly)
    assert together(operator_a, player).count("paid") > 1
    assert balance(operator_a, player) > 10_00
