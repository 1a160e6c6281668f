"""All bets of a player in an hour, with the proof that none is missing: by API, and checked with bare Python."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings

from fairness.checks import Knowledge
from fairness.errors import FairnessError
from fairness.period import verify_period
from keno_platform.core import clock
from operators.models import Operator
from operators.selectors import get_operator
from operators.services import issue_key
from players.models import Player
from rounds.custody import own_public_keys
from rounds.models import Round
from rounds.selectors import database_now
from tests.admin.desk import last_entry
from tests.support.api import call
from tests.support.bets import backend, new_player, place
from tests.support.rounds import Timing, again, commit_rounds, drive, new_game, wait_until

pytestmark = pytest.mark.usefixtures("committed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """What was played: five rounds, in the middle three of which the player bet, with others beside it."""

    operator: Operator
    other: Operator
    player: Player
    bets: list[Any]
    rounds: list[Round]
    since: datetime
    until: datetime

    @property
    def query(self) -> str:
        return f"player_token={self.player.token}&from={clock.to_text(self.since)}&to={clock.to_text(self.until)}"


@pytest.fixture(scope="module")
def hour(django_db_setup: None, django_db_blocker: Any) -> Hour:
    with django_db_blocker.unblock():
        alpha, beta = get_operator(slug="alpha"), get_operator(slug="beta")
        player, neighbour = new_player(alpha, money=100_000), new_player(alpha, money=100_000)
        stranger = new_player(beta, money=100_000)
        rounds = commit_rounds(
            new_game(f"hour-{uuid4().hex[:8]}"), count=5, timing=Timing(opens_in=0.5, betting=1.2, pause=0.3)
        )
        bets = []
        for number, one in enumerate(rounds):
            wait_until(one.opens_at)
            drive([one], "open", pay=False)
            if number in (1, 2, 3):
                bets += [place(alpha, player, round_id=one.pk, picks=[number, 40]) for _ in range(2)]
            for operator, who in ((alpha, neighbour), (beta, stranger)):
                place(operator, who, round_id=one.pk)
            drive([one])
        until = database_now()
        ended = [again(one) for one in rounds]
    return Hour(
        operator=alpha,
        other=beta,
        player=player,
        bets=bets,
        rounds=ended,
        since=rounds[1].opens_at,
        until=until,
    )


def known() -> Knowledge:
    return Knowledge(
        now_ms=clock.to_milliseconds(clock.now()), keys=own_public_keys(), keys_from="this test", allow_signed_only=True
    )


def document(hour: Hour, credential: str | None = None, query: str = "") -> list[bytes]:
    secret = credential or backend(hour.operator).secret
    answer = call("GET", f"evidence/bets?{query or hour.query}", credential=secret)
    assert answer.status_code == 200, answer.content
    return body(answer).splitlines()


def body(answer: Any) -> bytes:
    async def read() -> bytes:
        return b"".join([part async for part in answer])

    return async_to_sync(read)()


def test_all_bets_of_the_player_are_there_and_the_proof_holds(hour: Hour) -> None:
    found = verify_period(document(hour), known())
    assert sorted(leaf.bet_id for leaf in found.bets) == sorted(bet.pk for bet in hour.bets)
    assert found.rounds >= 5
    assert found.others >= 3  # the neighbour's, opened too: it is the operator's own
    assert found.closed >= 3  # the other operator's


def test_with_the_providers_key_no_leaf_stays_closed(hour: Hour) -> None:
    _, secret = issue_key(operator=None, label="regulator", actor="test")
    found = verify_period(document(hour, secret, f"{hour.query}&operator=alpha"), known())
    assert sorted(leaf.bet_id for leaf in found.bets) == sorted(bet.pk for bet in hour.bets)
    assert found.closed == 0


def line_of(lines: list[bytes], one: Round) -> int:
    return next(n for n, line in enumerate(lines) if n and json.loads(line).get("round", {}).get("round_id") == one.pk)


def changed(lines: list[bytes], at: int, change: Callable[[Any], None]) -> list[bytes]:
    value = json.loads(lines[at])
    change(value)
    return [*lines[:at], json.dumps(value, separators=(",", ":")).encode(), *lines[at + 1 :]]


def resigned(lines: list[bytes]) -> list[bytes]:
    """What a house that lies would send: signed with its own key over whatever it left out."""
    from fairness.hashing import sha256
    from fairness.period import End, signed_digest
    from rounds.custody import sign

    end = json.loads(lines[-1])
    facts = End.parse(lines[-1]).facts
    own = sign(signed_digest(sha256(b"".join(line + b"\n" for line in lines[:-1]) + facts)))
    end["signed"] = {"signature": own.signature.hex(), "key_id": own.key_id, "public_key": own.public_key.hex()}
    return [*lines[:-1], json.dumps(end, separators=(",", ":")).encode()]


def hide_a_bet(value: Any) -> None:
    value["opened"].pop()


def hide_a_leaf(value: Any) -> None:
    value["leaves"] = value["leaves"][64:]
    value["opened"] = [{**one, "index": one["index"] - 1} for one in value["opened"] if one["index"]]


def another_stake(value: Any) -> None:
    leaf = bytearray.fromhex(value["opened"][0]["leaf"])
    leaf[119] ^= 1
    value["opened"][0]["leaf"] = leaf.hex()


def twice(value: Any) -> None:
    value["opened"].append(value["opened"][0])


def one_round_less(value: Any) -> None:
    value["rounds"] -= 1


def fewer(value: Any) -> None:
    value["bets"] -= 1


@pytest.mark.parametrize("lie", [hide_a_leaf, another_stake, twice], ids=lambda lie: lie.__name__)
def test_a_house_that_leaves_out_or_changes_a_leaf_is_found_although_it_signs(
    hour: Hour, lie: Callable[[Any], None]
) -> None:
    lines = document(hour)
    at = line_of(lines, hour.rounds[2])
    with pytest.raises(FairnessError):
        verify_period(resigned(changed(lines, at, lie)), known())


def test_a_bet_that_is_not_opened_is_missed_by_the_count_or_stays_closed(hour: Hour) -> None:
    lines = document(hour)
    hidden = changed(lines, line_of(lines, hour.rounds[2]), hide_a_bet)
    with pytest.raises(FairnessError):
        verify_period(hidden, known())
    _, secret = issue_key(operator=None, label="regulator", actor="test")
    whole = document(hour, secret, f"{hour.query}&operator=alpha")
    lied = changed(whole, line_of(whole, hour.rounds[2]), hide_a_bet)
    with pytest.raises(FairnessError):
        verify_period(resigned(lied), known())


def test_a_round_that_is_left_out_is_missed(hour: Hour) -> None:
    lines = document(hour)
    for one in hour.rounds[1:4]:
        at = line_of(lines, one)
        without = changed(
            [*lines[:at], *lines[at + 1 :]], len(lines) - 2, lambda value: value.update(rounds=value["rounds"] - 1)
        )
        with pytest.raises(FairnessError):
            verify_period(resigned(without), known())


def test_the_first_and_the_last_round_of_the_time_are_missed_too(hour: Hour) -> None:
    lines = document(hour)
    own = [line_of(lines, one) for one in hour.rounds]
    without = [line for n, line in enumerate(lines) if n not in (own[0], own[1])]
    with pytest.raises(FairnessError, match="before number"):
        verify_period(resigned(without), known())


@pytest.mark.parametrize("part", [0, -1])
def test_an_altered_first_or_last_line_is_no_longer_signed(hour: Hour, part: int) -> None:
    lines = document(hour)
    at = part % len(lines)
    change = fewer if part else lambda value: value.update(player_token="somebody else")
    with pytest.raises(FairnessError):
        verify_period(changed(lines, at, change), known())


def test_a_stranger_checks_it_with_the_folder_and_python_alone(hour: Hour, tmp_path: Path) -> None:
    file, keys = tmp_path / "bets.ndjson", tmp_path / "keys.txt"
    file.write_bytes(b"\n".join(document(hour)) + b"\n")
    keys.write_text("\n".join(key.hex() for key in own_public_keys()))
    command = [sys.executable, "-m", "fairness", "bets", str(file), "--key", str(keys), "--allow-signed-only"]
    run = subprocess.run(command, cwd=settings.BASE_DIR, env={}, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"{len(hour.bets)} bets in" in run.stdout
    assert all(str(bet.pk) in run.stdout for bet in hour.bets)
    file.write_bytes(file.read_bytes().replace(hour.player.token.encode(), b"x" * len(hour.player.token)))
    again = subprocess.run(
        [*command, "--json"], cwd=settings.BASE_DIR, env={}, capture_output=True, text=True, check=False
    )
    assert again.returncode == 1, again.stdout + again.stderr


def test_a_taken_back_bet_is_no_leaf_and_no_bet_of_the_answer(hour: Hour) -> None:
    from bets.services.cancellation import cancel_bet

    [one] = commit_rounds(new_game(f"back-{uuid4().hex[:8]}"), timing=Timing(opens_in=0.3, betting=1.0))
    wait_until(one.opens_at)
    drive([one], "open", pay=False)
    player = new_player(hour.operator, money=10_000)
    kept, gone = (place(hour.operator, player, round_id=one.pk) for _ in range(2))
    cancel_bet(operator=hour.operator, bet_id=gone.pk)
    drive([one])
    until = clock.to_text(database_now())
    query = f"player_token={player.token}&from={clock.to_text(one.opens_at)}&to={until}"
    found = verify_period(document(hour, query=query), known())
    assert [leaf.bet_id for leaf in found.bets] == [kept.pk]


def test_who_took_the_evidence_is_on_record(hour: Hour) -> None:
    document(hour)
    entry = last_entry("evidence.exported")
    assert entry.after["player_token"] == hour.player.token
    assert entry.operator_id == hour.operator.pk


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("player_token={token}&from={until}&to={since}", "evidence_period_invalid"),
        ("player_token={token}&from=2020-01-01T00:00:00Z&to={until}", "evidence_period_invalid"),
        ("player_token={token}&from={since}&to={ahead}", "evidence_period_invalid"),
        ("player_token={token}&from=yesterday&to={until}", "malformed_request"),
        ("player_token=nobody&from={since}&to={until}", "player_not_found"),
        ("from={since}&to={until}", "parameter_invalid"),
        ("player_token={token}&from={since}&to={until}&operator=beta", "parameter_invalid"),
    ],
)
def test_what_cannot_be_answered_is_refused_by_code(hour: Hour, query: str, code: str) -> None:
    filled = query.format(
        token=hour.player.token,
        since=clock.to_text(hour.since),
        until=clock.to_text(hour.until),
        ahead=clock.to_text(database_now() + timedelta(hours=1)),
    )
    answer = call("GET", f"evidence/bets?{filled}", credential=backend(hour.operator).secret)
    assert answer.status_code in (400, 404, 422)
    assert json.loads(answer.content)["code"] == code


def test_another_operators_player_is_answered_like_nobody(hour: Hour) -> None:
    own = call("GET", f"evidence/bets?{hour.query}", credential=backend(hour.other).secret)
    nobody = call(
        "GET",
        f"evidence/bets?{hour.query.replace(hour.player.token, 'nobody')}",
        credential=backend(hour.other).secret,
    )
    assert own.status_code == nobody.status_code == 404
    assert json.loads(own.content)["code"] == json.loads(nobody.content)["code"] == "player_not_found"


def test_a_day_is_the_longest_time(hour: Hour) -> None:
    since = hour.until - timedelta(days=1)
    query = f"player_token={hour.player.token}&from={clock.to_text(since)}&to={clock.to_text(hour.until)}"
    answer = call("GET", f"evidence/bets?{query}", credential=backend(hour.operator).secret)
    assert answer.status_code == 200
