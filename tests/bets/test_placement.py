"""Placement: one write path, each slip answered by itself, and the same key always the same answer."""

import base64
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction

from bets.models import Bet, Slip
from bets.paytables import K88, hash_of
from bets.services.paytables import activate_paytable, create_paytable
from bets.services.placement import place_slips
from fairness.hashing import hmac_sha256
from fairness.merkle import leaf_hash
from fairness.messages import BetLeaf
from keno_platform.core.errors import Refusal
from operators.models import Operator
from operators.services import suspend_operator
from operators.tenancy import tenant_context
from players.models import Player
from players.services import set_blocked
from rounds.models import Game, Participation, Round
from tests.support.bets import (
    Backend,
    backend,
    balance,
    bet_body,
    changes_nothing,
    code_of,
    new_player,
    place,
    player_client,
    slip,
)
from tests.support.rounds import Timing, commit_rounds, drive, new_game, open_round, wait_until
from wallet.models import Kind
from wallet.selectors import transactions_of_bet

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def player(operator_a: Operator) -> Player:
    return new_player(operator_a, money=1_000_000)


@pytest.fixture
def api(operator_a: Operator) -> Backend:
    return backend(operator_a)


def test_a_bet_takes_its_stake_and_answers_with_what_was_accepted(
    operator_a: Operator, player: Player, api: Backend, standing_game: Game, standing_rounds: list[Round]
) -> None:
    answer = api.post("bets", bet_body(operator_a, player, game=standing_game.code, picks=[9, 3], stake="12.50"))
    shown = answer.json()

    assert answer.status_code == 201
    assert (shown["round_id"], shown["picks"], shown["stake"]) == (standing_rounds[0].pk, [3, 9], "12.50")
    assert (shown["status"], shown["win_amount"], shown["ticket_id"]) == ("pending", None, None)
    assert shown["potential_max_win"] == "105.00"
    assert balance(operator_a, player) == 1_000_000 - 1_250
    with tenant_context(operator_a):
        [movement] = transactions_of_bet(UUID(shown["id"]))
    assert (movement.kind, movement.amount, movement.balance_after) == (Kind.STAKE, -1_250, 998_750)
    assert Participation.objects.filter(round=standing_rounds[0], operator=operator_a).exists()


def test_a_bet_may_name_its_round_and_a_player_bets_for_themselves(
    operator_a: Operator, player: Player, api: Backend, standing_game: Game, standing_rounds: list[Round]
) -> None:
    client = player_client(operator_a, player)
    named = api.post("bets", bet_body(operator_a, player, round_id=standing_rounds[0].pk))
    own = client.post("bets", bet_body(operator_a, None, game=standing_game.code))

    assert (named.status_code, own.status_code) == (201, 201)
    assert named.json()["round_id"] == own.json()["round_id"] == standing_rounds[0].pk
    assert own.json()["player_token"] == player.token
    assert client.get(f"bets/{own.json()['id']}").json()["stake"] == "10.00"


def test_a_batch_answers_each_bet_by_itself_and_in_order(
    operator_a: Operator, player: Player, api: Backend, standing_game: Game
) -> None:
    good: dict[str, Any] = {"game": standing_game.code}
    bets = [
        bet_body(operator_a, player, **good, stake="1.00"),
        bet_body(operator_a, player, **good, picks=[1, 1]),
        bet_body(operator_a, player, **good, stake="2.00", rounds=3),
        bet_body(operator_a, player, **good, player_token="nobody"),
        bet_body(operator_a, player, **good, stake="3.00"),
        bet_body(operator_a, player, game="no-such-game"),
    ]
    results = api.post("bets/batch", {"bets": bets}).json()["results"]

    assert [item["status"] for item in results] == [201, 422, 201, 404, 201, 404]
    assert [item["bet"]["stake"] for item in results if item["bet"]] == ["1.00", "2.00", "3.00"]
    assert [item["problem"]["code"] for item in results if item["problem"]] == [
        "selection_duplicate",
        "player_not_found",
        "game_not_found",
    ]
    assert len(results[2]["bet"]["ticket"]) == 3
    assert balance(operator_a, player) == 1_000_000 - 100 - 600 - 300


