"""A player's socket keeps the session's time: reality checks when they are due, and the end when it comes."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from operators.models import Operator
from operators.tenancy import tenant_context
from players.models import Choice, Player, Session
from players.services import answer_reality_check
from tests.live.test_sockets import _entered, closing_code, frame, run, socket, work
from tests.support.bets import new_player, player_client
from tests.support.protection import shut_out

pytestmark = pytest.mark.usefixtures("committed")


def change(operator: Operator, player: Player, **values: Any) -> None:
    with tenant_context(operator):
        Session.objects.filter(player=player).update(**values)


def answer(operator: Operator, player: Player) -> None:
    with tenant_context(operator):
        session = Session.objects.get(player=player)
        answer_reality_check(
            operator=operator, session_id=session.pk, choice=Choice.CONTINUE, staked=0, returned=0, actor="test"
        )


def test_the_socket_of_a_session_whose_time_is_over_is_closed(operator_a: Operator) -> None:
    player = new_player(operator_a)
    token = player_client(operator_a, player).secret
    change(operator_a, player, expires_at=Now() + timedelta(seconds=2), time_limited=True)

    async def scenario() -> int:
        async with socket("/ws/v1/player") as one:
            await _entered(one, token)
            return await closing_code(one)

    assert run(scenario) == 4401


def test_a_check_that_becomes_due_is_told_once_and_not_again_before_it_is_answered(operator_a: Operator) -> None:
    player = new_player(operator_a)
    token = player_client(operator_a, player).secret
    change(operator_a, player, launched_at=Now() - timedelta(seconds=58), reality_check_minutes=1)

    async def scenario() -> list[dict[str, Any]]:
        async with socket("/ws/v1/player") as one:
            await _entered(one, token)
            seen = [await frame(one)]
            quiet = await one.receive_nothing(timeout=1.5)
            assert quiet
            async with socket("/ws/v1/player") as other:
                await _entered(other, token)
                seen.append(await frame(other))
            await work(answer, operator_a, player)
            async with socket("/ws/v1/player") as other:
                await _entered(other, token)
                assert await other.receive_nothing(timeout=0.5)
            return seen

    first, again = run(scenario)
    assert (first["type"], first["every_minutes"]) == ("reality_check", 1)
    assert 60 <= first["elapsed_seconds"] < 70
    assert again["due_at"] == first["due_at"]


def test_an_exclusion_closes_the_players_sockets_at_once(operator_a: Operator) -> None:
    player = new_player(operator_a)
    token = player_client(operator_a, player).secret

    async def scenario() -> int:
        async with socket("/ws/v1/player") as one:
            await _entered(one, token)
            await work(shut_out, operator_a, player)
            return await closing_code(one)

    assert run(scenario) == 4401
