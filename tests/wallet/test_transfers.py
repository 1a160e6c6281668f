"""Deposits and withdrawals through the API: once for each key, exact, and refused without a trace."""

import json
import threading
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connections

from operators.models import Operator
from operators.tenancy import tenant_context
from players.models import Player
from tests.support.api import call, refusal
from tests.support.bets import backend, balance, everything, new_player, place
from tests.support.fixtures import standing_game, standing_rounds
from wallet.models import Transaction

__all__ = ["standing_game", "standing_rounds"]
CALLERS = 20


class Till:
    """An operator's backend that moves one player's money."""

    def __init__(self, operator: Operator, player: Player | None = None) -> None:
        self.operator, self.player = operator, player or new_player(operator)
        self.secret = backend(operator).secret

    def move(self, way: str, amount: str, *, key: str | None = None, **changed: Any) -> Any:
        body = {"player_token": self.player.token, "amount": amount, "currency": self.operator.currency_code} | changed
        headers = {"Idempotency-Key": key or str(uuid4())}
        return call("POST", f"wallet/{way}", credential=self.secret, body=body, headers=headers)

    def account(self) -> str:
        response = call("GET", f"wallet/accounts/{self.player.token}", credential=self.secret)
        return str(json.loads(response.content)["balance"])

    def rows(self, **query: str) -> list[dict[str, Any]]:
        query.setdefault("player_token", self.player.token)
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        response = call("GET", f"wallet/transactions?{asked}", credential=self.secret)
        assert response.status_code == 200, response.content
        return list(json.loads(response.content)["results"])


@pytest.fixture
def till(db: None, operator_a: Operator) -> Till:
    return Till(operator_a)


class TestMoving:
    def test_a_deposit_and_a_withdrawal_move_exactly_what_they_say(self, till: Till) -> None:
        deposited = json.loads(till.move("deposits", "10.05", reference="bank-1").content)
        withdrawn = json.loads(till.move("withdrawals", "0.06").content)
        shown = ("kind", "debit_amount", "credit_amount", "balance_after", "currency", "reference", "wallet_status")
        assert [deposited[name] for name in shown] == ["deposit", "0.00", "10.05", "10.05", "KES", "bank-1", "success"]
        assert [withdrawn[name] for name in shown] == ["withdrawal", "0.06", "0.00", "9.99", "KES", "", "success"]
        assert (deposited["bet_id"], deposited["rollback_flag"]) == (None, False)
        assert till.account() == "9.99"

    def test_a_currency_without_decimals_has_none_anywhere(self, db: None, operator_b: Operator) -> None:
        till = Till(operator_b)
        row = json.loads(till.move("deposits", "1500").content)
        assert (row["credit_amount"], row["debit_amount"], row["balance_after"]) == ("1500", "0", "1500")
        assert till.account() == "1500"

    def test_the_whole_balance_can_be_withdrawn_and_not_one_unit_more(self, till: Till) -> None:
        till.move("deposits", "5.00")
        before = everything()
        refusal(till.move("withdrawals", "5.01"), 409, "insufficient_funds")
        assert everything() == before
        assert till.move("withdrawals", "5.00").status_code == 201
        refusal(till.move("withdrawals", "0.01"), 409, "insufficient_funds")
        assert till.account() == "0.00"

    def test_an_unknown_player_has_no_account_and_is_made_by_a_deposit(self, till: Till) -> None:
        token = f"p-{uuid4().hex[:8]}"
        refusal(call("GET", f"wallet/accounts/{token}", credential=till.secret), 404, "player_not_found")
        assert till.move("deposits", "1.00", player_token=token).status_code == 201
        assert call("GET", f"wallet/accounts/{token}", credential=till.secret).status_code == 200

    def test_a_refused_transfer_changes_nothing(self, till: Till) -> None:
        till.move("deposits", "5.00")
        before = everything()
        for changed in (
            {"amount": "0.00"},
            {"amount": "-1.00"},
            {"amount": "1.001"},
            {"currency": "XOF"},
            {"reference": "r" * 129},
            {"player_token": "not a token"},
        ):
            assert till.move("deposits", **({"amount": "1.00"} | changed)).status_code == 422
            assert till.move("withdrawals", **({"amount": "1.00"} | changed)).status_code == 422
        assert everything() == before


