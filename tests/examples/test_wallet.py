"""The reference operator's wallet, over HTTP: every rule of the wallet API, and no cent lost or doubled."""

import json
import threading
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest

from tests.examples.baobab import Operator, body_of, running
from tests.sdk.conftest import scripted
from tests.sdk.signed import House
from tests.support.threads import at_once


@pytest.fixture
def before(operator: Operator) -> Decimal:
    return Decimal(operator.balance())


@pytest.fixture(autouse=True)
def books_agree(operator: Operator) -> object:
    yield
    assert operator.state()["faults"] == []


def after(operator: Operator, before: Decimal) -> Decimal:
    return Decimal(operator.balance()) - before


class TestDebit:
    def test_a_debit_takes_the_stake_and_echoes_what_it_must(self, operator: Operator, before: Decimal) -> None:
        body = body_of("debit")
        asked, answer = json.loads(body), operator.send("debit", body).json()
        assert answer["status"] == "ok"
        assert [answer[name] for name in ("request_id", "transaction_id", "amount", "currency")] == [
            asked[name] for name in ("request_id", "transaction_id", "amount", "currency")
        ]
        assert Decimal(answer["balance"]) == before - 10
        assert after(operator, before) == -10

    def test_the_same_debit_again_takes_nothing_more(self, operator: Operator, before: Decimal) -> None:
        transaction = str(uuid4())
        bet = {"transaction_id": transaction, "bet_id": "b-1"}
        answers = [operator.call("debit", **bet) for _ in range(3)]
        assert {answer["status"] for answer in answers} == {"ok"}
        assert after(operator, before) == -10

    def test_the_same_id_with_other_terms_is_refused(self, operator: Operator, before: Decimal) -> None:
        transaction = str(uuid4())
        operator.call("debit", transaction_id=transaction, bet_id="b-1")
        for other in ({"amount": "11.00"}, {"bet_id": "b-2"}, {"player_token": "baraka"}, {"round_id": 8}):
            answer = operator.call("debit", **{"transaction_id": transaction, "bet_id": "b-1"} | other)
            assert (answer["status"], answer["code"]) == ("refused", "transaction_id_reused")
        answer = operator.call("credit", transaction_id=transaction)
        assert answer["code"] == "transaction_id_reused"
        assert after(operator, before) == -10

    @pytest.mark.parametrize(
        ("members", "code"),
        [
            ({"amount": "99999999.00"}, "insufficient_funds"),
            ({"player_token": "dawit", "amount": "0.01"}, "insufficient_funds"),
            ({"player_token": "nobody"}, "player_not_found"),
            ({"currency": "XOF", "amount": "10"}, "currency_mismatch"),
        ],
    )
    def test_what_cannot_be_taken_is_refused_and_stays_refused(
        self, operator: Operator, members: dict[str, str], code: str
    ) -> None:
        known = {"transaction_id": str(uuid4()), "bet_id": "b"} | members
        for _ in range(2):
            answer = operator.call("debit", **known)
            assert (answer["status"], answer["code"]) == ("refused", code)

    def test_a_blocked_player_stakes_nothing_and_is_paid_all_the_same(self, operator: Operator) -> None:
        operator.http.post(f"{operator.url}/office/block", data={"player": "chipo", "blocked": "1"})
        assert operator.call("debit", player_token="chipo", amount="1.00")["code"] == "player_blocked"
        assert operator.call("credit", player_token="chipo", amount="5.00")["status"] == "ok"
        operator.http.post(f"{operator.url}/office/block", data={"player": "chipo", "blocked": "0"})
        assert operator.call("debit", player_token="chipo", amount="1.00")["status"] == "ok"

    @pytest.mark.parametrize("amount", ["10", "10.0", "10.000", "-1.00", "1e2", " 1.00", "NaN", "٣.00"])
    def test_an_amount_that_is_none_is_malformed(self, operator: Operator, before: Decimal, amount: str) -> None:
        answer = operator.send("debit", body_of("debit", amount=amount))
        assert answer.status_code == 400
        assert after(operator, before) == 0