def test_a_slip_that_is_not_covered_does_not_drag_down_a_smaller_later_one(
    operator_a: Operator, api: Backend, standing_game: Game
) -> None:
    poor, other = new_player(operator_a, money=1_000), new_player(operator_a, money=500)
    stakes = [(poor, "6.00"), (poor, "5.00"), (other, "5.00"), (poor, "4.00"), (poor, "1.00"), (other, "1.00")]
    bets = [bet_body(operator_a, who, game=standing_game.code, stake=stake) for who, stake in stakes]

    results = api.post("bets/batch", {"bets": bets}).json()["results"]

    assert [item["status"] for item in results] == [201, 409, 201, 201, 409, 409]
    assert {item["problem"]["code"] for item in results if item["problem"]} == {"insufficient_funds"}
    assert (balance(operator_a, poor), balance(operator_a, other)) == (0, 0)


def test_a_thousand_bets_in_one_call_are_all_accepted(
    operator_a: Operator, api: Backend, standing_game: Game, standing_rounds: list[Round]
) -> None:
    players = [new_player(operator_a, money=100_000) for _ in range(10)]
    bets = [bet_body(operator_a, players[n % 10], game=standing_game.code, stake="1.00") for n in range(1000)]

    results = api.post("bets/batch", {"bets": bets}).json()["results"]

    assert len({item["bet"]["id"] for item in results}) == 1000
    assert [item["bet"]["player_token"] for item in results] == [players[n % 10].token for n in range(1000)]
    assert {balance(operator_a, one) for one in players} == {100_000 - 100 * 100}


def test_the_receipt_is_the_leaf_of_the_bet_and_its_hash_is_stored(
    operator_a: Operator, player: Player, api: Backend, standing_game: Game, standing_rounds: list[Round]
) -> None:
    shown = api.post("bets", bet_body(operator_a, player, game=standing_game.code, stake="3.21", rounds=2)).json()

    for bet_json, one in zip(shown["ticket"], standing_rounds, strict=False):
        data = base64.b64decode(bet_json["receipt"])
        leaf = BetLeaf.decode(data)
        with tenant_context(operator_a):
            stored = Bet.objects.get(pk=bet_json["id"])
        assert leaf.encode() == data
        assert (leaf.stream, leaf.round_number) == (one.game.stream, one.number)
        assert (leaf.bet_id, leaf.operator_id) == (stored.pk, operator_a.pk)
        assert leaf.player_tag == hmac_sha256(bytes(operator_a.player_tag_secret), player.token.encode())
        assert (leaf.picks, leaf.stake_minor) == ((7, 21, 63), 321)
        assert (leaf.currency, leaf.exponent) == ("KES", 2)
        assert leaf.paytable_hash == hash_of(K88)
        assert leaf.blind == bytes(stored.blind)
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=leaf.accepted_ms)
        assert timedelta(0) <= stored.created_at - moment < timedelta(milliseconds=1)
        assert leaf_hash(data) == bytes(stored.leaf_hash)
        assert api.get(f"bets/{stored.pk}/proof").json()["bet"]["leaf"] == data.hex()
    assert shown["receipt"] == shown["ticket"][0]["receipt"]


def test_the_same_key_gets_the_same_answer_byte_for_byte_whatever_happens_since(
    operator_a: Operator, player: Player, api: Backend
) -> None:
    game = new_game()
    one = open_round(game, timing=Timing(betting=1.0))
    body = bet_body(operator_a, player, game=game.code)
    first = api.post("bets", body, key="k-1")
    batch = api.post("bets/batch", {"bets": [body, body]}, key="k-2")
    assert first.status_code == 201

    def retried() -> None:
        assert api.post("bets", body, key="k-1").content == first.content
        assert api.post("bets/batch", {"bets": [body, body]}, key="k-2").content == batch.content

    changes_nothing(retried)
    with tenant_context(operator_a):
        table = create_paytable(operator=operator_a, name="other", table={3: {3: 4400}}, actor="test")
        activate_paytable(operator=operator_a, paytable_id=table.pk, actor="test")
        set_blocked(operator=operator_a, token=player.token, blocked=True, actor="test")
    changes_nothing(retried)
    drive([one], "revealed")
    changes_nothing(retried)
    suspend_operator(operator=operator_a, reason="test", actor="test")
    Operator.objects.filter(pk=operator_a.pk).update(max_bet=100)
    changes_nothing(retried)