class TestKeys:
    def test_the_same_key_and_terms_answer_the_same_bytes_and_move_the_money_once(self, till: Till) -> None:
        for way, amount in (("deposits", "7.50"), ("withdrawals", "2.50")):
            key = str(uuid4())
            first = till.move(way, amount, key=key, reference="r")
            till.move("deposits", "1.00")
            again = till.move(way, amount, key=key, reference="r")
            assert (first.status_code, again.status_code) == (201, 201)
            assert first.content == again.content
        assert till.account() == "7.00"

    def test_the_same_key_with_other_terms_is_refused_and_moves_nothing(self, till: Till, operator_a: Operator) -> None:
        key, other = str(uuid4()), new_player(operator_a).token
        till.move("deposits", "7.50", key=key, reference="r")
        before = everything()
        for way, amount, changed in (
            ("deposits", "7.51", {"reference": "r"}),
            ("deposits", "7.50", {"reference": "other"}),
            ("deposits", "7.50", {}),
            ("deposits", "7.50", {"reference": "r", "player_token": other}),
            ("withdrawals", "7.50", {"reference": "r"}),
        ):
            refusal(till.move(way, amount, key=key, **changed), 422, "idempotency_key_reused")
        assert everything() == before

    def test_the_same_amount_written_otherwise_is_the_same_terms(self, till: Till) -> None:
        first = till.move("deposits", "7.5", key="written")
        assert till.move("deposits", "7.50", key="written").content == first.content

    def test_a_refused_withdrawal_does_not_use_up_its_key(self, till: Till) -> None:
        refusal(till.move("withdrawals", "1.00", key="poor"), 409, "insufficient_funds")
        till.move("deposits", "1.00")
        assert till.move("withdrawals", "1.00", key="poor").status_code == 201

    def test_two_operators_may_use_the_same_key(self, till: Till, operator_b: Operator) -> None:
        assert till.move("deposits", "1.00", key="shared").status_code == 201
        assert Till(operator_b).move("deposits", "1", key="shared").status_code == 201

    def test_twenty_calls_at_once_with_one_key_are_one_deposit_and_twenty_equal_answers(
        self, committed: None, operator_a: Operator
    ) -> None:
        till, key = Till(operator_a), str(uuid4())
        answers = at_once(lambda _: till.move("deposits", "3.00", key=key))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.content for answer in answers}) == 1
        assert till.account() == "3.00"
        assert len(till.rows()) == 1

    def test_one_key_for_different_players_at_once_is_one_deposit(self, committed: None, operator_a: Operator) -> None:
        tills, key = [Till(operator_a) for _ in range(4)], str(uuid4())
        answers = at_once(lambda n: tills[n % 4].move("deposits", "3.00", key=key))
        codes = sorted(answer.status_code for answer in answers)
        assert codes == [201] * (CALLERS // 4) + [422] * (CALLERS - CALLERS // 4)
        assert sorted(till.account() for till in tills) == ["0.00", "0.00", "0.00", "3.00"]

    def test_withdrawals_at_once_never_take_more_than_there_is(self, committed: None, operator_a: Operator) -> None:
        till = Till(operator_a, new_player(operator_a, money=700))
        answers = at_once(lambda _: till.move("withdrawals", "1.00"))
        codes = [answer.status_code for answer in answers]
        assert (codes.count(201), codes.count(409)) == (7, CALLERS - 7)
        assert till.account() == "0.00"


def at_once(one: Any) -> list[Any]:
    """What CALLERS threads get that start together."""
    ready, answers = threading.Barrier(CALLERS, timeout=30), list[Any]()

    def run(number: int) -> None:
        ready.wait()
        try:
            answers.append(one(number))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == CALLERS
    return answers


class TestList:
    def test_the_list_filters_by_player_kind_bet_and_time(
        self, db: None, operator_a: Operator, standing_rounds: list[Any]
    ) -> None:
        till = Till(operator_a, new_player(operator_a, money=10_000))
        other = Till(operator_a, new_player(operator_a, money=500))
        bet = place(operator_a, till.player, round_id=standing_rounds[0].pk)
        till.move("withdrawals", "5.00")
        kinds = [row["kind"] for row in till.rows()]
        assert kinds == ["withdrawal", "stake", "deposit"]
        assert [row["kind"] for row in till.rows(kind="stake")] == ["stake"]
        [stake] = till.rows(bet_id=str(bet.pk))
        assert (stake["kind"], stake["bet_id"], stake["debit_amount"]) == ("stake", str(bet.pk), "10.00")
        assert UUID(stake["transaction_id"]).int == bet.pk.int + 1
        assert till.rows(player_token=other.player.token, bet_id=str(bet.pk)) == []
        assert len(till.rows(**{"from": "2020-01-01T00:00:00Z"})) == 3
        assert till.rows(**{"from": "2100-01-01T00:00:00Z"}) == []
        assert till.rows(bet_id=str(uuid4())) == []

    def test_a_player_that_is_not_known_is_told_as_such(self, till: Till) -> None:
        response = call("GET", "wallet/transactions?player_token=nobody", credential=till.secret)
        refusal(response, 404, "player_not_found")

    def test_the_balance_after_each_row_is_the_sum_up_to_it(self, till: Till) -> None:
        for amount in ("5.00", "0.25", "1.75"):
            till.move("deposits", amount)
        till.move("withdrawals", "2.00")
        with tenant_context(till.operator):
            rows = list(Transaction.objects.filter(account__player=till.player).order_by("id"))
        total = 0
        for row in rows:
            total += row.amount
            assert row.balance_after == total
        assert total == balance(till.operator, till.player) == 500
