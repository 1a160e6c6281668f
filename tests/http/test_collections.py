"""The collections have a request for every operation, do not lag behind the API, and work against a real server."""

import json
import os
import re
import select
import subprocess
import sys
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings

from calls import recorder
from keno_platform.collection import examples, folder
from keno_platform.collection.operations import VARIABLE, Operation, operations
from operators.selectors import get_operator
from operators.services import OperatorTerms, create_operator, issue_key
from tests.support.api import call
from tests.support.bets import new_player, place
from tests.support.rounds import Timing, new_game, open_round
from tests.support.web import web_process

ROOT = Path(settings.BASE_DIR)
CHECKED_IN = ROOT / "docs" / "collections"
PASSWORD = "correct horse battery"
MUST_WORK = {
    *("list_games", "current_round", "place_bet", "place_bets", "read_bet", "list_bets", "cancel_bet", "read_round"),
    *("deposit", "withdraw", "read_account", "list_transactions", "open_session", "enter_session", "revoke_session"),
    *("list_keys", "rotate_key", "create_phase", "read_phase", "open_phase", "active_paytable", "read_paytable"),
    *("list_operators", "create_operator", "suspend_operator", "resume_operator", "list_rounds", "round_proof"),
    *("banker_me", "list_own_movements", "own_account_pdf", "list_movements", "risk_csv", "risk_pdf", "preview_slip"),
    *("set_phase_end", "set_global_limit", "clear_number_limit", "set_member_password", "list_members", "add_member"),
    *("list_calls", "get_call", "list_call_errors", "report_turnover_json", "report_turnover_csv", "signing_keys"),
}
"""Operations that must answer 2xx in the run; any other may also meet a refusal that it documents."""


@pytest.fixture(scope="module")
def found() -> list[Operation]:
    from drf_spectacular.generators import SchemaGenerator

    return operations(SchemaGenerator().get_schema(request=None, public=True))


def test_the_collections_that_are_checked_in_are_those_of_this_source() -> None:
    assert folder.differences(CHECKED_IN) == [], "run `manage.py make_collections`"


def test_a_stale_a_missing_and_a_left_over_file_are_noticed_and_mended(tmp_path: Path) -> None:
    folder.write(tmp_path)
    assert folder.differences(tmp_path) == []
    (tmp_path / folder.SCRIPT).write_text("stale")
    (tmp_path / "bruno" / "bets" / "place_bet.bru").unlink()
    (tmp_path / "bruno" / "bets" / "gone.bru").write_text("x")
    wrong = ["bruno/bets/gone.bru", "bruno/bets/place_bet.bru", "httpie/keno.sh"]
    assert folder.differences(tmp_path) == wrong
    assert folder.write(tmp_path) == wrong
    assert folder.write(tmp_path) == []


def test_every_operation_is_in_both_collections_once(found: list[Operation]) -> None:
    made = folder.make()
    names = [one.name for one in found]
    assert len(names) > 40
    assert len(names) == len(set(names))
    assert re.findall(r"^(\w+)\(\) \{\n    request ", made[folder.SCRIPT], re.MULTILINE) == names
    assert {path for path in made if path.endswith(".bru") and "/environments/" not in path} == {
        f"bruno/{one.tag}/{one.name}.bru" for one in found
    }


def test_no_operation_has_the_name_of_a_word_of_the_shell_or_of_the_script(found: list[Operation]) -> None:
    taken = {"run", "request", "new_key", "http", "echo", "test", "set", "shift", "exit", "tr", "od", "case"}
    assert taken.isdisjoint(one.name for one in found)


def test_every_example_is_of_an_operation_that_exists(found: list[Operation]) -> None:
    names = {one.name for one in found}
    assert set(examples.BODIES) <= names
    assert set(examples.QUERIES) <= names
    assert set(examples.LAST) <= names
    for one in found:
        assert one.has_body or one.name not in examples.BODIES


