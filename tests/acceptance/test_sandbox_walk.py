"""
An integrator walks through a round at leisure, by the API alone: a game of its own, its clock stopped, a bet, step by
step to the settled end. The independent verifier is content with the round at every stop.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from operators.models import Operator
from rounds.services.results import make_tree
from tests.support.api import refusal
from tests.support.bets import Backend, backend, bet_body, new_player, player_client
from tests.support.sandboxes import driven, new_sandbox_operator

ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture(scope="module")
def sandbox(django_db_setup: None, django_db_blocker: Any) -> Operator:
    with django_db_blocker.unblock():
        return new_sandbox_operator("walker")


@pytest.fixture(scope="module")
def caller(sandbox: Operator, django_db_blocker: Any) -> Backend:
    with django_db_blocker.unblock():
        return backend(sandbox)


@pytest.fixture
def workers(committed: None) -> Iterator[None]:
    with driven():
        yield


def answer(response: Any, status: int = 200) -> dict[str, Any]:
    assert response.status_code == status, response.content
    found: dict[str, Any] = response.json()
    return found


def new_game(caller: Backend) -> str:
    ask = {"code": f"sandbox-{uuid4().hex[:10]}", "interval_seconds": 60, "betting_seconds": 45}
    game = answer(caller.post("games", ask), 201)
    assert (game["sandbox"], game["entropy_network"], game["active"]) == (True, "none", True)
    assert game["code"] in {one["code"] for one in caller.get("games").json()}
    return str(ask["code"])


def verify(folder: Path, round_id: int, *more: object) -> dict[str, str]:
    """The states of all checks, by `python -m fairness verify` in a process that has nothing but the documents."""
    document, keys = folder / "round.json", folder / "keys.json"
    document.write_bytes(Client().get(f"/api/v1/rounds/{round_id}/proof").content)
    keys.write_bytes(Client().get("/.well-known/keno-keys.json").content)
    fixed = ("--key", keys, "--round", round_id, "--allow-signed-only", "--json")
    command = [sys.executable, "-m", "fairness", "verify", document, *fixed, *more]
    done = subprocess.run([str(word) for word in command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    return {check["id"]: check["outcome"] for check in told["checks"]}


def test_a_round_with_a_bet_is_walked_through_from_its_opening_to_its_proof(
    sandbox: Operator, caller: Backend, workers: None, tmp_path: Path
) -> None:
    player, code = new_player(sandbox, money=10_000), new_game(caller)
    step, stake = f"games/{code}/clock/step", {"stake": "10.00", "game": code}

    opened = answer(caller.post(step, {"until": "opened"}))
    one = opened["round"]
    assert (opened["done"], one["status"], one["number"]) == (True, "open", 1)
    assert (opened["clock"]["state"], opened["clock"]["time"]) == ("paused", one["opens_at"])
    assert opened["clock"]["next"] == {
        "event": "closed",
        "round_id": one["round_id"],
        "number": 1,
        "at": one["closes_at"],
    }
    now = answer(caller.get(f"games/{code}/rounds/current"))
    assert (now["round_id"], now["server_time"]) == (one["round_id"], one["opens_at"])

    bet = answer(caller.post("bets", bet_body(sandbox, player, **stake)), 201)
    assert bet["round_id"] == one["round_id"]
    verify(tmp_path, one["round_id"])

    closed = answer(caller.post(step, {}))
    assert ([event["event"] for event in closed["events"]], closed["round"]["status"]) == (["closed"], "closed")
    assert closed["round"]["bets_count"] == 1
    late = bet_body(sandbox, player, stake="10.00", round_id=one["round_id"])
    refusal(caller.post("bets", late), 409, "round_not_open")
    assert answer(caller.get(f"bets/{bet['id']}"))["status"] == "pending"
    assert verify(tmp_path, one["round_id"])["close-and-bet"] == "passed"

    drawn = answer(caller.post(step, {"until": "revealed"}))
    assert (drawn["done"], drawn["round"]["status"]) == (True, "revealed")
    assert len(drawn["round"]["numbers"]) == 20
    paid = answer(caller.get(f"bets/{bet['id']}"))
    assert paid["status"] in ("won", "lost")

    make_tree(even_if_few=True)
    of_bet, receipt = tmp_path / "bet.json", bet["receipt"]
    of_bet.write_bytes(caller.get(f"bets/{bet['id']}/proof").content)
    states = verify(tmp_path, one["round_id"], "--bet", of_bet, "--receipt", receipt)
    for check in ("document", "commit-leaf", "commit-inclusion", "seed", "numbers", "close-and-bet", "payout"):
        assert states[check] == "passed", states

    running = answer(caller.post(f"games/{code}/clock/run", {}))
    assert (running["state"], running["goes_on_at"]) == ("running", None)
    assert running["next"]["number"] == 2


def test_a_pause_keeps_the_clock_where_it_is_until_it_is_released(caller: Backend, workers: None) -> None:
    code = new_game(caller)
    paused = answer(caller.post(f"games/{code}/clock/pause", {}))
    assert (paused["state"], paused["goes_on_at"] is not None) == ("paused", True)
    later = answer(caller.get(f"games/{code}/clock"))
    assert (later["time"], later["state"]) == (paused["time"], "paused")
    assert later["lead_seconds"] < paused["lead_seconds"]
    refusal(caller.post(f"games/{code}/clock/step", {"until": "midnight"}), 422, "parameter_invalid")
    answer(caller.post(f"games/{code}/clock/run", {}))


def test_nobody_but_the_owner_moves_a_clock_and_no_ordinary_game_has_one(
    sandbox: Operator, caller: Backend, operator_a: Operator
) -> None:
    from tests.support.rounds import new_game as ordinary_game

    code, stranger = new_game(caller), backend(operator_a)
    own = player_client(sandbox, new_player(sandbox))
    shared, others = ordinary_game().code, ordinary_game(owner_id=sandbox.pk).code
    for path in ("", "/pause", "/step", "/run"):

        def ask(who: Backend, game: str, path: str = path) -> Any:
            address = f"games/{game}/clock{path}"
            return who.post(address, {}) if path else who.get(address)

        refusal(ask(stranger, code), 404, "game_not_found")
        refusal(ask(own, code), 401, "unauthenticated")
        refusal(ask(stranger, shared), 403, "no_sandbox")
        refusal(ask(caller, shared), 403, "no_sandbox")
        refusal(ask(caller, others), 403, "no_sandbox")


def test_only_a_sandbox_makes_games_by_the_api(caller: Backend, sandbox: Operator, operator_a: Operator) -> None:
    ask = {"code": f"sandbox-{uuid4().hex[:10]}"}
    refusal(backend(operator_a).post("games", ask), 403, "no_sandbox")
    refusal(player_client(sandbox, new_player(sandbox)).post("games", ask), 403, "caller_not_allowed")
    refusal(caller.post("games", {"code": "keno-10s-2"}), 422, "game_invalid")
    refusal(caller.post("games", ask | {"owner": str(operator_a.pk)}), 422, "parameter_invalid")
    refusal(caller.post("games", ask | {"sandbox": False}), 422, "parameter_invalid")
    assert answer(caller.post("games", ask), 201) == answer(caller.post("games", ask), 201)
