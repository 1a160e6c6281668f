"""The hot door believes nothing that it remembers: whatever changes counts from that moment on."""

import asyncio
import base64
import threading
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections, transaction

from bets.models import Bet, Paytable
from bets.paytables import K88, hash_of
from bets.services.paytables import activate_paytable, create_paytable
from fairness.merkle import leaf_hash
from fairness.messages import BetLeaf
from operators.models import Operator
from operators.selectors import find_valid_key
from operators.services import resume_operator, revoke_key, suspend_operator
from operators.tenancy import tenant_context
from players.models import Player, Session
from players.services import revoke_session, set_blocked
from rounds.models import Round
from tests.support.bets import backend, balance, bet_body, give, new_player, player_client
from tests.support.door import Door, open_door
from tests.support.rounds import Timing, commit_rounds, drive, new_game, wait_until
from wallet.models import Account, Transaction

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def door() -> Iterator[Door]:
    with open_door() as opened:
        yield opened


def bet_until(change: Callable[[], Any], door: Door, secret: str, body: dict[str, Any]) -> Any:
    """The answer right after a change, of a door that remembers how it was before."""
    assert door.post(secret, body).status_code == 201
    change()
    return door.post(secret, body)


def test_a_revoked_key_places_nothing_from_then_on(
    door: Door, operator_a: Operator, standing_rounds: list[Round]
) -> None:
    player, secret = new_player(operator_a, money=100_000), backend(operator_a).secret
    key = find_valid_key(secret)
    assert key is not None
    body = bet_body(operator_a, player, round_id=standing_rounds[0].pk)
    answer = bet_until(lambda: revoke_key(key=key, reason="a test", actor="test"), door, secret, body)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert balance(operator_a, player) == 99_000


def test_a_revoked_session_places_nothing_from_then_on(
    door: Door, operator_a: Operator, standing_rounds: list[Round]
) -> None:
    player = new_player(operator_a, money=100_000)
    secret = player_client(operator_a, player).secret
    body = bet_body(operator_a, None, round_id=standing_rounds[0].pk)

    def revoke() -> None:
        with tenant_context(operator_a):
            revoke_session(session_id=Session.objects.get(player=player).pk)

    answer = bet_until(revoke, door, secret, body)
    assert answer.json()["code"] == "session_expired"
    assert balance(operator_a, player) == 99_000


def test_a_suspended_operator_and_one_with_other_limits(
    door: Door, operator_a: Operator, standing_rounds: list[Round]
) -> None:
    player, secret = new_player(operator_a, money=100_000), backend(operator_a).secret
    body = bet_body(operator_a, player, round_id=standing_rounds[0].pk)
    answer = bet_until(lambda: suspend_operator(operator=operator_a, reason="test", actor="test"), door, secret, body)
    resume_operator(operator=operator_a, reason="test", actor="test")
    assert answer.json()["code"] == "operator_suspended"

    def change(minimum: int) -> None:
        Operator.objects.filter(pk=operator_a.pk).update(min_bet=minimum)

    try:
        assert bet_until(lambda: change(5_000), door, secret, body).json()["code"] == "stake_below_minimum"
    finally:
        change(operator_a.min_bet)
    assert door.post(secret, body).status_code == 201


def test_a_blocked_player(door: Door, operator_a: Operator, standing_rounds: list[Round]) -> None:
    player, secret = new_player(operator_a, money=100_000), backend(operator_a).secret
    body = bet_body(operator_a, player, round_id=standing_rounds[0].pk)

    def block(blocked: bool) -> None:
        with tenant_context(operator_a):
            set_blocked(operator=operator_a, token=player.token, blocked=blocked, actor="test")

    assert bet_until(lambda: block(True), door, secret, body).json()["code"] == "player_blocked"
    block(False)
    assert door.post(secret, body).status_code == 201


def test_a_new_paytable_counts_for_the_next_bet(door: Door, operator_b: Operator, standing_rounds: list[Round]) -> None:
    player, secret = new_player(operator_b, money=100_000), backend(operator_b).secret
    body = bet_body(operator_b, player, round_id=standing_rounds[0].pk)
    before = _active(operator_b)
    other = {**K88, 1: {1: 300}}

    def activate() -> None:
        with tenant_context(operator_b):
            made = create_paytable(operator=operator_b, name="one hit pays three", table=other, actor="test")
            activate_paytable(operator=operator_b, paytable_id=made.pk, actor="test")

    try:
        answer = bet_until(activate, door, secret, body).json()
    finally:
        with tenant_context(operator_b):
            activate_paytable(operator=operator_b, paytable_id=before.pk, actor="test")
    leaf = BetLeaf.decode(base64.b64decode(answer["receipt"]))
    assert leaf.paytable_hash == hash_of(other)
    assert answer["paytable_id"] != str(before.pk)