def test_brunos_files_are_balanced_and_name_known_variables_only(found: list[Operation]) -> None:
    made = folder.make()
    environment = made["bruno/environments/local.bru"]
    for path, text in made.items():
        if path.endswith(".bru"):
            without = VARIABLE.sub("", text).replace("{{$guid}}", "")
            assert without.count("{") == without.count("}"), path
            for name in VARIABLE.findall(text):
                assert re.search(rf"^  {name}\b", environment, re.MULTILINE), (path, name)
    assert json.loads(made["bruno/bruno.json"])["type"] == "collection"


@pytest.fixture
def quiet(tmp_path: Path) -> Path:
    """A directory with HTTPie's settings, so that it asks nobody for updates of itself."""
    (tmp_path / "config.json").write_text(json.dumps({"disable_update_warnings": True}))
    return tmp_path


@pytest.fixture
def server(committed: None, tmp_path: Path) -> Iterator[str]:
    with web_process(tmp_path) as web:
        yield web.address


@pytest.fixture
def world(committed: None, unique: Any) -> dict[str, str]:
    """An operator of its own with one of most things: the script's variables."""
    slug = unique("collect")
    operator, key = create_operator(
        terms=OperatorTerms(
            slug=slug,
            name=slug,
            currency_code="KES",
            domain=f"{slug}.localhost",
            min_bet=100,
            max_bet=100_000,
            max_win_per_ticket=100_000_000,
        )
    )
    operator = get_operator(slug=slug)
    player = new_player(operator, money=1_000_000)
    game = new_game(unique("collect"))
    round_ = open_round(game, timing=Timing(betting=600))
    bet = place(operator, player, round_id=round_.pk)
    spare, _ = issue_key(operator=operator, label="spare", actor="test")
    _, provider = issue_key(operator=None, label="collection", actor="test")

    def made(path: str, body: dict[str, Any]) -> dict[str, Any]:
        response = call("POST", path, credential=key, body=body, headers={"Idempotency-Key": str(uuid4())})
        assert response.status_code == 201, response.content
        answer: dict[str, Any] = json.loads(response.content)
        return answer

    session = made("sessions", {"player_token": player.token, "currency": "KES"})
    another = made("sessions", {"player_token": new_player(operator).token, "currency": "KES"})
    entered = call("POST", "sessions/enter", body={"launch_token": another["launch_token"]})
    phase = made("banker/phases", {"name": "p", "starts_at": "2026-11-21T18:00:00Z", "ends_at": "2036-11-21T23:00:00Z"})
    member = made("banker/members", {"username": "maria-2", "role": "collector", "password": PASSWORD})
    signed_in = made("banker/sessions", {"operator": slug, "username": "maria-2", "password": PASSWORD})
    assert recorder.wait_until_written()
    calls = json.loads(call("GET", "calls", credential=key).content)["results"]
    return {
        "KEY": key,
        "PROVIDER_KEY": provider,
        "OPERATOR": slug,
        "CURRENCY": "KES",
        "GAME": game.code,
        "PLAYER": player.token,
        "ROUND_ID": str(round_.pk),
        "BET_ID": str(bet.pk),
        "KEY_ID": str(spare.pk),
        "SESSION_ID": session["session_id"],
        "LAUNCH_TOKEN": session["launch_token"],
        "SESSION": json.loads(entered.content)["session_token"],
        "PHASE_ID": phase["phase_id"],
        "MEMBER_ID": member["member_id"],
        "MEMBER": signed_in["token"],
        "PASSWORD": PASSWORD,
        "PAYTABLE_ID": json.loads(call("GET", "paytables/active", credential=key).content)["id"],
        "CALL_ID": calls[0]["call_id"],
        "DAY": f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}",
    }