def test_the_same_key_for_another_request_is_refused(
    operator_a: Operator, player: Player, api: Backend, standing_game: Game
) -> None:
    body = bet_body(operator_a, player, game=standing_game.code)
    api.post("bets", body, key="k")
    other = new_player(operator_a, money=10_000)
    changes: list[dict[str, Any]] = [
        {"stake": "11.00"},
        {"picks": [7, 21]},
        {"picks": [63, 21, 7]},  # another body, though the same numbers
        {"player_token": other.token},
        {"rounds": 2},
        {"picks": [5, 5]},
        {"picks": [10**30]},
        {"stake": "garbage"},
        {"stake": ["x"]},
        {"game": "no-such-game"},
    ]
    for change in changes:
        answer = changes_nothing(lambda change=change: api.post("bets", body | change, key="k"))
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused"), change


def test_a_refused_slip_does_not_use_up_its_key(operator_a: Operator, api: Backend, standing_game: Game) -> None:
    player = new_player(operator_a)
    body = bet_body(operator_a, player, game=standing_game.code)
    assert api.post("bets", body, key="k").json()["code"] == "insufficient_funds"

    from wallet.services import deposit

    with tenant_context(operator_a):
        deposit(key="later", player=player, amount=1_000, reference="")
    assert api.post("bets", body, key="k").status_code == 201
    assert balance(operator_a, player) == 0


def test_the_same_key_twice_within_a_batch_is_one_bet(
    operator_a: Operator, player: Player, standing_game: Game
) -> None:
    ask = slip(operator_a, player, game=standing_game.code, key="o:twice")
    other = slip(operator_a, player, game=standing_game.code, key="o:twice", stake="20.00")

    first, second, third = place_slips(operator=operator_a, asks=[ask, ask, other])

    assert isinstance(first, list)
    assert isinstance(second, list)
    assert [bet.pk for bet in first] == [bet.pk for bet in second]
    assert code_of(third) == "idempotency_key_reused"
    assert balance(operator_a, player) == 1_000_000 - 1_000


def test_keys_of_an_operator_and_of_its_players_never_meet(
    operator_a: Operator, operator_b: Operator, player: Player, api: Backend, standing_game: Game
) -> None:
    second = new_player(operator_a, money=10_000)
    stranger = new_player(operator_b, money=10_000)
    own = bet_body(operator_a, None, game=standing_game.code)
    answers = [
        api.post("bets", bet_body(operator_a, player, game=standing_game.code), key="k"),
        player_client(operator_a, player).post("bets", own, key="k"),
        player_client(operator_a, second).post("bets", own, key="k"),
        backend(operator_b).post("bets", bet_body(operator_b, stranger, game=standing_game.code), key="k"),
    ]

    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.json()["id"] for answer in answers}) == 4


def test_a_ticket_is_accepted_whole_or_not_at_all(operator_a: Operator, api: Backend) -> None:
    game = new_game()
    rounds = commit_rounds(game, count=4, timing=Timing(betting=5))
    wait_until(rounds[0].opens_at)
    drive(rounds[:1], "open")
    player = new_player(operator_a, money=3_999)
    body = bet_body(operator_a, player, game=game.code, rounds=4)

    refused = changes_nothing(lambda: api.post("bets", body, key="k"))
    assert (refused.status_code, refused.json()["code"]) == (409, "insufficient_funds")
    assert api.post("bets", body | {"rounds": 3}, key="k").status_code == 201
    assert balance(operator_a, player) == 999