class TestCredit:
    def test_a_credit_pays_once(self, operator: Operator, before: Decimal) -> None:
        transaction = str(uuid4())
        for _ in range(2):
            assert operator.call("credit", transaction_id=transaction, amount="25.50")["status"] == "ok"
        assert after(operator, before) == Decimal("25.50")

    def test_a_credit_may_close_the_round_at_its_second_attempt(self, operator: Operator, before: Decimal) -> None:
        transaction = str(uuid4())
        operator.call("credit", transaction_id=transaction, round_closed=False)
        assert operator.call("credit", transaction_id=transaction, round_closed=True)["status"] == "ok"
        assert after(operator, before) == 10

    def test_a_notice_moves_nothing(self, operator: Operator, before: Decimal) -> None:
        assert operator.call("credit", kind="notice", amount="0.00")["status"] == "ok"
        assert after(operator, before) == 0


class TestRollback:
    def test_a_rollback_gives_the_stake_back_once(self, operator: Operator, before: Decimal) -> None:
        debit = operator.call("debit")["transaction_id"]
        rollback = str(uuid4())
        for _ in range(2):
            known = {"transaction_id": rollback, "original_transaction_id": debit, "bet_id": "b"}
            assert operator.call("rollback", **known)["status"] == "ok"
        other = operator.call("rollback", original_transaction_id=debit)
        assert other["status"] == "already_rolled_back"
        assert after(operator, before) == 0

    def test_a_debit_that_was_rolled_back_is_refused(self, operator: Operator, before: Decimal) -> None:
        debit = {"transaction_id": str(uuid4()), "bet_id": "b-1"}
        operator.call("debit", **debit)
        operator.call("rollback", original_transaction_id=debit["transaction_id"])
        assert operator.call("debit", **debit)["code"] == "rolled_back"
        assert after(operator, before) == 0

    def test_a_rollback_before_its_debit_leaves_a_tombstone(self, operator: Operator, before: Decimal) -> None:
        debit = str(uuid4())
        assert operator.call("rollback", original_transaction_id=debit)["status"] == "not_found"
        for _ in range(2):
            assert operator.call("debit", transaction_id=debit)["code"] == "rolled_back"
        assert operator.call("rollback", original_transaction_id=debit)["status"] == "already_rolled_back"
        assert after(operator, before) == 0

    def test_a_rollback_of_a_refused_debit_ends_and_keeps_it_refused(self, operator: Operator, before: Decimal) -> None:
        for members in ({"amount": "99999999.00"}, {"player_token": "nobody"}, {"currency": "XOF", "amount": "10"}):
            debit = {"transaction_id": str(uuid4()), "bet_id": "b-1"} | members
            operator.call("debit", **debit)
            answer = operator.call("rollback", original_transaction_id=debit["transaction_id"], **members)
            assert answer["status"] == "not_found"
            assert operator.call("debit", **debit)["code"] == "rolled_back"
        assert after(operator, before) == 0

    def test_a_rollback_that_names_another_amount_or_player_is_refused(
        self, operator: Operator, before: Decimal
    ) -> None:
        debit = operator.call("debit")["transaction_id"]
        for other in ({"amount": "11.00"}, {"player_token": "baraka"}):
            assert operator.call("rollback", original_transaction_id=debit, **other)["code"] == "transaction_id_reused"
        assert after(operator, before) == -10


class TestSignatures:
    def test_the_hmac_form_is_let_through(self, operator: Operator) -> None:
        assert operator.signed_by_secret("balance", body_of("balance")).json()["status"] == "ok"

    def test_a_call_that_is_not_the_platform_s_is_refused_and_changes_nothing(
        self, operator: Operator, before: Decimal
    ) -> None:
        body = body_of("debit")
        good = operator.house.signed(f"{operator.url}/wallet/debit", body)
        for sent, headers in (
            (body, {}),
            (body.replace(b"10.00", b"20.00"), good),
            (body, House().signed(f"{operator.url}/wallet/debit", body)),
            (body, operator.house.signed(f"{operator.url}/wallet/credit", body)),
        ):
            answer = operator.send("debit", sent, headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "signature_invalid")
        assert after(operator, before) == 0
        assert "it is not signed as it must be" in operator.log.read_text()

    def test_the_very_same_request_gets_the_very_same_bytes(self, operator: Operator) -> None:
        body = body_of("debit")
        first = operator.send("debit", body)
        operator.call("debit")
        assert operator.send("debit", body).content == first.content

    def test_a_body_that_is_no_call_is_malformed(self, operator: Operator) -> None:
        assert operator.send("debit", b"{}").status_code == 400
        assert operator.send("debit", json.dumps({"request_id": "request-1"}).encode()).status_code == 400

    def test_a_body_that_is_too_large_is_refused(self, operator: Operator) -> None:
        assert operator.send("balance", body_of("balance", padding="x" * 70_000)).status_code == 413