def _active(operator: Operator) -> Paytable:
    with tenant_context(operator):
        return Paytable.objects.get(active=True)


def test_a_bet_on_a_game_is_on_the_round_that_is_open_and_none_after_the_close(
    door: Door, operator_a: Operator
) -> None:
    game = new_game()
    first, second = commit_rounds(game, count=2, timing=Timing(betting=2.0, pause=0.5))
    player, secret = new_player(operator_a, money=100_000), backend(operator_a).secret
    body = bet_body(operator_a, player, game=game.code)
    wait_until(first.opens_at)
    drive([first], "open")
    assert door.post(secret, body).json()["round_id"] == first.pk
    wait_until(first.closes_at)
    assert door.post(secret, body).json()["code"] == "round_not_open"
    named = door.post(secret, bet_body(operator_a, player, round_id=first.pk))
    assert named.json()["code"] == "round_not_open"
    wait_until(second.opens_at)
    drive([second], "open")
    assert door.post(secret, body).json()["round_id"] == second.pk
    wait_until(second.closes_at)
    drive([first, second])


def test_a_retry_answers_byte_for_byte_and_another_request_is_refused(
    door: Door, operator_a: Operator, standing_rounds: list[Round]
) -> None:
    player, secret, key = new_player(operator_a, money=100_000), backend(operator_a).secret, uuid4().hex
    body = bet_body(operator_a, player, round_id=standing_rounds[0].pk)
    first, again = door.post(secret, body, key=key), door.post(secret, body, key=key)
    assert first.status_code == 201
    assert first.content == again.content
    other = door.post(secret, body | {"picks": [1]}, key=key)
    assert other.json()["code"] == "idempotency_key_reused"
    assert balance(operator_a, player) == 99_000


def test_equal_calls_at_once_are_one_bet(door: Door, operator_a: Operator, standing_rounds: list[Round]) -> None:
    player, secret, key = new_player(operator_a, money=100_000), backend(operator_a).secret, uuid4().hex
    body = bet_body(operator_a, player, round_id=standing_rounds[0].pk)
    answers = door.post_all([door.ask(secret, body, key=key) for _ in range(20)])
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert balance(operator_a, player) == 99_000


def test_a_receipt_is_the_leaf_that_was_stored(door: Door, operator_a: Operator, standing_rounds: list[Round]) -> None:
    player, secret = new_player(operator_a, money=100_000), backend(operator_a).secret
    answer = door.post(secret, bet_body(operator_a, player, round_id=standing_rounds[0].pk, picks=[80, 1])).json()
    leaf = BetLeaf.decode(base64.b64decode(answer["receipt"]))
    with tenant_context(operator_a):
        bet = Bet.objects.get(pk=answer["id"])
    assert bytes(bet.leaf_hash) == leaf_hash(base64.b64decode(answer["receipt"]))
    assert (leaf.picks, leaf.stake_minor, bytes(bet.blind)) == ((1, 80), 1_000, leaf.blind)
    assert tuple(bet.picks) == (1, 80)