def test_bets_and_slips_cannot_be_changed_by_any_statement(
    operator_a: Operator, player: Player, standing_game: Game
) -> None:
    place(operator_a, player, game=standing_game.code)
    statements = [
        f"{verb} {table} {rest}"
        for table in ("bets_bet", "bets_payout", "bets_settlement", "bets_cancellation", "wallet_transaction")
        for verb, rest in (("DELETE FROM", ""), ("TRUNCATE", ""))
    ]
    statements += [
        "UPDATE bets_bet SET stake = stake + 1",
        "UPDATE bets_payout SET amount = 1",
        "UPDATE bets_settlement SET payouts = 0",
        "UPDATE wallet_transaction SET amount = amount",
    ]
    with tenant_context(operator_a), connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM bets_bet LIMIT 1")
        partition = cursor.fetchone()[0]
        statements += [f"UPDATE {partition} SET stake = 1", f"DELETE FROM {partition}", f"TRUNCATE {partition}"]
        for statement in statements:
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                cursor.execute(statement)


def test_no_statement_writes_a_bet_into_another_operators_schema(
    operator_a: Operator, operator_b: Operator, player: Player, standing_game: Game
) -> None:
    place(operator_a, player, game=standing_game.code)
    with tenant_context(operator_b), connection.cursor() as cursor:
        for table in ("bets_bet", "bets_slip", "wallet_transaction", "players_player"):
            with pytest.raises(DatabaseError, match="tenant guard"), transaction.atomic():
                cursor.execute(f"INSERT INTO op_alpha.{table} SELECT * FROM op_alpha.{table} LIMIT 1")


def test_two_refused_slips_with_a_known_key_are_each_compared_with_what_it_was_used_for(
    operator_a: Operator, player: Player, standing_rounds: list[Round]
) -> None:
    first = slip(operator_a, player, round_id=standing_rounds[0].pk)
    [placed] = place_slips(operator=operator_a, asks=[first])
    assert not isinstance(placed, Refusal)
    with tenant_context(operator_a):
        set_blocked(operator=operator_a, token=player.token, blocked=True, actor="test")
    other = replace(first, picks=[81])
    again, refused = place_slips(operator=operator_a, asks=[first, other])
    assert not isinstance(again, Refusal)
    assert [bet.pk for bet in again] == [bet.pk for bet in placed]
    assert code_of(refused) == "idempotency_key_reused"


def test_random_batches_keep_the_books(operator_a: Operator, standing_game: Game, standing_rounds: list[Round]) -> None:
    """A model beside the server: what it accepts, in order, is what a purse allows, and the books say the same."""
    chance = random.Random(11)
    purses = {new_player(operator_a, money=money): money for money in (0, 2_500, 10_000, 40_000)}
    accepted = 0
    for _ in range(12):
        asks, expected = [], []
        for _ in range(chance.randrange(1, 25)):
            who, stake, rounds = (
                chance.choice(list(purses)),
                chance.randrange(50, 2_000),
                chance.choice([1, 1, 1, 2, 5]),
            )
            asks.append(slip(operator_a, who, game=standing_game.code, stake=operator_a.money(stake), rounds=rounds))
            if stake < 100:
                expected.append("stake_below_minimum")
            elif stake * rounds > purses[who]:
                expected.append("insufficient_funds")
            else:
                expected.append("accepted")
                purses[who] -= stake * rounds
        codes = [code_of(placed) for placed in place_slips(operator=operator_a, asks=asks)]
        assert codes == expected
        accepted += codes.count("accepted")

    assert accepted > 20
    with tenant_context(operator_a), connection.cursor() as cursor:
        assert (
            Slip.objects.filter(first_bet_id__in=Bet.objects.filter(player__in=purses).values("id")).count() == accepted
        )
        for who, left in purses.items():
            assert balance(operator_a, who) == left
            cursor.execute(_BOOKS, [who.pk])
            assert cursor.fetchone() == (left, True)


_BOOKS = """
    SELECT coalesce(sum(amount), 0), coalesce(bool_and(balance_after = running), true) FROM (
        SELECT t.amount, t.balance_after, sum(t.amount) OVER (ORDER BY t.id) AS running
        FROM wallet_transaction t JOIN wallet_account a ON a.id = t.account_id WHERE a.player_id = %s
    ) rows
"""
