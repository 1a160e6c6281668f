"""Limits are exact when things happen at once, and cost nothing where there is none."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections, transaction

from bets.services.placement import place_slips
from operators.models import Operator
from operators.tenancy import tenant_context
from players.models import Player
from rounds.models import Round
from tests.bets.test_protection import RICH, staked
from tests.support.bets import backend, bet_body, code_of, new_player, place_ticket, slip
from tests.support.door import Door, open_door
from tests.support.protection import limit
from tests.support.rounds import wait_for
from tests.support.threads import at_once

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def door() -> Iterator[Door]:
    with open_door() as opened:
        yield opened


class TestAtOnce:
    """Two bets at one time, each of which alone would be within the limit."""

    def both(self, operator: Operator, player: Player, round_id: int) -> list[str]:
        def one() -> str:
            [answer] = place_slips(operator=operator, asks=[slip(operator, player, round_id=round_id)])
            return code_of(answer)

        return sorted(str(found) for found in at_once([one] * 6))

    def test_of_bets_at_once_as_many_are_accepted_as_the_limit_has_room_for(
        self, operator_a: Operator, standing_rounds: list[Round]
    ) -> None:
        for kind in ("stake", "loss"):
            player = new_player(operator_a, money=RICH)
            limit(operator_a, player, kind, "day", 20_00)
            found = self.both(operator_a, player, standing_rounds[0].pk)
            assert found == ["accepted"] * 2 + [f"{kind}_limit_reached"] * 4
            assert staked(operator_a, player) == 20_00

    def test_control_without_the_accounts_lock_they_break_it(
        self, operator_a: Operator, standing_rounds: list[Round]
    ) -> None:
        player = new_player(operator_a, money=RICH)
        limit(operator_a, player, "stake", "day", 10_00)
        with tenant_context(operator_a), connection.cursor() as cursor:
            cursor.execute("SELECT pg_get_functiondef(%s::regproc)", ["op_alpha.place_bets"])
            whole = cursor.fetchone()[0]
            assert whole.count("ORDER BY a.id + 0 FOR UPDATE") == 1
            # The race, made wide: without the lock, and with a moment between judging and writing.
            racing = whole.replace(" FOR UPDATE)", ")").replace(
                "    -- Claiming the keys decides", "    PERFORM pg_sleep(0.3);\n    -- Claiming the keys decides"
            )
            assert racing.count("pg_sleep") == 1
            cursor.execute(racing)
        try:
            found = self.both(operator_a, player, standing_rounds[0].pk)
        finally:
            with tenant_context(operator_a), connection.cursor() as cursor:
                cursor.execute(whole)
        assert found.count("accepted") > 1
        assert staked(operator_a, player) > 10_00

    def test_a_bet_that_waits_for_the_account_while_the_limit_is_set_is_held_to_it(
        self, door: Door, operator_a: Operator, standing_rounds: list[Round]
    ) -> None:
        player, secret = new_player(operator_a, money=RICH), backend(operator_a).secret
        body = bet_body(operator_a, player, round_id=standing_rounds[0].pk)
        assert door.post(secret, body).status_code == 201
        with tenant_context(operator_a), transaction.atomic():
            limit(operator_a, player, "stake", "bet", 5_00)  # holds the account until it commits

            async def later() -> Any:
                return await door.ask(secret, body)

            answers: list[Any] = []
            thread = threading.Thread(target=lambda: answers.append(door.run(later())))
            thread.start()
            wait_for_a_waiter()
        thread.join(20)
        assert answers[0].json()["code"] == "stake_limit_reached"
        connections.close_all()


def wait_for_a_waiter() -> None:
    """Until somebody waits for a lock of a row."""

    def waits() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            return bool(cursor.fetchone()[0])

    wait_for(waits, what="a bet to wait for the account")


def test_a_bet_of_a_player_without_a_limit_is_judged_by_nobody(
    door: Door, operator_a: Operator, standing_rounds: list[Round]
) -> None:
    """The fast ways stay: with a judge that always fails, bets of those who have no limit are placed all the same."""
    free, guarded = new_player(operator_a, money=RICH), new_player(operator_a, money=RICH)
    limit(operator_a, guarded, "stake", "bet", 50_00)
    secret, where = backend(operator_a).secret, {"round_id": standing_rounds[0].pk}
    with tenant_context(operator_a), connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef(%s::regproc)", ["op_alpha.judge_slips"])
        whole = cursor.fetchone()[0]
        failing = whole.replace("\nBEGIN\n", "\nBEGIN\n    RAISE EXCEPTION 'judged';\n", 1)
        cursor.execute(failing)
    try:
        assert door.post(secret, bet_body(operator_a, free, **where)).status_code == 201
        bulk = {"bets": [bet_body(operator_a, free, **where)] * 3}
        answer = door.post(secret, bulk, path="bets/batch").json()
        assert [one["status"] for one in answer["results"]] == [201] * 3
        place_ticket(operator_a, free, **where, rounds=3)
        assert door.post(secret, bet_body(operator_a, guarded, **where)).status_code >= 500
    finally:
        with tenant_context(operator_a), connection.cursor() as cursor:
            cursor.execute(whole)
    assert door.post(secret, bet_body(operator_a, guarded, **where)).status_code == 201