def run_script(script: Path, environment: dict[str, str], directory: Path) -> str:
    """
    What the script prints when it runs all. Its `http` is a function that hands the words to HTTPie in this process,
    which would otherwise start for each operation anew.
    """
    ask, answer = directory / "ask", directory / "answer"
    os.mkfifo(ask)
    os.mkfifo(answer)
    text = """
        http() { { printf '%s\\0' "$@"; printf '\\1'; } > "$ASK"; cat "$ANSWER"; }
        set -- --all
        . "$SCRIPT"
        printf '\\1' > "$ASK"
    """
    environment = {**environment, "ASK": str(ask), "ANSWER": str(answer), "SCRIPT": str(script)}
    with (directory / "printed").open("wb") as printed, open(os.open(ask, os.O_RDWR), "rb", buffering=0) as asked:
        shell = subprocess.Popen(["sh", "-c", text], env=environment, stdout=printed)
        try:
            while words := next_words(asked, shell):
                output = httpie(words, directory)
                with answer.open("wb") as answering:
                    answering.write(output)
            assert shell.wait(20) == 0
        finally:
            shell.kill()
            shell.wait()
    return (directory / "printed").read_text(errors="replace")


def next_words(asked: Any, shell: "subprocess.Popen[bytes]") -> list[str]:
    """The words of the next `http` command; none when the script has ended."""
    read = b""
    while not read.endswith(b"\1"):
        ready, _, _ = select.select([asked], [], [], 20)
        assert ready, f"the script says nothing; {shell.poll()}"
        read += asked.read(65_536)
    return read[:-1].decode().split("\0")[:-1]


def httpie(words: list[str], directory: Path) -> bytes:
    """What HTTPie prints for these words."""
    from httpie.context import Environment
    from httpie.core import main

    output = (directory / "output").open("w+b")
    with output, warnings.catch_warnings(), Path(os.devnull).open() as nothing:
        warnings.simplefilter("ignore")
        main(
            ["http", *words],
            env=Environment(
                stdin=nothing,
                stdin_isatty=True,
                stdout=output,
                stdout_isatty=False,
                stderr=sys.stderr,
                config_dir=directory,
            ),
        )
        output.seek(0)
        return output.read()


def test_every_httpie_command_is_answered_by_a_real_server_as_the_document_says(
    server: str, world: dict[str, str], found: list[Operation], quiet: Path
) -> None:
    environment = {"PATH": "/usr/bin:/bin", "BASE": server, **world}
    printed = run_script(CHECKED_IN / folder.SCRIPT, environment, quiet)
    parts = iter(re.split(r"^== (\w+)$", printed, flags=re.MULTILINE)[1:])
    answered = dict(zip(parts, parts, strict=True))
    assert set(answered) == {one.name for one in found}
    statuses = {name: int(re.findall(r"HTTP/1\.1 (\d{3})", text)[0]) for name, text in answered.items()}
    allowed = {one.name: [each for each in one.statuses if each < 300 or one.name not in MUST_WORK] for one in found}
    assert {name: answered[name] for name, status in statuses.items() if status not in allowed[name]} == {}
    assert len([status for status in statuses.values() if status < 300]) > len(found) / 2


def test_one_command_of_the_script_works_as_a_person_would_type_it(server: str, quiet: Path) -> None:
    environment = {"PATH": f"{sys.prefix}/bin:/usr/bin:/bin", "HTTPIE_CONFIG_DIR": str(quiet), "BASE": server}
    command = ["sh", str(CHECKED_IN / folder.SCRIPT), "list_roots"]
    printed = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True).stdout
    assert "HTTP/1.1 200 OK" in printed


def test_the_script_tells_its_operations_and_refuses_another(found: list[Operation]) -> None:
    script = ["sh", str(CHECKED_IN / folder.SCRIPT)]
    listed = subprocess.run(script, capture_output=True, text=True, check=True).stdout.split()
    assert sorted(listed) == sorted(one.name for one in found)
    refused = subprocess.run([*script, "no_such"], capture_output=True, text=True, check=False)
    assert (refused.returncode, refused.stderr) == (2, "There is no operation no_such.\n")
