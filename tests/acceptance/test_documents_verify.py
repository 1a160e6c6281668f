"""
What the server serves passes its own verifier: rounds in every state and on every network, winners, losers, void
rounds and bets that were given back, receipts that were signed, and a whole day.
"""

import base64
import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient, Client

from bets.services.cancellation import cancel_bet
from bets.services.placement import place_slips
from fairness.checks import Asked, Knowledge, State, open_case, verify_round
from fairness.ed25519 import verify_ed25519
from fairness.errors import FairnessError
from keno_platform.core.clock import to_milliseconds
from keno_platform.core.errors import Refusal
from operators.models import Operator
from rounds.models import Round
from rounds.selectors import database_now
from rounds.services.results import make_tree, publish_epoch_keys
from rounds.services.voiding import void_round
from tests.support.bets import Backend, backend, bet_body, new_player, place, slip
from tests.support.rounds import Timing, commit_rounds, drive, new_game, open_round, wait_until


def _round(one: Round) -> bytes:
    return Client().get(f"/api/v1/rounds/{one.pk}/proof").content


def _keys() -> frozenset[bytes]:
    listed = Client().get("/.well-known/keno-keys.json").json()["keys"]
    return frozenset(bytes.fromhex(key["public_key"]) for key in listed)


def _states(one: Round, bet: bytes | None = None, *, receipt: bytes | None = None) -> dict[str, State]:
    """The state of every check, by a verifier that knows the house's keys and no chain."""
    known = Knowledge(
        now_ms=to_milliseconds(database_now()),
        asked=Asked(round_id=one.pk, game=one.game.code),
        keys=_keys(),
        receipt=receipt,
        allow_signed_only=True,
    )
    outcomes = verify_round(open_case(document=_round(one), bet=bet, known=known))
    return {name: outcome.state for name, outcome in outcomes.items()}


def _passed(states: dict[str, State]) -> set[str]:
    return {name for name, state in states.items() if state is State.PASSED}


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("network", ["none", "local"])
def test_winners_and_losers_of_a_round_pass_with_their_receipts(
    operator_a: Operator, network: str, settings: Any
) -> None:
    settings.EPOCH_KEY_DELAY_SECONDS = 0
    one = open_round(new_game(network=network), timing=Timing(betting=2.0))
    player = new_player(operator_a, money=100_000)
    asks = [slip(operator_a, player, picks=[number], round_id=one.pk) for number in range(1, 41)]
    placed = place_slips(operator=operator_a, asks=asks)
    bets = [own[0] for own in placed if not isinstance(own, Refusal)]
    back = place(operator_a, player, round_id=one.pk)
    cancel_bet(operator=operator_a, bet_id=back.pk)
    drive([one])
    make_tree(even_if_few=True)
    wait_until(one.epoch.ends_at)
    publish_epoch_keys()

    caller, seen = backend(operator_a), set()
    for bet in bets:
        document = caller.get(f"bets/{bet.pk}/proof").content
        shown = caller.get(f"bets/{bet.pk}").json()
        passed = _passed(_states(one, document, receipt=base64.b64decode(shown["receipt"])))
        assert {"document", "commit-leaf", "commit-inclusion", "seed", "beacon-signature", "numbers"} <= passed
        assert {"close-and-bet", "payout", "epoch-key"} <= passed, shown["status"]
        seen.add(shown["status"])
    assert seen == {"won", "lost"}
    given_back = json.loads(caller.get(f"bets/{back.pk}/proof").content)
    assert (given_back["outcome"], given_back["bet"]["path"]) == (None, None)


@pytest.mark.usefixtures("db")
def test_a_round_verifies_in_every_state_on_its_way(operator_a: Operator) -> None:
    one = commit_rounds(new_game(network="local"), timing=Timing(opens_in=0.6, betting=0.6))[0]
    assert "commit-inclusion" in _passed(_states(one))
    wait_until(one.opens_at)
    for state in ("open", "closed", "revealed"):
        drive([one], state)
        states = _states(one)
        assert ("numbers" in _passed(states)) == (state == "revealed"), state
    make_tree(even_if_few=True)
    _states(one)


@pytest.mark.usefixtures("db")
def test_void_rounds_verify_whether_void_ahead_open_or_closed() -> None:
    ahead, other = commit_rounds(new_game(), count=2, timing=Timing(betting=0.3))
    void_round(round_id=ahead.pk, reason="test", actor="test")
    wait_until(other.opens_at)
    drive([other], "open")
    void_round(round_id=other.pk, reason="test", actor="test")
    _states(ahead)
    drive([ahead, other])
    make_tree(even_if_few=True)
    wait_until(other.closes_at)
    for one in (ahead, other):
        states = _states(one)
        assert states["numbers"] is State.SKIPPED


