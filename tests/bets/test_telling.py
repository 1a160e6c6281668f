"""What players and operators are told of a settled round is what the rows say: with few bets and with many."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
import redis
from django.conf import settings

from bets import telling
from bets.models import BetState
from bets.services.cancellation import cancel_bet
from bets.services.placement import place_slips
from bets.services.settlement import settle_round
from bets.tasks import settle_rounds, tell_settled
from keno_platform.live.topics import player_topic
from operators.models import Operator
from operators.tenancy import tenant_context
from players.models import Player
from rounds.models import Participation, Round
from rounds.selectors import outcome_of
from rounds.services.voiding import void_round
from tests.support.bets import balance, new_player, place, slip
from tests.support.rounds import Timing, drive, new_game, open_round

pytestmark = pytest.mark.usefixtures("db")


@contextmanager
def hearing(operator: Operator, *players: Player) -> Iterator[dict[str, list[dict[str, Any]]]]:
    """The frames for these players that are published inside, by the player's token."""
    tokens = {player_topic(operator.schema_name, player.pk): player.token for player in players}
    heard: dict[str, list[dict[str, Any]]] = {player.token: [] for player in players}
    with redis.Redis.from_url(settings.REDIS_URL) as client, client.pubsub(ignore_subscribe_messages=True) as pubsub:
        pubsub.subscribe(*tokens)
        for _ in tokens:
            pubsub.get_message(ignore_subscribe_messages=False, timeout=5)
        yield heard
        client.publish(next(iter(tokens)), "end")
        while (message := pubsub.get_message(timeout=5)) is None or message["data"] != b"end":
            if message is not None:
                heard[tokens[message["channel"].decode()]].append(json.loads(message["data"]))


def expected(operator: Operator, player: Player, one: Round) -> dict[str, Any]:
    """The frame that the rows of this player make."""
    with tenant_context(operator):
        bets = BetState.objects.filter(player_id=player.pk, round_id=one.pk).order_by("pk")
        results = [
            {
                "id": str(bet.pk),
                "status": bet.settlement_status,
                "win_amount": operator.money(bet.win_amount or 0),
                "stake": operator.money(bet.stake),
            }
            for bet in bets
        ]
    money = operator.money(balance(operator, player))
    return {
        "type": "bet.settled",
        "round_id": one.pk,
        "bets": results,
        "balance": money,
        "currency": operator.currency_code,
    }


def in_order(frame: dict[str, Any]) -> dict[str, Any]:
    return frame | {"bets": sorted(frame["bets"], key=lambda bet: UUID(bet["id"]))}


def _filled(operator: Operator, players: list[Player], count: int) -> Round:
    one = open_round(new_game(), timing=Timing(betting=6))
    asks = [
        slip(operator, players[n % len(players)], round_id=one.pk, picks=[n % 80 + 1], stake=operator.money(1000))
        for n in range(count)
    ]
    placed = [bets for n in range(0, count, 500) for bets in place_slips(operator=operator, asks=asks[n : n + 500])]
    assert all(isinstance(bets, list) for bets in placed)
    cancelled = place(operator, players[0], round_id=one.pk)
    cancel_bet(operator=operator, bet_id=cancelled.pk)
    return one


def test_players_hear_what_became_of_each_of_their_bets(operator_a: Operator) -> None:
    players = [new_player(operator_a, money=100_000) for _ in range(2)]
    one = _filled(operator_a, players, 40)
    drive([one], "drawn", pay=False)

    with hearing(operator_a, *players) as heard:
        assert settle_round(operator_id=operator_a.pk, round_id=one.pk)
        assert not settle_round(operator_id=operator_a.pk, round_id=one.pk)  # and says nothing

    for player in players:
        assert [in_order(frame) for frame in heard[player.token]] == [expected(operator_a, player, one)]
    statuses = {bet["status"] for frames in heard.values() for frame in frames for bet in frame["bets"]}
    assert statuses == {"won", "lost", "rolled_back"}


def test_players_hear_that_a_void_rounds_stakes_went_back(operator_a: Operator) -> None:
    player = new_player(operator_a, money=100_000)
    one = open_round(new_game(), timing=Timing(betting=6))
    place(operator_a, player, round_id=one.pk)
    void_round(round_id=one.pk, reason="a test", actor="test")

    with hearing(operator_a, player) as heard:
        assert settle_round(operator_id=operator_a.pk, round_id=one.pk)

    [frame] = heard[player.token]
    assert frame == expected(operator_a, player, one)
    assert frame["bets"][0]["status"] == "rolled_back"


def test_with_many_bets_a_worker_tells_the_same(operator_b: Operator) -> None:
    players = [new_player(operator_b, money=10_000_000) for _ in range(3)]
    one = _filled(operator_b, players, 1200)
    drive([one], "drawn", pay=False)

    with hearing(operator_b, *players) as heard:
        assert settle_round(operator_id=operator_b.pk, round_id=one.pk)
        with redis.Redis.from_url(settings.REDIS_URL) as broker:
            messages = [json.loads(message) for message in broker.lrange("settlement", 0, -1)]
        asked = [message for message in messages if message["headers"]["task"] == telling.TELL_TASK]
        assert asked, "a task that tells them"
        tell_settled(operator_id=str(operator_b.pk), round_id=one.pk)

    for player in players:  # once: the settlement itself has told nobody
        assert [in_order(frame) for frame in heard[player.token]] == [expected(operator_b, player, one)]


def test_the_events_of_a_round_are_its_bets(operator_a: Operator) -> None:
    players = [new_player(operator_a, money=100_000) for _ in range(2)]
    one = _filled(operator_a, players, 30)
    drive([one], "revealed")
    outcome = outcome_of(one.pk)
    drawn = set(outcome.numbers or ())

    with tenant_context(operator_a):
        told = dict(telling.events(operator_a, outcome))
        bets = BetState.objects.select_related("player").filter(round_id=one.pk)
        assert told == {
            str(bet.pk): {
                "bet_id": str(bet.pk),
                "player_token": bet.player.token,
                "round_id": one.pk,
                "game": one.game.code,
                "status": bet.settlement_status,
                "stake": operator_a.money(bet.stake),
                "win_amount": operator_a.money(bet.win_amount or 0),
                "currency": "KES",
                "hits": len(drawn & set(bet.picks)),
            }
            for bet in bets
        }
    assert {event["status"] for event in told.values()} == {"won", "lost", "rolled_back"}


def test_a_settlement_that_fails_holds_up_no_other_of_its_message(operator_a: Operator, operator_b: Operator) -> None:
    one = open_round(new_game(), timing=Timing(betting=2))
    place(operator_a, new_player(operator_a, money=10_000), round_id=one.pk)
    place(operator_b, new_player(operator_b, money=10_000), round_id=one.pk)
    unopened = open_round(new_game(), timing=Timing(betting=60))
    drive([one], "drawn", pay=False)

    pairs = [(unopened.pk, str(operator_a.pk)), (one.pk, str(operator_a.pk)), (one.pk, str(operator_b.pk))]
    assert settle_rounds(pairs=pairs) == 2

    assert not Participation.objects.filter(round=one, settled_at__isnull=True).exists()