class TestManyAtOnce:
    def test_a_bulk_call_answers_each_bet_as_the_documented_view_does(
        self, door: Door, operator_a: Operator, standing_rounds: list[Round]
    ) -> None:
        player, poor = new_player(operator_a, money=10_000_000), new_player(operator_a)
        caller, key = backend(operator_a), uuid4().hex
        good = bet_body(operator_a, player, round_id=standing_rounds[0].pk)
        bets = [good | {"picks": [1 + n % 80]} for n in range(600)]
        bets[7] = good | {"player_token": poor.token}
        bets[300] = good | {"picks": [81]}
        bets[301] = good | {"rounds": 3}
        bets[302] = good | {"sign_receipt": True}
        answer = door.post(caller.secret, {"bets": bets}, key=key, path="bets/batch")
        again = caller.post("bets/batch", {"bets": bets}, key=key)
        assert answer.status_code == again.status_code == 200
        results = answer.json()["results"]
        told = [result["bet"]["id"] if result["bet"] else result["problem"]["code"] for result in results]
        repeated = [one["bet"]["id"] if one["bet"] else one["problem"]["code"] for one in again.json()["results"]]
        assert told == repeated
        assert [result["status"] for result in results].count(201) == 598
        assert len(results[301]["bet"]["ticket"]) == 3
        assert results[302]["bet"]["receipt_signature"]
        with tenant_context(operator_a):
            account = Account.objects.get(player=player)
            assert Transaction.objects.filter(account=account, amount__lt=0).count() == 600
            assert account.balance == 10_000_000 - 600 * 1_000

    def test_bets_of_many_operators_share_a_flight_and_a_held_account_stops_its_own_only(
        self, door: Door, operator_a: Operator, operator_b: Operator, standing_rounds: list[Round]
    ) -> None:
        held, free = new_player(operator_a, money=100_000), new_player(operator_b, money=100_000)
        secrets = {operator: backend(operator).secret for operator in (operator_a, operator_b)}
        bodies = {
            operator_a: bet_body(operator_a, held, round_id=standing_rounds[0].pk),
            operator_b: bet_body(operator_b, free, round_id=standing_rounds[0].pk),
        }
        for operator in (operator_a, operator_b):
            assert door.post(secrets[operator], bodies[operator]).status_code == 201
        release, holding = threading.Event(), threading.Event()
        thread = threading.Thread(target=_hold_account, args=(operator_a, held, holding, release))
        thread.start()
        assert holding.wait(20)
        order: list[str] = []

        async def ask(operator: Operator) -> Any:
            answer = await door.ask(secrets[operator], bodies[operator])
            order.append(operator.slug)
            if operator is operator_b:
                release.set()
            return answer

        answers = door.post_all([ask(operator_a), ask(operator_b)])
        thread.join(20)
        assert [answer.status_code for answer in answers] == [201, 201]
        assert order == ["beta", "alpha"]

    def test_a_flood_of_one_operator_does_not_keep_another_waiting_for_all_of_it(
        self, door: Door, operator_a: Operator, operator_b: Operator, standing_rounds: list[Round]
    ) -> None:
        many, one = new_player(operator_a, money=100_000_000), new_player(operator_b, money=100_000)
        flood, single = backend(operator_a).secret, backend(operator_b).secret
        body = bet_body(operator_a, many, round_id=standing_rounds[0].pk)
        other = bet_body(operator_b, one, round_id=standing_rounds[0].pk)
        assert door.post(flood, body).status_code == door.post(single, other).status_code == 201
        order: list[str] = []

        async def ask(secret: str, asked: Any, path: str) -> Any:
            answer = await door.ask(secret, asked, path=path)
            order.append(path)
            return answer

        calls = [ask(flood, {"bets": [body] * 1000}, "bets/batch") for _ in range(5)]
        answers = door.post_all([*calls, _a_little_later(lambda: ask(single, other, "bets"))])
        assert {answer.status_code for answer in answers} == {200, 201}
        assert order.index("bets") < 4


async def _a_little_later(ask: Callable[[], Any]) -> Any:
    """When the calls before it have been read and wait."""
    await asyncio.sleep(0.1)
    return await ask()


def _hold_account(operator: Operator, player: Player, holding: threading.Event, release: threading.Event) -> None:
    try:
        with tenant_context(operator), transaction.atomic():
            Account.objects.select_for_update().get(player=player)
            holding.set()
            release.wait(20)
    finally:
        holding.set()
        connections.close_all()


def test_the_door_finds_a_new_connection_when_its_own_was_ended(
    door: Door, operator_a: Operator, standing_rounds: list[Round]
) -> None:
    player, secret = new_player(operator_a, money=100_000), backend(operator_a).secret
    body, key = bet_body(operator_a, player, round_id=standing_rounds[0].pk), uuid4().hex
    assert door.post(secret, body).status_code == 201
    _end_connections_of_doors()
    first = door.post(secret, body, key=key)
    assert first.status_code in (201, 503)
    again = door.post(secret, body, key=key)
    assert again.status_code == 201
    give(operator_a, player, 1)
    assert balance(operator_a, player) == 98_001


def _end_connections_of_doors() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name LIKE '%-door' AND datname = current_database()"
        )


def test_a_round_of_a_shared_game_is_read_once_for_all_operators_and_never_lends_what_is_anothers(
    door: Door, operator_a: Operator, operator_b: Operator, standing_rounds: list[Round]
) -> None:
    own = new_game(owner_id=operator_a.pk)
    [private] = commit_rounds(own, timing=Timing(betting=3.0))
    wait_until(private.opens_at)
    drive([private], "open")
    asks = {operator: new_player(operator, money=100_000) for operator in (operator_a, operator_b)}
    secrets = {operator: backend(operator).secret for operator in asks}
    for operator, player in asks.items():
        shared = door.post(secrets[operator], bet_body(operator, player, round_id=standing_rounds[0].pk))
        assert shared.status_code == 201
        found = [
            door.post(secrets[operator], bet_body(operator, player, **where))
            for where in ({"round_id": private.pk}, {"game": own.code})
        ]
        codes = [answer.json().get("code", "accepted") for answer in found]
        assert codes == (["accepted"] * 2 if operator is operator_a else ["round_not_found", "game_not_found"])
    wait_until(private.closes_at)
    drive([private])