class TestAtOnce:
    def test_one_transaction_from_many_sides_acts_once(self, operator: Operator, before: Decimal) -> None:
        transaction = str(uuid4())
        bodies = [body_of("debit", transaction_id=transaction, bet_id="b-1") for _ in range(20)]
        answers = at_once([lambda body=body: operator.send("debit", body).json() for body in bodies])
        assert {answer["status"] for answer in answers} == {"ok"}
        assert after(operator, before) == -10

    def test_a_debit_and_its_rollback_from_two_sides_leave_the_balance(
        self, operator: Operator, before: Decimal
    ) -> None:
        for _ in range(10):
            transaction = str(uuid4())
            debit = body_of("debit", transaction_id=transaction, bet_id="b-1")
            rollback = body_of("rollback", original_transaction_id=transaction)
            at_once([lambda: operator.send("debit", debit), lambda: operator.send("rollback", rollback)])  # noqa: B023
        assert after(operator, before) == 0

    def test_a_balance_is_never_spent_twice(self, operator: Operator) -> None:
        has = Decimal(operator.balance("baraka"))
        stake = (has / 5).quantize(Decimal("0.01"))
        bodies = [body_of("debit", player_token="baraka", amount=str(stake)) for _ in range(20)]
        answers = at_once([lambda body=body: operator.send("debit", body).json() for body in bodies])
        taken = [answer for answer in answers if answer["status"] == "ok"]
        assert len(taken) == int(has / stake)
        assert Decimal(operator.balance("baraka")) == has - stake * len(taken)


def test_what_was_answered_survives_a_kill(directory: Path) -> None:
    house = House()
    with scripted() as keys:
        keys.says(200, house.well_known())
        answered: list[str] = []
        with running(directory, house=house, keys_url=keys.url) as one:
            killed = threading.Timer(0.4, one.process.kill)
            killed.start()
            try:
                while True:
                    answered.append(one.call("debit", amount="0.01")["transaction_id"])
            except OSError:
                killed.join()
            except Exception as error:
                assert "httpx" in type(error).__module__, error  # noqa: PT017 - the only end that there may be
        with running(directory, house=house, keys_url=keys.url) as two:
            kept = {
                row["transaction_id"] for row in two.http.get(f"{two.url}/reconciliation.json").json()["transactions"]
            }
            assert answered
            assert set(answered) <= kept
            assert len(kept) - len(answered) in (0, 1)  # the one whose answer the kill has swallowed
            assert Decimal(two.balance()) == Decimal("1000.00") - Decimal("0.01") * len(kept)
            assert two.state()["faults"] == []


def test_whoever_is_not_known_is_welcome_where_that_is_wanted(directory: Path) -> None:
    house = House()
    with scripted() as keys:
        keys.says(200, house.well_known())
        with running(directory, house=house, keys_url=keys.url, options=("--welcome", "50.00")) as one:
            assert one.balance("bot-1") == "50.00"
            assert one.call("debit", player_token="bot-2", amount="50.00")["balance"] == "0.00"
            assert one.state()["faults"] == []


def test_behind_a_proxy_calls_are_signed_for_the_address_that_the_platform_knows(tmp_path: Path) -> None:
    house, public = House(), "https://casino.example/seamless"
    with scripted() as keys:
        keys.says(200, house.well_known())
        with running(tmp_path, house=house, keys_url=keys.url, options=("--public-url", public)) as one:
            body = body_of("balance")
            assert one.send("balance", body, house.signed(f"{public}/balance", body)).json()["status"] == "ok"
            assert one.send("balance", body, house.signed(f"{one.url}/wallet/balance", body)).status_code == 401
