"""
Every statement of the hot path takes the index that was meant for it: in a new tenant, in one that is filling up,
and in one that has grown. `make plans` does it with ten million bets.
"""

import pytest
from django.db import connection

from keno_platform.core import clock
from operators.models import Operator
from operators.partitions import days_ahead
from operators.tenancy import tenant_context
from rounds.models import NetworkName, RoundStatus
from rounds.services import agenda
from tests.plans.explained import HOT, Plans, watched
from tests.plans.grown import analyse, grow, rolled_back
from tests.plans.steps import play, play_briefly
from tests.support.bets import backend
from tests.support.rounds import Timing, commit_rounds, drive, new_game, wait_until
from tests.support.sandboxes import new_sandbox_game, new_sandbox_operator

SETTLING = "array_agg(w.id) FILTER"
"""In the one statement of a settlement that reads the bets."""
ROUNDS_INDEX = {"round_id_idx", "by_round"}
CLOCKS, WAITING = 5, 40
NEAR = 3
"""Days that a round's bets can be of: the one before, its own, and the next when it is near midnight."""


def run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def plans_of_playing(operator: Operator) -> Plans:
    api = backend(operator)
    with watched() as plans:
        play(operator, api)
    return plans


def check(plans: Plans) -> None:
    """No statement reads more than it needs, and those that all hangs on take their own index, of few days."""
    assert not plans.flaws(), "\n".join(plans.flaws())
    assert plans.indexes("bets_bet", of=SETTLING)
    assert plans.indexes("bets_bet", of=SETTLING) <= ROUNDS_INDEX
    assert len(plans.partitions("bets_bet", of=SETTLING)) <= NEAR < len(days_ahead(clock.now()))
    assert plans.indexes("wallet_account", of="FOR UPDATE") == {"player_id_key"}
    assert all(name.startswith(("pkey", "key_")) for name in plans.indexes("bets_slip"))


@pytest.mark.parametrize("bets", [200_000, pytest.param(10_000_000, marks=pytest.mark.proof)])
def test_the_hot_paths_plans_stay_right_while_a_new_tenant_fills(new_operator: Operator, bets: int) -> None:
    """Plans that were made while the tables were empty are those of the same connections when they are not."""
    with rolled_back():
        run(*(f"SET {setting}" for setting in HOT))
        check(plans_of_playing(new_operator))  # nothing there, nothing analysed

        grow(new_operator, bets=bets)
        check(plans_of_playing(new_operator))  # nothing analysed

        analyse(new_operator)
        check(plans_of_playing(new_operator))

        run("RESET plan_cache_mode", "RESET jit", "RESET enable_seqscan")  # an ordinary connection
        check(plans_of_playing(new_operator))


def test_control_without_the_rounds_index_the_plans_are_found_wrong(new_operator: Operator) -> None:
    with rolled_back():
        run("SET CONSTRAINTS ALL IMMEDIATE")
        with tenant_context(new_operator):
            run("DROP INDEX bets_by_round")
        plans = plans_after_growth(new_operator)

    assert any("bets_bet" in flaw for flaw in plans.flaws())
    assert not plans.indexes("bets_bet", of=SETTLING) <= ROUNDS_INDEX


def test_control_plans_of_a_partition_that_was_known_to_be_empty_are_found_wrong(new_operator: Operator) -> None:
    """Why no empty partition is ever analysed: the plan stays, and the partition fills."""
    with rolled_back():
        with tenant_context(new_operator):
            run("ANALYZE bets_bet")
        plans = plans_after_growth(new_operator)

    assert not plans.indexes("bets_bet", of=SETTLING) <= ROUNDS_INDEX


def plans_after_growth(operator: Operator) -> Plans:
    """Of a settlement by one who has settled before, when there was nothing yet."""
    play_briefly(operator)
    grow(operator, bets=20_000)
    with watched() as plans:
        play_briefly(operator)
    return plans


def test_what_waits_for_its_draw_is_read_once_however_many_clocks_there_are(new_operator: Operator) -> None:
    sandbox = new_sandbox_operator("clocks")
    for _ in range(CLOCKS):
        new_sandbox_game(sandbox)
    games = [new_game(network=NetworkName.LOCAL) for _ in range(WAITING)]
    waiting = commit_rounds(games, timing=Timing(opens_in=0.5, betting=0.5))
    wait_until(waiting[0].closes_at)
    drive(waiting, RoundStatus.CLOSED, RoundStatus.DRAWN, RoundStatus.REVEALED, pay=False)
    with watched() as plans:
        agenda.look()
    reads = [one for one in plans.scans if one.index == "rounds_to_draw"]
    assert reads
    assert sum(one.removed * one.loops for one in reads) < WAITING
    drive(waiting)