@pytest.mark.usefixtures("db")
def test_what_is_altered_on_the_way_is_found(operator_a: Operator) -> None:
    one = commit_rounds(new_game(), timing=Timing(betting=0.05))[0]
    drive([one])
    document = json.loads(_round(one))
    document["game"] = "another-game"
    known = Knowledge(now_ms=to_milliseconds(database_now()), allow_signed_only=True)
    with pytest.raises(FairnessError) as failure:
        verify_round(open_case(document=json.dumps(document).encode(), known=known))
    assert type(failure.value).__name__ == "DocumentSignatureInvalid"


def _place(caller: Backend, operator: Operator, body: dict[str, Any], key: str) -> Any:
    answer = caller.post("bets", body, key=key)
    assert answer.status_code == 201, answer.content
    return answer.json()


@pytest.mark.usefixtures("db")
def test_a_receipt_is_signed_when_that_is_asked_for(operator_a: Operator) -> None:
    one, caller = open_round(new_game(), timing=Timing(betting=2.0)), backend(operator_a)
    player = new_player(operator_a, money=100_000)
    plain = _place(caller, operator_a, bet_body(operator_a, player, round_id=one.pk), "a")
    assert (plain["receipt_signature"], plain["receipt_key_id"]) == (None, None)
    body = bet_body(operator_a, player, round_id=one.pk, sign_receipt=True)
    signed, again = (_place(caller, operator_a, body, "b") for _ in range(2))
    assert signed == again
    later = caller.get(f"bets/{plain['id']}?sign_receipt=true").json()
    [key] = [key for key in Client().get("/.well-known/keno-keys.json").json()["keys"] if not key["valid_until"]]
    for bet in (signed, later):
        assert bet["receipt_key_id"] == key["key_id"]
        verify_ed25519(
            public_key=bytes.fromhex(key["public_key"]),
            message=base64.b64decode(bet["receipt"]),
            signature=bytes.fromhex(bet["receipt_signature"]),
        )
    batch = caller.post("bets/batch", {"bets": [body, bet_body(operator_a, player, round_id=one.pk)]}).json()
    assert [item["bet"]["receipt_signature"] is not None for item in batch["results"]] == [True, False]


async def _lines(answer: Any) -> bytes:
    return b"".join([part async for part in answer.streaming_content])


async def _read_day(code: str, day: str) -> tuple[int, list[dict[str, Any]]]:
    answer = await AsyncClient().get(f"/api/v1/games/{code}/proofs?day={day}")
    body = await _lines(answer) if answer.streaming else answer.content
    return answer.status_code, [json.loads(line) for line in body.splitlines()]


@pytest.mark.usefixtures("committed")
async def test_a_days_documents_come_one_a_line_in_order() -> None:
    def play() -> tuple[list[Round], str]:
        rounds = commit_rounds(new_game(), count=4, timing=Timing(betting=0.05, pause=0.02))
        void_round(round_id=rounds[2].pk, reason="test", actor="test")
        drive(rounds)
        return rounds, rounds[0].opens_at.date().isoformat()

    rounds, day = await sync_to_async(play)()
    status, documents = await _read_day(rounds[0].game.code, day)
    assert status == 200
    assert [document["round_id"] for document in documents] == [one.pk for one in rounds]
    assert (await _read_day(rounds[0].game.code, "2020-01-01"))[1] == []
    assert (await _read_day("no-such-game", day))[0] == 404
    assert (await _read_day(rounds[0].game.code, "yesterday"))[0] == 422


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"rounds/{10**30}/proof", 404),
        (f"rounds/{2**63}/proof", 404),
        (f"anchors/{10**30}/leaves", 404),
        (f"anchors?after={10**30}", 422),
        ("anchors?limit=0", 422),
        ("games/keno-none/proofs?day=9999-12-31", 422),
        ("games/keno-none/proofs?day=0001-01-01", 422),
        ("games/keno-none/proofs?day=2026-02-30", 422),
        ("games/keno-none/proofs", 422),
    ],
)
def test_bad_addresses_of_proofs_get_a_clear_answer(path: str, status: int) -> None:
    answer = Client().get(f"/api/v1/{path}")
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
