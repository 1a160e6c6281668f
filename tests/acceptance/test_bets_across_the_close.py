"""
Bets fired without a pause across the close of a hundred rounds, over HTTP: each is in its round's committed set
and settled, or refused because the round is not open. None is neither or both.
"""

import base64
import queue
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import connections

from bets.models import Bet, BetState
from bets.services.settlement import settle_round
from fairness.merkle import leaf_hash, root_of, verify_inclusion
from operators.models import Operator
from operators.tenancy import tenant_context
from players.models import Player
from rounds import selectors
from rounds.models import Round
from rounds.ports import ports
from rounds.services import tick
from tests.support.bets import Backend, backend, balance, bet_body, new_player
from tests.support.rounds import Timing, again, commit_rounds, new_game, wait_for

pytestmark = pytest.mark.usefixtures("committed")
GAMES, ROUNDS_EACH, SHOOTERS = 10, 10, 4
TIMING = Timing(betting=1.2, pause=0.4)
MONEY = 100_000_000


@dataclass
class Shots:
    """What was answered to every bet that was fired."""

    accepted: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    aimed_at: set[int] = field(default_factory=set)


def _shoot(api: Backend, body: dict[str, Any], rounds: list[Round], over: threading.Event, seed: int) -> Shots:
    """Bets on every round that is about to close or has just closed, again and again."""
    shots, chance = Shots(), random.Random(seed)
    while not over.is_set():
        now = selectors.database_now()
        near = [one for one in rounds if -0.1 < (one.closes_at - now).total_seconds() < TIMING.betting]
        if not near:
            time.sleep(0.01)
            continue
        bets = [
            body | {"round_id": one.pk, "picks": chance.sample(range(1, 81), chance.randrange(1, 11))} for one in near
        ]
        shots.aimed_at |= {one.pk for one in near}
        for item in api.post("bets/batch", {"bets": bets}).json()["results"]:
            if item["bet"] is not None:
                shots.accepted[item["bet"]["id"]] = item["bet"]
            else:
                shots.refused[item["problem"]["code"]] += 1
    return shots


def _run(calls: list[Any]) -> tuple[list[threading.Thread], list[Any]]:
    results: list[Any] = []

    def run(call: Any) -> None:
        try:
            results.append(call())
        except BaseException as error:
            results.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    return threads, results


def test_every_bet_across_a_hundred_closes_is_in_its_round_and_settled_or_refused(
    operator_a: Operator, operator_b: Operator
) -> None:
    operators = (operator_a, operator_b) * (SHOOTERS // 2)
    players = [(operator, new_player(operator, money=MONEY)) for operator in operators]
    callers = {operator: backend(operator) for operator in (operator_a, operator_b)}
    rounds = [
        one
        for n in range(GAMES)  # closing one after the other, not all at once
        for one in commit_rounds(new_game(), count=ROUNDS_EACH, timing=replace(TIMING, opens_in=0.5 + n * 0.1))
    ]
    ids = [one.pk for one in rounds]
    over, payable = threading.Event(), queue.SimpleQueue[int]()

    def drive() -> None:
        while not over.is_set():
            tick.drive(seconds=5)

    def pay() -> None:
        while not over.is_set():
            try:
                round_id = payable.get(timeout=0.2)
            except queue.Empty:
                continue
            for _, operator_id in selectors.unsettled([round_id]):
                settle_round(operator_id=operator_id, round_id=round_id)

    def announced(round_ids: list[int]) -> None:
        for round_id in round_ids:
            payable.put(round_id)

    ports.on_payable.append(announced)
    shooting = threading.Event()
    shots_threads, shots = _run(
        [
            partial(_shoot, callers[operator].again(), _body(operator, player), rounds, shooting, n)
            for n, (operator, player) in enumerate(players)
        ]
    )
    work_threads, work = _run([drive, pay])
    try:
        wait_for(
            lambda: not Round.objects.filter(pk__in=ids).exclude(status="revealed").exists(),
            what="all rounds to be revealed",
            seconds=60,
            every=0.25,
        )
    finally:
        shooting.set()
        over.set()
        ports.on_payable.remove(announced)
        for thread in (*shots_threads, *work_threads):
            thread.join(30)
    assert [error for error in (*shots, *work) if isinstance(error, BaseException)] == []

    accepted = {bet_id: bet for own in shots for bet_id, bet in own.accepted.items()}
    refused: Counter[str] = sum((own.refused for own in shots), Counter())
    assert set(refused) == {"round_not_open"}, refused
    assert {round_id for own in shots for round_id in own.aimed_at} == set(ids)
    assert len(ids) == 100
    assert len({bet["round_id"] for bet in accepted.values()}) > 50  # on a busy machine some open late
    assert refused["round_not_open"] >= 100
    print(f"{len(accepted)} bets accepted and {refused['round_not_open']} refused across {len(rounds)} closes")

    _check_the_books(accepted, players)
    _check_the_trees(accepted, rounds, list(callers))
    _check_the_proofs(accepted, {player.token: callers[operator] for operator, player in players})


def _body(operator: Operator, player: Player) -> dict[str, Any]:
    return bet_body(operator, player, stake=operator.money(operator.min_bet))


def _check_the_books(accepted: dict[str, Any], players: list[tuple[Operator, Player]]) -> None:
    """Accepted is stored, settled and paid; and nothing else is."""
    stored: set[str] = set()
    for operator, player in players:
        with tenant_context(operator):
            own = list(BetState.objects.filter(player_id=player.pk))
        assert {bet.settlement_status for bet in own} <= {"won", "lost"}
        assert balance(operator, player) == MONEY - sum(bet.stake for bet in own) + sum(bet.win_amount for bet in own)
        stored |= {str(bet.pk) for bet in own}
    assert stored == set(accepted)


def _check_the_trees(accepted: dict[str, Any], rounds: list[Round], operators: list[Operator]) -> None:
    """Each round's root, from the receipts that the bettors got."""
    for one in rounds:
        own = sorted((UUID(bet["id"]), bet) for bet in accepted.values() if bet["round_id"] == one.pk)
        leaves = [leaf_hash(base64.b64decode(bet["receipt"])) for _, bet in own]
        sealed = again(one)
        assert (sealed.bets_count, bytes(sealed.bets_root or b"")) == (len(leaves), root_of(leaves))
        in_tables = 0
        for operator in operators:
            with tenant_context(operator):
                in_tables += Bet.objects.filter(round_id=one.pk).count()
        assert in_tables == len(leaves)


def _check_the_proofs(accepted: dict[str, Any], callers: dict[str, Backend]) -> None:
    """The last bet of each round, the one nearest to the close, proves to be in it over HTTP."""
    last: dict[int, Any] = {}
    for bet in accepted.values():
        if bet["round_id"] not in last or last[bet["round_id"]]["created_at"] < bet["created_at"]:
            last[bet["round_id"]] = bet
    for bet in last.values():
        proof = callers[bet["player_token"]].get(f"bets/{bet['id']}/proof").json()["bet"]
        assert bytes.fromhex(proof["leaf"]) == base64.b64decode(bet["receipt"])
        verify_inclusion(
            leaf_hash=leaf_hash(bytes.fromhex(proof["leaf"])),
            index=proof["index"],
            size=proof["size"],
            path=[bytes.fromhex(step) for step in proof["path"]],
            root=bytes(again(Round(pk=bet["round_id"])).bets_root or b""),
        )
